using System.Text.Json;
using Alignment.Data;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What makes a judge another judge: all that decides a score, and nothing else; none is opened or trained for it.</summary>
public sealed class GoldIdentityTests
{
    private const string Given = "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }", Data = "\"template\": \"phi-3\"";

    private readonly SweepFolder _folder = new();

    [OneTimeSetUp]
    public void BringTemplates()
    {
        foreach (string model in new[] { "gold", "model" })
            File.WriteAllText(_folder.PathOf($"{model}/chat_template.jinja"), "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}");
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void A_folder_is_told_apart_by_its_bytes_and_by_how_it_reads()
    {
        string[] others =
        [
            Identity(Given), Identity("\"gold\": { \"folder\": \"gold\", \"maxLength\": 63 }"), Identity("\"gold\": { \"folder\": \"gold\", \"maxLength\": 64, \"template\": \"phi-3\" }"),
            Identity("\"gold\": { \"folder\": \"gold\", \"maxLength\": 64, \"templateVariables\": { \"a\": 1 } }"), Identity("\"gold\": { \"folder\": \"gold\", \"maxLength\": 64, \"templateVariables\": { \"a\": 2 } }"),
            Identity(Given, "\"template\": \"phi-3\", \"markersInText\": \"text\""),
        ];
        Assert.That(others, Is.Unique);
        Assert.That(Identity(Given, "\"template\": \"phi-3\", \"markersInText\": \"tokens\"", seed: 2), Is.EqualTo(others[0]));
        byte[] weights = File.ReadAllBytes(_folder.PathOf("gold/model.safetensors"));
        string copy = _folder.PathOf("copy");
        _folder.Copy("gold", "copy");
        File.WriteAllText(Path.Combine(copy, "README.md"), "no weight");
        Assert.That(Identity(Given.Replace("\"gold\", \"max", "\"copy\", \"max", StringComparison.Ordinal)), Is.EqualTo(others[0]), "wherever it lies");
        weights[^1] ^= 1;
        File.WriteAllBytes(Path.Combine(copy, "model.safetensors"), weights);
        Assert.That(Identity(Given.Replace("\"gold\", \"max", "\"copy\", \"max", StringComparison.Ordinal)), Is.Not.EqualTo(others[0]));
    }

    [Test]
    public void One_that_is_trained_is_told_apart_by_shape_training_pairs_and_seed()
    {
        const string Neox = "\"gold\": { \"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64, \"epochs\": 1 } }", Split = "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.5 }";
        const string Shape = "\"gold\": { \"decoder\": { \"family\": \"llama\", \"width\": 8, \"layers\": 1, \"heads\": 1, \"keyValueHeads\": 1, \"mlpWidth\": 8, \"maxPositions\": 128, \"maxLength\": 64 } }";
        const string Begun = "\"gold\": { \"decoder\": { \"folder\": \"model\", \"maxLength\": 64 } }";
        List<string> all = [];
        foreach ((string gold, string[] edits) in new[] { (Neox, new[] { "\"width\": 8|\"width\": 16", "\"epochs\": 1|\"epochs\": 2" }), (Shape, ["llama|qwen2", "\"width\": 8|\"width\": 16", "\"maxLength\": 64|\"maxLength\": 32"]),
            (Begun, ["\"maxLength\": 64|\"maxLength\": 32", "\"folder\": \"model\"|\"folder\": \"model\", \"template\": \"phi-3\"", "\"folder\": \"model\"|\"folder\": \"model\", \"templateVariables\": { \"a\": 1 }"]) })
        {
            all.AddRange([Identity(gold, Split), Identity(gold, Split, seed: 2), Identity(gold, "\"template\": \"phi-3\", \"split\": { \"rewardModel\": 0.3 }"), Identity(gold, Split + ", \"markersInText\": \"text\"")]);
            all.AddRange(edits.Select(edit => Identity(gold.Replace(edit.Split('|')[0], edit.Split('|')[1], StringComparison.Ordinal), Split)));
            Assert.That(Identity(gold, Split), Is.EqualTo(all[^(4 + edits.Length)]));
        }

        Assert.That(all, Is.Unique.And.All.Match("^gold-[0-9a-f]{10}$"));
        Recipe recipe = Parse(Begun, Split, 1);
        var begun = (DecoderFolderGold)recipe.Judges[0];
        Assert.That(Identity(Begun, Split), Is.EqualTo("gold-" + Fingerprint.Of(JsonSerializer.Serialize(new
        {
            Model = ModelFingerprint.OfWeightsAndTokenizer(_folder.PathOf("model"), _folder.Options.Hashes(TimeProvider.System, _ => { })),
            begun.Template,
            Given = $"{begun.TemplateSettings}",
            begun.Training,
            recipe.Seed,
            Pairs = ContentHash.Of(SweepData.Read(recipe, _folder.Options, _ => { }).Reward),
            TextInMessages = false,
        }), 10)), "stores of before have it");
    }

    [Test]
    public void Reports_say_what_a_judge_is() => Assert.That(
        new[] { Given, "\"gold\": { \"neox\": { \"width\": 8, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64 } }", "\"gold\": { \"decoder\": { \"folder\": \"model\", \"maxLength\": 64 } }" }
            .Select(gold => GoldModel.Describe(Parse(gold, Data, 1).Judges[0])).Prepend(GoldModel.Describe(new WorldGold())),
        Is.EqualTo(new[] { "the embedded world's exact score", "gold", "trained on pairs that were set aside", "model, trained on pairs that were set aside" }));

    private string Identity(string gold, string data = Data, int seed = 1)
    {
        Recipe recipe = Parse(gold, data, seed);
        return GoldModel.Identity(recipe.Judges[0], recipe, _folder.Options, SweepData.Read(recipe, _folder.Options, _ => { }), _folder.Options.Hashes(TimeProvider.System, _ => { }));
    }

    private Recipe Parse(string gold, string data, int seed) => RecipeFile.Parse(SweepFolder.Recipe.Replace(Data, data, StringComparison.Ordinal).Replace(Given, gold, StringComparison.Ordinal)
        .Replace("\"seed\": 1", $"\"seed\": {seed}", StringComparison.Ordinal), _folder.PathOf("own.json"));
}
