using System.Text.Json;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Where a recipe's files are, and what goes with a model that was trained.</summary>
public sealed class RecipePathTests
{
    private readonly SweepFolder _folder = new();

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void A_name_is_looked_for_in_the_data_folder_and_then_beside_the_recipe()
    {
        Recipe recipe = _folder.Load();
        string elsewhere = _folder.PathOf("data");
        Directory.CreateDirectory(elsewhere);
        SweepOptions beside = _folder.Options, given = _folder.Options with { DataFolder = elsewhere };
        Assert.That(RecipePath.Find(recipe, given, "pairs.jsonl", "data.train.file"), Is.EqualTo(_folder.PathOf("pairs.jsonl")));
        File.WriteAllText(Path.Combine(elsewhere, "pairs.jsonl"), "");
        Assert.That(RecipePath.Find(recipe, given, "pairs.jsonl", "data.train.file"), Is.EqualTo(Path.Combine(elsewhere, "pairs.jsonl")));
        Assert.That(RecipePath.Find(recipe, beside, "model", "policy.folder"), Is.EqualTo(_folder.PathOf("model")));
        Assert.That(RecipePath.Find(recipe, beside, _folder.PathOf("model"), "policy.folder"), Is.EqualTo(_folder.PathOf("model")));
        Assert.That(() => RecipePath.Find(recipe, beside, "none", "policy.folder"), Throws.TypeOf<RecipeException>().With.Message.EqualTo(
            $"own.json(3): $.policy.folder names none, which is not there: looked at {_folder.PathOf("none")}; name the folder that holds it with -p:DataDir=FOLDER"));
        Assert.That(() => RecipePath.Find(recipe, given, "none", "policy.folder"), Throws.TypeOf<RecipeException>().With.Message.EqualTo(
            $"own.json(3): $.policy.folder names none, which is not there: looked at {Path.Combine(elsewhere, "none")} and {_folder.PathOf("none")}"));
    }

    [Test]
    public void A_policy_s_base_is_one_that_its_adapters_want()
    {
        Recipe Edited(string policy) => RecipeFile.Parse(SweepFolder.Recipe.Replace("{ \"folder\": \"model\" }", policy, StringComparison.Ordinal), _folder.PathOf("own.json"));
        Recipe recipe = Edited("{ \"folder\": \"model\", \"base\": \"gold\" }");
        Assert.That(() => RecipePath.Policy(recipe, _folder.Options, (PolicyFolder)recipe.Policy), Throws.TypeOf<RecipeException>().With.Message.EqualTo(
            $"own.json(3): $.policy: {_folder.PathOf("model")} holds no adapters, so it has no base: leave policy.base out"));
        Recipe missing = Edited("{ \"folder\": \"model\", \"base\": \"none\" }");
        Assert.That(() => RecipePath.Policy(missing, _folder.Options, (PolicyFolder)missing.Policy), Throws.TypeOf<RecipeException>().With.Message.StartsWith("own.json(3): $.policy.base names none, which is not there"));
    }

    [Test]
    public void A_new_policy_needs_a_tokenizer_by_name_and_takes_that_one()
    {
        const string New = "{ \"width\": 16, \"layers\": 1, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 24, \"maxPositions\": 256 }";
        string text = SweepFolder.Recipe.Replace("{ \"folder\": \"model\" }", New, StringComparison.Ordinal);
        Recipe without = RecipeFile.Parse(text, _folder.PathOf("own.json"));
        Assert.That(() => SweepData.Read(without, _folder.Options, _ => { }), Throws.TypeOf<RecipeException>().With.Message.Contains("$.data needs \"tokenizer\": a new policy has no folder to take one from"));
        string With(string tokenizer) => text.Replace("\"template\": \"phi-3\"", $"\"template\": \"phi-3\", \"tokenizer\": \"{tokenizer}\"", StringComparison.Ordinal);
        Recipe named = RecipeFile.Parse(With("model"), _folder.PathOf("own.json"));
        Assert.That(() => SweepData.Read(RecipeFile.Parse(With("none"), _folder.PathOf("own.json")), _folder.Options, _ => { }),
            Throws.TypeOf<RecipeException>().With.Message.StartsWith("own.json(7): $.data.tokenizer names none, which is not there: "));
        SweepData data = SweepData.Read(named, _folder.Options, _ => { });
        Assert.That(data.Tokenizer.VocabularySize, Is.EqualTo(768));
        Assert.That(RecipeTokenizer.ModelFiles(named, _folder.Options, data.Tokenizer.Template).Keys, Is.SupersetOf(new[] { "vocab.json", "merges.txt", "chat_template.jinja" }));
        using Alignment.Models.Decoder model = new PolicyModels(named, _folder.Options, data.Tokenizer).Start();
        Assert.That((model.Config.Shape.Vocabulary, model.Config.PadToken, model.Config.EndTokens[0]), Is.EqualTo((768, (long?)data.Tokenizer.Pad, (long)data.Tokenizer.Eos)));
        PolicyModels models = new(named, _folder.Options, data.Tokenizer);
        Assert.That(models.StartFolder, Is.Null);
        Alignment.Models.DecoderConfig config = Alignment.Tests.Unit.Doctor.DoctorFolder.Config;
        using (var small = Alignment.Models.Decoder.Initialised(config with { Shape = config.Shape with { Vocabulary = 767 }, EndTokens = [2], PadToken = 2 }, 1))
            small.Save(_folder.PathOf("small"), new Dictionary<string, byte[]>());
        Assert.That(() => models.Load(_folder.PathOf("small")), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder.PathOf("small")}: the model knows 767 tokens and the tokenizer has 768; give the tokenizer this model was trained with"));
    }

