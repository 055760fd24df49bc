using Alignment.Models;
using Alignment.Tests.Unit.Checkpoints.Safetensors;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Models;

public class ModelFolderTests
{
    private static readonly Dictionary<string, byte[]> s_noFiles = [];
    private SafetensorsBytes _files = null!;
    private DisposeScope _scope = null!;

    [SetUp]
    public void NewFolder() => (_files, _scope) = (new(), NewDisposeScope());

    [TearDown]
    public void RemoveFolder()
    {
        _scope.Dispose();
        _files.Dispose();
    }

    [Test]
    public void A_model_of_adapters_is_its_base_with_the_adapters_merged()
    {
        using Decoder model = LoraTests.Adapted();
        Tensor tokens = arange(7).unsqueeze(0);
        Tensor adapted = model.forward(tokens);
        string adapter = Folder("adapter");
        PeftFolder.Save(model.Adapters!, adapter, Folder("base"), s_noFiles);
        model.Adapters!.Dispose();
        model.Save(Folder("base"), s_noFiles);

        ModelFolder found = ModelFolder.Find(adapter, []);
        Assert.That(found, Is.EqualTo(new ModelFolder(Folder("base"), adapter)));
        Assert.That(found.Folders, Is.EqualTo(new[] { Folder("base"), adapter }), "the bytes of both make the model");
        using Decoder read = found.Load(found.Config());
        Assert.That(read.Adapters, Is.Null);
        Assert.That((read.forward(tokens) - adapted).abs().max().item<float>(), Is.LessThan(1e-5));
        Assert.That((read.forward(tokens) - model.forward(tokens)).abs().max().item<float>(), Is.GreaterThan(1e-3), "the base alone is another model");
    }

    [TestCase("../base", ExpectedResult = "base", TestName = "A base is found from the adapters' folder")]
    [TestCase("base", ExpectedResult = "base", TestName = "A base is found from a place the caller names")]
    [TestCase("someone/base", ExpectedResult = "base", TestName = "A base named as on the hub is found by its last part")]
    [TestCase("someone/other", ExpectedResult = "place/someone/other", TestName = "A base named as on the hub is found by its whole name first")]
    public string A_base_is_found(string name)
    {
        foreach (string folder in new[] { "base", "place/someone/other", "place/other" })
            Written(folder, "config.json", "{}");
        Written("adapter", "adapter_config.json", $$"""{ "peft_type": "LORA", "base_model_name_or_path": "{{name}}" }""");
        return Path.GetRelativePath(_files.Folder, ModelFolder.Find(Folder("adapter"), [_files.Folder, Folder("place")]).Base);
    }

    [Test]
    public void A_base_that_is_nowhere_is_refused_with_the_places_and_what_to_do()
    {
        Written("adapter", "adapter_config.json", """{ "peft_type": "LORA", "base_model_name_or_path": "../lost/weights" }""");
        Assert.That(() => ModelFolder.Find(Folder("adapter"), [Folder("data")]), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{Folder("adapter")}: adapter_config.json names the base model ../lost/weights, and none of {Folder("lost/weights")}, {Folder("data/weights")}, {Folder("weights")} "
            + "is a folder with config.json; put it there, or name it as the recipe's policy.base"));
    }

    [Test]
    public void In_a_store_that_was_moved_the_base_lies_beside_the_adapters_still()
    {
        Written("old/weights/SFT-1", "config.json", "{}");
        Written("old/weights/DPO-1", "adapter_config.json", $$"""{ "peft_type": "LORA", "base_model_name_or_path": "{{Folder("old/weights/SFT-1")}}" }""");
        Directory.CreateDirectory(Folder("old/run"));
        Directory.CreateSymbolicLink(Folder("old/run/weights"), "../weights/DPO-1");
        Directory.Move(Folder("old"), Folder("new"));
        foreach (string adapter in new[] { "new/weights/DPO-1", "new/weights/DPO-1/", "new/run/weights" })
            Assert.That(ModelFolder.Find(Folder(adapter), []).Base, Is.EqualTo(Folder("new/weights/SFT-1")), adapter);
    }

    [Test]
    public void A_base_the_user_names_must_be_one_and_be_needed()
    {
        Written("adapter", "adapter_config.json", """{ "peft_type": "LORA", "base_model_name_or_path": "lost" }""");
        Written("whole", "config.json", "{}");
        Assert.That(ModelFolder.Over(Folder("adapter"), Folder("whole")).Base, Is.EqualTo(Folder("whole")));
        Assert.That(() => ModelFolder.Over(Folder("adapter"), Folder("adapter")), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{Folder("adapter")}: a base model's folder holds config.json, and this one does not"));
        Assert.That(() => ModelFolder.Over(Folder("whole"), Folder("whole")), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{Folder("whole")} holds no adapters, so it has no base: leave policy.base out"));
    }

    private string Folder(string name) => Path.Combine(_files.Folder, name);

    private void Written(string folder, string file, string text)
    {
        Directory.CreateDirectory(Folder(folder));
        File.WriteAllText(Path.Combine(Folder(folder), file), text);
    }
}
