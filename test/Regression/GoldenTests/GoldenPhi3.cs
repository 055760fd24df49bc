using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>The golden Phi-3 model, loaded without the library's own checkpoint reader.</summary>
internal static class GoldenPhi3
{
    public static Decoder Load(string config = "config.json", WindowReading reading = WindowReading.ItselfIncluded, string weights = "phi3-tiny")
    {
        var model = new Decoder(DecoderConfig.Read(GoldenSet.File("phi3-tiny", config)) with { WindowReading = reading });
        using IDisposable noGrad = no_grad();
        GoldenTensors stored = GoldenTensors.Read(weights, "model.safetensors");
        foreach ((string name, Tensor parameter) in model.named_parameters())
            parameter.copy_(stored[name]);
        return model;
    }
}