    [Test]
    public void A_template_is_the_one_the_recipe_names_or_else_what_the_folder_tells()
    {
        ToldTemplate Told(string text)
        {
            Recipe recipe = RecipeFile.Parse(text, _folder.PathOf("own.json"));
            return RecipeTokenizer.Load(recipe, (FileChoice)recipe.Data, _folder.Options);
        }

        ToldTemplate named = Told(SweepFolder.Recipe.Replace("\"template\": \"phi-3\"", "\"template\": \"plain-hh\"", StringComparison.Ordinal));
        Assert.That((named.By, named.Tokenizer.Template.Name), Is.EqualTo(("\"template\" in the recipe's data", "plain-hh")));
        ToldTemplate told = Told(SweepFolder.Recipe.Replace(",\n    \"template\": \"phi-3\"", "", StringComparison.Ordinal));
        Assert.That((told.By, told.Tokenizer.Template.Name), Is.EqualTo(("the tokenizer's markers", "phi-3")));
    }

    [Test]
    public void A_tokenizer_is_one_file_or_those_of_the_policy_s_folder_and_of_adapters_their_own_before_their_base_s()
    {
        IReadOnlyDictionary<string, byte[]> Files(string piece, string replacement) =>
            RecipeTokenizer.Files(RecipeFile.Parse(SweepFolder.Recipe.Replace(piece, replacement, StringComparison.Ordinal), _folder.PathOf("own.json")), _folder.Options);
        File.WriteAllBytes(_folder.PathOf("any.spm"), [1, 2, 3]);
        (string name, byte[] content) = Files("\"template\": \"phi-3\"", "\"template\": \"phi-3\", \"tokenizer\": \"any.spm\"").Single();
        Assert.That((name, Convert.ToHexString(content)), Is.EqualTo(("tokenizer.model", "010203")));

        Directory.CreateDirectory(_folder.PathOf("adapters"));
        _folder.Write("adapters/adapter_config.json", "{ \"base_model_name_or_path\": \"model\" }");
        IReadOnlyDictionary<string, byte[]> OfAdapters() => Files("\"folder\": \"model\"", "\"folder\": \"adapters\"");
        Assert.That(OfAdapters()["vocab.json"], Is.EqualTo(File.ReadAllBytes(_folder.PathOf("model/vocab.json"))));
        foreach (string file in new[] { "vocab.json", "merges.txt" })
            _folder.Write($"adapters/{file}", "own");
        Assert.That(OfAdapters()["vocab.json"], Is.EqualTo("own"u8.ToArray()));
    }

    [Test]
    public void The_embedded_world_s_tokenizer_goes_with_its_models_as_files_that_any_reader_takes()
    {
        Recipe world = RecipeFile.Parse(SweepFolder.Recipe.Replace(SweepFolder.Recipe[SweepFolder.Recipe.IndexOf("\"policy\"", StringComparison.Ordinal)..SweepFolder.Recipe.IndexOf("\"lengths\"", StringComparison.Ordinal)],
            "\"policy\": { \"width\": 16, \"layers\": 1, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 24, \"maxPositions\": 256 }, \"data\": { \"world\": { \"trainingPairs\": 8 } }, \"gold\": { \"world\": {} },\n  ", StringComparison.Ordinal), "/own.json");
        IReadOnlyDictionary<string, byte[]> files = RecipeTokenizer.Files(world, _folder.Options);
        Assert.That(files.Keys, Is.EquivalentTo(new[] { "vocab.json", "merges.txt", "tokenizer_config.json" }));
        foreach (string name in new[] { "vocab.json", "merges.txt" })
            Assert.That(files[name], Is.EqualTo(File.ReadAllBytes(_folder.PathOf("model/" + name))));
        JsonElement config = JsonDocument.Parse(files["tokenizer_config.json"]).RootElement;
        Assert.That((config.GetProperty("tokenizer_class").GetString(), config.GetProperty("eos_token").GetString(), config.GetProperty("additional_special_tokens").GetArrayLength() > 3), Is.EqualTo(("GPT2Tokenizer", "<|end|>", true)));
        SweepData data = SweepData.Read(world, _folder.Options, _ => { });
        Assert.That((data.Training.Count, data.Facts.TemplateToldBy), Is.EqualTo((8, "the embedded world")));
    }

