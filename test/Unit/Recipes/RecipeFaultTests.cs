using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Recipes;

public class RecipeFaultTests
{
    private static TestCaseData Fault(string name, string piece, string replacement, params string[] messages) =>
        new TestCaseData(piece, replacement, messages).SetArgDisplayNames(name);

    private static IEnumerable<TestCaseData> Faults() =>
    [
        Fault("an unknown key", "\"seed\": 7,", "\"seed\": 7, \"sede\": 8,",
            "small.json(3): $.sede is not a known key; known here: data, generation, gold, keepWeights, lengths, methods, name, paths, policy, preference, responsesPerPrompt, runs, search, seed, sft, testPrompts"),
        Fault("an unknown key inside", "\"trainingPairs\": 40", "\"trainingPairs\": 40, \"pairs\": 1", "small.json(5): $.data.world.pairs is not a known key; known here: trainingPairs"),
        Fault("a wrong type", "\"seed\": 7", "\"seed\": \"7\"", "small.json(3): $.seed must be a whole number >= 0, was \"7\""),
        Fault("a fraction where whole numbers belong", "\"testPrompts\": 10", "\"testPrompts\": 10.5", "small.json(16): $.testPrompts must be a whole number >= 1, was 10.5"),
        Fault("a negative beta", "\"beta\": [0.1]", "\"beta\": [-0.1]", "small.json(11): $.methods.DPO.beta[0] must be a number > 0, was -0.1"),
        Fault("a beta of zero", "\"beta\": [0.1]", "\"beta\": [0.1, 0]", "small.json(11): $.methods.DPO.beta[1] must be a number > 0, was 0"),
        Fault("a scalar grid", "\"beta\": [0.1]", "\"beta\": 0.1", "small.json(11): $.methods.DPO.beta must be a list with at least one number, was 0.1"),
        Fault("an empty grid", "\"beta\": [0.1]", "\"beta\": []", "small.json(11): $.methods.DPO.beta must be a list with at least one number, was empty"),
        Fault("a value twice", "\"beta\": [1.0, 2.5]", "\"beta\": [2.5, 2.5]", "small.json(12): $.methods.LN-DPO.beta[1] 2.5 is in the list twice"),
        Fault("gamma and its ratio", "\"gamma\": [0.5, 1]", "\"gamma\": [0.5], \"gammaBetaRatio\": [0.3]",
            "small.json(13): $.methods.SimPO gives gamma and gammaBetaRatio together; they say the same thing, give one of them"),
        Fault("neither gamma nor its ratio", ", \"gamma\": [0.5, 1]", "", "small.json(13): $.methods.SimPO needs gamma or gammaBetaRatio"),
        Fault("gamma where it means nothing", "\"beta\": [0.1]", "\"beta\": [0.1], \"gamma\": [1]",
            "small.json(11): $.methods.DPO.gamma is not a known key; known here: adamBeta1, adamBeta2, adamEpsilon, averageOver, averages, batchSize, beta, epochs, learningRate, maxGradientNorm, nllWeight, schedule, seeds, warmupRatio, weightDecay"),
        Fault("an unknown method", "\"DPO\":", "\"DPQ\":", "small.json(11): $.methods.DPQ is not a known key; known here: " + string.Join(", ", Methods.Names.Order(StringComparer.Ordinal))),
        Fault("a mix of nothing", "\"DPO\": { \"beta\": [0.1] }", "\"mix\": { \"beta\": [0.1, 0.2], \"sigmoid\": [0, 1] }",
            "small.json(11): $.methods.mix mix: every weight is 0, so that there is no loss: give one of them a number > 0"),
        Fault("a part of a mix without what it needs", "\"DPO\": { \"beta\": [0.1] }", "\"mix\": { \"beta\": [0.1], \"exoPair\": [0.5] }",
            "small.json(11): $.methods.mix EXO: labelSmoothing must be a number > 0 and < 0.5, was 0"),
        Fault("a missing part", "  \"gold\": { \"world\": {} },\n", "", "small.json(1): $ \"gold\" is missing; it must be an object or a list of objects"),
        Fault("a top-p of zero", "\"topP\": 0.95", "\"topP\": 0", "small.json(15): $.generation.topP must be a number > 0 and <= 1, was 0"),
        Fault("a negative temperature", "\"temperature\": 0.7", "\"temperature\": -1", "small.json(15): $.generation.temperature must be a number >= 0, was -1"),
        Fault("no room for a response", "\"maxTotal\": 120", "\"maxTotal\": 64", "small.json(7): $.lengths maxTotal 64 must be above maxPrompt 64, so that a response has room"),
        Fault("heads that do not divide the width", "\"heads\": 2,", "\"heads\": 3,",
            "small.json(4): $.policy width 32 must be an even multiple of heads 3"),
        Fault("half a surrogate pair", "\"name\": \"small\"", "\"name\": \"\\ud800\"", "small.json(2): not JSON: a string has half a surrogate pair."),
        Fault("half a surrogate pair in a key", "\"seed\": 7,", "\"\\ud800\": 7,", "small.json(3): not JSON: a string has half a surrogate pair."),
        Fault("a missing size", "\"heads\": 2, ", "", "small.json(4): $.policy \"heads\" is missing; it must be a whole number >= 1"),
        Fault("impossible adapters", "\"maxPositions\": 128",
            "\"maxPositions\": 128, \"lora\": { \"rank\": 0, \"alpha\": -1, \"targets\": [], \"dropout\": 0.1 }",
            "small.json(4): $.policy.lora.rank must be a whole number >= 1, was 0", "small.json(4): $.policy.lora.alpha must be a number > 0, was -1",
            "small.json(4): $.policy.lora.targets must be a list with at least one string, was empty",
            "small.json(4): $.policy.lora.dropout is not a known key; known here: alpha, rank, targets"),
        Fault("a precision that is none", "\"maxPositions\": 128", "\"maxPositions\": 128, \"precision\": \"float16\"",
            "small.json(4): $.policy.precision must be float32 or bfloat16, was \"float16\""),
        Fault("seeds of SFT, which is not repeated", "\"epochs\": [1, 2],", "\"epochs\": [1, 2], \"seeds\": [1, 2],",
            "small.json(8): $.sft.seeds is not a known key; known here: adamBeta1, adamBeta2, adamEpsilon, batchSize, epochs, learningRate, lora, maxGradientNorm, schedule, warmupRatio, weightDecay"),
        Fault("a new model without SFT", "\"sft\": { \"epochs\": [1, 2], \"learningRate\": [1e-3], \"batchSize\": 8 }", "\"sft\": null",
            "small.json(1): $ trains a new model without SFT, from random weights; give \"sft\", or \"policy\" with a folder to start from"),
        Fault("no SFT beside some", "\"epochs\": [1, 2]", "\"epochs\": [1, 0]", "small.json(8): $.sft.epochs[1] 0 stands alone, as [0]: it leaves SFT out"),
        Fault("a word for targets", "\"epochs\": [1, 2]", "\"epochs\": [1], \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": \"all\" }",
            "small.json(8): $.sft.lora.targets must be a list of names of linear layers, or \"all-linear\", was \"all\""),
        Fault("a seed below zero", "\"warmupRatio\": 0.2", "\"warmupRatio\": 0.2, \"seeds\": [1, -2]",
            "small.json(9): $.preference.seeds[1] must be a whole number >= 0, was -2"),
        Fault("an average of one", "\"warmupRatio\": 0.2", "\"warmupRatio\": 0.2, \"averages\": [1, 2.5, 4]",
            "small.json(9): $.preference.averages[0] must be a whole number >= 2, was 1", "small.json(9): $.preference.averages[1] must be a whole number >= 2, was 2.5"),
        Fault("an average over nothing", "\"beta\": [0.1]", "\"beta\": [0.1], \"averages\": [4], \"averageOver\": 0",
            "small.json(11): $.methods.DPO.averageOver must be a number > 0 and <= 1, was 0"),
        Fault("a key twice", "\"seed\": 7,", "\"seed\": 7, \"seed\": 8,", "small.json(3): $.seed is given twice"),
        Fault("not JSON", "\"seed\": 7,", "\"seed\": ,", "small.json(3): not JSON: something is missing before ',', or a comma is one too many there"),
        Fault("a name that is a path", "\"name\": \"small\"", "\"name\": \"../small\"",
            "small.json(1): $ name \"../small\" becomes a folder's name: letters, digits, '-', '_' and '.' only"),
        Fault("a name that no folder can have", "\"name\": \"small\"", $"\"name\": \"{new string('a', 101)}\"",
            "small.json(1): $ name becomes a folder's name: 101 characters are too many, 100 are allowed"),
        Fault("a gold that is no object", "\"gold\": { \"world\": {} }", "\"gold\": null", "small.json(6): $.gold must be an object or a list of objects, was null"),
        Fault("a gold reward of the world for files", "{ \"world\": { \"trainingPairs\": 40 } }",
            "{ \"train\": { \"format\": \"hh-rlhf\", \"file\": \"x.jsonl\" }, \"split\": { \"test\": 0.1 }, \"tokenizer\": \"t\" }",
            "small.json(1): $ gold \"world\" scores only the embedded world's prompts; give \"folder\", \"decoder\" or \"neox\" for data from files"),
        Fault("no test prompts", "{ \"world\": { \"trainingPairs\": 40 } }", "{ \"train\": { \"format\": \"pairs\", \"file\": \"x.jsonl\" } }",
            "small.json(1): $ gold \"world\" scores only the embedded world's prompts; give \"folder\", \"decoder\" or \"neox\" for data from files",
            "small.json(5): $.data names no test prompts: give \"test\" with a file, or \"split\" with a share for test above 0"),
        Fault("no batch", "\"batchSize\": 8 },", "\"batchSize\": 0 },", "small.json(8): $.sft.batchSize must be a whole number >= 1, was 0"),
        Fault("two faults at once", "\"seed\": 7,\n  \"policy\": { \"width\": 32", "\"seed\": -7,\n  \"policy\": { \"width\": 0",
            "small.json(3): $.seed must be a whole number >= 0, was -7",
            "small.json(4): $.policy.width must be a whole number >= 1, was 0",
            "small.json(4): $.policy width 1 must be an even multiple of heads 2"),
    ];

