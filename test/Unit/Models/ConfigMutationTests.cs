using Alignment.Checkpoints;
using Alignment.Models;
using Alignment.Models.NeoX;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using Alignment.Tests.Unit.Mutations;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

/// <summary>Damaged configurations load, with all their weights, or give one InvalidDataException that names the file or its folder.</summary>
[NonParallelizable]
internal sealed class ConfigMutationTests
{
    private static readonly Dictionary<string, byte[]> s_noTokenizer = [];
    private SafetensorsBytes _files = null!;
    private string _folder = null!;

    [SetUp]
    public void NewFolder()
    {
        _files = new();
        _folder = Path.Combine(_files.Folder, "model");
    }

    [TearDown]
    public void RemoveFolder() => _files.Dispose();

    [TestCase("phi3"), TestCase(TinyFamilies.Long), TestCase("qwen2, window"), TestCase("smollm3"), TestCase("granite"), TestCase("olmo3"), TestCase("gemma3_text")]
    public void Six_hundred_damaged_decoder_configurations_load_or_are_refused(string name)
    {
        using (Decoder model = TinyPhi3.Model(TinyFamilies.Config(name) with { TiedHead = true, EndTokens = [2, 7] }))
            model.Save(_folder, s_noTokenizer);
        Run("config.json", 600, LoadDecoder);
    }

    [Test]
    public void Four_hundred_damaged_generation_configurations_load_or_are_refused()
    {
        using (Decoder model = TinyPhi3.Model(TinyPhi3.Config with { BeginToken = 1, EndTokens = [2, 7], PadToken = 3 }))
            model.Save(_folder, s_noTokenizer);
        Run("generation_config.json", 400, LoadDecoder);
    }

    [TestCase(RewardHead.OpenAssistant), TestCase(RewardHead.SequenceClassification)]
    public void Six_hundred_damaged_reward_model_configurations_load_or_are_refused(RewardHead head)
    {
        using (NeoXReward model = NeoXReward.Create(new() { Vocabulary = 7, Width = 16, Layers = 2, Heads = 2, MlpWidth = 12, Head = head }, 1))
            model.Save(_folder);
        Run("config.json", 600, () =>
        {
            using NeoXReward model = NeoXReward.Load(_folder);
            return Bytes(model);
        });
    }

    [TestCase("adapter_config.json", 600), TestCase("adapter_model.safetensors", 300)]
    public void Damaged_adapters_load_or_are_refused(string file, int rounds)
    {
        using Decoder model = LoraTests.Adapted(), plain = TinyPhi3.Model();
        PeftFolder.Save(model.Adapters!, _folder, "some/base", new Dictionary<string, byte[]>());
        Run(file, rounds, () =>
        {
            using var scope = NewDisposeScope();
            using LoraAdapters adapters = PeftFolder.Load(plain, _folder);
            return adapters.Parameters.Values.Sum(TensorMemory.Bytes);
        });
    }

    private void Run(string file, int rounds, Func<long> read) =>
        new MutationRun(Path.Combine(_folder, file), typeof(InvalidDataException)).Read(rounds, read);

    private long LoadDecoder()
    {
        using Decoder model = Decoder.Load(_folder);
        return Bytes(model);
    }

    private static long Bytes(nn.Module model)
    {
        using var scope = NewDisposeScope();
        return model.state_dict().Values.Sum(TensorMemory.Bytes);
    }
}