    [Test]
    public void What_a_run_stores_and_keeps_while_it_trains_follows_from_the_weights_that_are_trained()
    {
        long all;
        using (Alignment.Models.Decoder model = Alignment.Models.Decoder.Initialised(Alignment.Tests.Unit.Doctor.DoctorFolder.Config, 1))
            all = model.parameters().Sum(parameter => parameter.numel());
        // a rank of 2 on two layers of 16 × 16: 2 · 2 · (16 + 16)
        foreach ((string more, long weights, long training) in new[] { ("", 4 * all, 12 * all), (", \"precision\": \"bfloat16\"", 2 * all, 14 * all), (", \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"o_proj\"] }", 4 * 128, 12 * 128) })
        {
            Recipe recipe = RecipeFile.Parse(SweepFolder.Recipe.Replace("{ \"folder\": \"model\" }", $"{{ \"folder\": \"model\"{more} }}", StringComparison.Ordinal), _folder.PathOf("own.json"));
            SweepOptions options = _folder.Options with { MicroBatch = 18 };
            SweepData data = SweepData.Read(recipe, options, _ => { });
            var clock = System.Diagnostics.Stopwatch.StartNew();
            TimedStep step = TimedStep.Measure(recipe, options, data);
            double whole = clock.Elapsed.TotalSeconds;
            Assert.That((step.WeightBytes, step.TrainingBytes), Is.EqualTo((weights, training)), more);
            // one step and one round of sampling are parts of it
            Assert.That(step.TokensPerSecond, Is.InRange(data.Training.Sum(pair => pair.Prompt.Length + pair.Chosen.Length) / whole, 1e8));
            Assert.That(step.SecondsPerPosition, Is.InRange(1e-6, whole / 6));
        }
    }

    [Test]
    public void A_run_s_link_leads_to_its_weights_where_there_are_some()
    {
        var weights = new WeightStore(_folder.PathOf("own"), TimeProvider.System);
        string run = _folder.PathOf("own/run"), link = Path.Combine(run, "weights");
        Directory.CreateDirectory(run);
        weights.Link(run, "DPO-1");
        Assert.That(Path.Exists(link), Is.False);
        Directory.CreateDirectory(weights.Folder("DPO-1"));
        File.WriteAllText(Path.Combine(weights.Folder("DPO-1"), "training.json"), "{}");
        weights.Link(run, "DPO-1");
        weights.Link(run, "DPO-1");
        Assert.That((Directory.ResolveLinkTarget(link, returnFinalTarget: false)!.FullName, File.Exists(Path.Combine(link, "training.json"))), Is.EqualTo((weights.Folder("DPO-1"), true)));
        Assert.That((weights.Has("DPO-1"), weights.WereDropped("DPO-1"), weights.WorkFolder("DPO-1"), WeightStore.LockOf("DPO-1")), Is.EqualTo((true, false, weights.Folder("DPO-1") + ".work", "weights-DPO-1")));

        // what is dropped keeps its record; new weights take its place
        File.WriteAllText(Path.Combine(weights.Folder("DPO-1"), "model.safetensors"), "12345");
        File.WriteAllText(Path.Combine(weights.Folder("DPO-1"), "config.json"), "123");
        Assert.That(weights.Drop("DPO-1", "no room"), Is.EqualTo(8));
        Assert.That(Directory.EnumerateFiles(weights.Folder("DPO-1")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "training.json", "dropped.txt" }));
        Directory.CreateDirectory(_folder.PathOf("new"));
        weights.Complete("DPO-1", _folder.PathOf("new"));
        Assert.That((weights.Has("DPO-1"), Directory.EnumerateFiles(weights.Folder("DPO-1")).Count(), Directory.Exists(_folder.PathOf("new"))), Is.EqualTo((true, 0, false)));
    }
}