    [TestCaseSource(nameof(Faults))]
    public void A_fault_is_named_with_line_and_path(string piece, string replacement, string[] messages) =>
        Assert.That(() => RecipeFile.Parse(RecipeText.With(piece, replacement), "/somewhere/small.json"),
            Throws.TypeOf<RecipeException>().With.Property(nameof(RecipeException.Faults)).EqualTo(messages));

    [Test]
    public void A_recipe_that_does_not_exist_is_refused_with_the_known_ones() =>
        Assert.That(() => RecipeFile.Load("tinny", "/somewhere"), Throws.TypeOf<RecipeException>().With.Message.EqualTo(
            "there is no recipe tinny: neither a file /somewhere/tinny nor one of those that come with the library (hh-rlhf, paper, tiny)"));

    [Test]
    public void A_data_file_that_does_not_exist_is_named_with_the_places_looked_at()
    {
        Recipe recipe = RecipeFile.Parse(RecipeText.Good, "/somewhere/small.json");
        Assert.That(() => RecipePath.Find(recipe, new SweepOptions { SweepsFolder = "/sweeps", DataFolder = "/data" }, "pairs.jsonl", "data.train.file"),
            Throws.TypeOf<RecipeException>().With.Message.EqualTo(
                "small.json: $.data.train.file names pairs.jsonl, which is not there: looked at /data/pairs.jsonl and /somewhere/pairs.jsonl"));
    }

    [TestCase("0/4"), TestCase("5/4"), TestCase("3"), TestCase("a/b"), TestCase("1/2/3"), TestCase("-1/4")]
    public void A_shard_that_is_none_is_refused(string text) =>
        Assert.That(() => Shard.Parse(text), Throws.TypeOf<FormatException>().With.Message.EqualTo(
            $"Shard must be index/count with 1 <= index <= count, such as 3/16, was \"{text}\""));
}
