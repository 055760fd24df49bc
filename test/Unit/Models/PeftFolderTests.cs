using System.Text.Json;
using Alignment.Checkpoints.Safetensors;
using Alignment.Models;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

public class PeftFolderTests
{
    private SafetensorsBytes _files = null!;
    private DisposeScope _scope = null!;
    private string _folder = null!;

    [SetUp]
    public void NewFolder()
    {
        (_files, _scope) = (new(), NewDisposeScope());
        _folder = Path.Combine(_files.Folder, "adapter");
    }

    [TearDown]
    public void RemoveFolder()
    {
        _scope.Dispose();
        _files.Dispose();
    }

    [Test]
    public void What_is_written_has_PEFTs_files_keys_and_settings_and_is_read_again_bit_for_bit()
    {
        using Decoder model = LoraTests.Adapted(), again = TinyPhi3.Model();
        PeftFolder.Save(model.Adapters!, _folder, "some/base", new Dictionary<string, byte[]> { ["tokenizer.json"] = [1, 2] });
        Assert.That(Directory.GetFiles(_folder).Select(Path.GetFileName),
            Is.EquivalentTo(new[] { "adapter_config.json", "adapter_model.safetensors", "tokenizer.json" }));
        Assert.That(PeftFolder.BaseModel(_folder), Is.EqualTo("some/base"));
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "adapter_config.json")));
        Assert.That(config.RootElement.GetProperty("peft_type").GetString(), Is.EqualTo("LORA"));
        Assert.That(config.RootElement.GetProperty("base_model_name_or_path").GetString(), Is.EqualTo("some/base"));
        Assert.That(config.RootElement.GetProperty("r").GetInt32(), Is.EqualTo(3));
        Assert.That(config.RootElement.GetProperty("lora_alpha").GetDouble(), Is.EqualTo(6));
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(Path.Combine(_folder, "adapter_model.safetensors"));
        Assert.That(stored.Keys, Does.Contain("base_model.model.model.layers.0.self_attn.qkv_proj.lora_A.weight").And.Count.EqualTo(8));

        LoraAdapters read = PeftFolder.Load(again, _folder);
        Assert.That(read.Settings.Targets, Is.EqualTo(model.Adapters!.Settings.Targets));
        foreach ((string name, Tensor value) in model.Adapters.Parameters)
            Assert.That(read.Parameters[name].bytes.SequenceEqual(value.bytes), name);
    }

    [Test]
    public void Adapters_that_do_not_fit_are_refused_with_every_fault()
    {
        using Decoder model = LoraTests.Adapted(settings: new LoraSettings { Rank = 3, Alpha = 6, Targets = ["o_proj"] }), again = TinyPhi3.Model();
        PeftFolder.Save(model.Adapters!, _folder, "", new Dictionary<string, byte[]>());
        string path = Path.Combine(_folder, "adapter_model.safetensors");
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(path);
        const string Layer = "base_model.model.model.layers.0.self_attn.o_proj.";
        stored.Remove(Layer + "lora_A.weight");
        (stored[Layer + "lora_B.weight"], stored["base_model.model.lm_head.weight"]) = (ones(48, 2), ones(1));
        SafetensorsWriter.Write(path, stored);
        Assert.That(() => PeftFolder.Load(again, _folder), Throws.TypeOf<InvalidDataException>()
            .With.Message.EqualTo($"{path}: the adapters do not fit the model\n"
            + $"  missing: {Layer}lora_A.weight\n  unexpected: base_model.model.lm_head.weight\n"
            + $"  wrong shape: {Layer}lora_B.weight is [48, 2], wanted [48, 3]"));
        Assert.That(again.Adapters, Is.Null);
        Assert.That(again.parameters().All(parameter => parameter.requires_grad));
    }

    [Test]
    public void A_configuration_of_another_kind_is_refused_with_every_fault()
    {
        using Decoder model = TinyPhi3.Model();
        string path = _files.Write("""
            { "peft_type": "LOHA", "r": 0, "lora_alpha": -1, "target_modules": ".*_proj", "bias": "all", "use_dora": true, "use_rslora": true,
              "rank_pattern": {"a": 1}, "modules_to_save": ["lm_head"] }
            """u8.ToArray(), "adapter_config.json");
        Assert.That(() => PeftFolder.Load(model, _files.Folder), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{path} is no LoRA configuration this code can run: $.peft_type must be \"LORA\", was \"LOHA\"; $.bias must be \"none\", was \"all\"; "
            + "$.use_dora must be false, was true; $.use_rslora must be false, was true; $.rank_pattern must be {}, was {\"a\": 1}; "
            + "$.modules_to_save must be null, was [\"lm_head\"]; $.r must be a positive integer, was 0; "
            + "$.lora_alpha must be a positive number, was -1; "
            + "$.target_modules must be a list of names, or \"all-linear\", was \".*_proj\""));
    }
}
