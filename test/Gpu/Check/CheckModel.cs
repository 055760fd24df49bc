using Alignment.Doctor;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu.Check;

/// <summary>A model by its sizes; its weights are random.</summary>
/// <param name="Name">Whose sizes they are.</param>
/// <param name="Config">The sizes.</param>
/// <param name="Lora">Adapters that are trained instead of all weights, or null.</param>
internal sealed record CheckModel(string Name, DecoderConfig Config, LoraSettings? Lora = null)
{
    private const double LogitDeviation = 5; // so peaked that a nucleus lies among the likeliest tokens, as a trained model's does
    private static readonly LoraSettings s_lora = new() { Rank = 16, Alpha = 32, Targets = [LoraSettings.AllLinear] };

    private static readonly DecoderConfig s_phi3Mini = Sizes(DecoderFamily.Phi3, (32_064, 3072, 32), (32, 32), 8192);
    private static readonly DecoderConfig s_llama1 = Sizes(DecoderFamily.Llama, (128_256, 2048, 16), (32, 8), 8192) with { TiedHead = true };
    private static readonly DecoderConfig s_qwen = Sizes(DecoderFamily.Qwen2, (151_936, 896, 24), (14, 2), 4864) with { TiedHead = true };

    /// <summary>Of 4 to 1 billion parameters, and a smaller one for small cards: all weights trained, or adapters where a card is too small for that.</summary>
    public static IReadOnlyList<CheckModel> Real { get; } =
    [
        new("Phi-3-mini", s_phi3Mini),
        new("Llama-3.2-3B", Sizes(DecoderFamily.Llama, (128_256, 3072, 28), (24, 8), 8192) with { TiedHead = true }),
        new("Llama-3.2-1B", s_llama1),
        new("TinyLlama-1.1B", Sizes(DecoderFamily.Llama, (32_000, 2048, 22), (32, 4), 5632)),
        new("Phi-3-mini", s_phi3Mini, s_lora),
        new("Llama-3.2-1B", s_llama1, s_lora),
        new("Qwen2.5-0.5B", s_qwen),
        new("Qwen2.5-0.5B", s_qwen, s_lora),
    ];

    /// <summary>Of some ten thousand parameters.</summary>
    public static CheckModel Small { get; } = new("small", Sizes(DecoderFamily.Phi3, (257, 64, 2), (4, 2), 96));

    /// <summary>The first model whose training, reference pass and sampling fit the device by the product's own estimate, in the sizes the product would choose.</summary>
    /// <exception cref="LeftOutException">None fits.</exception>
    public static (CheckModel Model, Workload Work) Chosen(CheckSetting setting)
    {
        AvailableMemory available = setting.Available();
        foreach (CheckModel model in setting.Scale.Models)
        {
            Workload work = new OpenSizes(Tokens: true, Responses: true).Chosen(model.Work(setting), recompute: null, available);
            if (MemoryCheck.Fits(work, available))
                return (model, work);
        }
        throw new LeftOutException($"no model of this check fits the {ByteCount.Text(available.Bytes)} that are free");
    }

    /// <summary>The model on the device.</summary>
    public Decoder Made(CheckSetting setting, Precision precision)
    {
        using IDisposable noGrad = no_grad();
        var model = new Decoder(Config, Placement.Of(precision, setting.Device));
        manual_seed(1);
        string head = Config.TiedHead ? "model.embed_tokens.weight" : "lm_head.weight";
        foreach ((string name, Tensor weight) in model.named_parameters())
            if (weight.dim() > 1)
                nn.init.normal_(weight, 0, name == head ? LogitDeviation / Math.Sqrt(Config.Shape.Width) : Config.InitialDeviation);
        return model;
    }

    /// <summary>Floating-point operations of a forward pass: two for each weight of a matrix and token, the head's for the tokens that are scored, and attention's.</summary>
    /// <param name="pairs">So many pairs; a prompt goes through once.</param>
    /// <param name="tokens">Of a prompt and of each response.</param>
    public double Operations(long pairs, (int Prompt, int Response) tokens)
    {
        ModelShape shape = Config.Shape;
        double blocks = (double)shape.Layers * DecoderWeights.OfBlock(Config).Where(weight => weight.Shape.Length == 2).Sum(weight => weight.Elements);
        (double prompt, double response) = (tokens.Prompt, tokens.Response);
        double seen = prompt * (prompt + 1) / 2 + 2 * (response * prompt + response * (response + 1) / 2); // keys of all queries of a pair
        return pairs * (2 * blocks * (prompt + 2 * response) + 2.0 * shape.Vocabulary * shape.Width * 2 * response + 4.0 * shape.Layers * shape.Heads * shape.HeadWidth * seen);
    }

    private Workload Work(CheckSetting setting)
    {
        CheckScale scale = setting.Scale;
        return new()
        {
            Config = Config,
            Narrow = setting.Precision == Precision.BFloat16,
            Lora = Lora,
            TrainsSft = false,
            MicroBatch = scale.Pairs,
            Batches = (scale.Pairs, scale.Pairs),
            GenerationBatch = scale.Drawn.Responses,
            LongestSequence = scale.Tokens.Prompt + scale.Tokens.Response,
            LongestPrompt = scale.Tokens.Prompt,
            NewTokens = scale.Drawn.Tokens,
            Slack = AllocatorSlack.Of(setting.Device.ToString()),
        };
    }

    private static DecoderConfig Sizes(DecoderFamily family, (long Vocabulary, long Width, int Layers) size, (int All, int Keys) heads, long mlpWidth) => new()
    {
        Family = family,
        Shape = new() { Vocabulary = size.Vocabulary, Width = size.Width, Layers = size.Layers, Heads = heads.All, KeyValueHeads = heads.Keys, MlpWidth = mlpWidth, MaxPositions = 4096 },
    };
}
