using Alignment.Data;
using Alignment.Data.World;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>The data of a sweep, as text and as tokens.</summary>
internal sealed record SweepData
{
    /// <summary>The policy's tokenizer.</summary>
    public required ModelTokenizer Tokenizer { get; init; }

    /// <summary>Pairs for SFT (their chosen responses) and preference optimisation.</summary>
    public required IReadOnlyList<TokenizedPair> Training { get; init; }

    /// <summary>Pairs a gold model is trained on; empty where none is.</summary>
    public required IReadOnlyList<PreferencePair> Reward { get; init; }

    /// <summary>Test prompts with the data set's responses.</summary>
    public required IReadOnlyList<PreferencePair> Test { get; init; }

    /// <summary>The test prompts' ids, cut to the length limit.</summary>
    public required IReadOnlyList<int[]> TestPrompts { get; init; }

    /// <summary>Ids that end a response.</summary>
    public required IReadOnlySet<int> EndTokens { get; init; }

    /// <summary>Of the tokenizer's files and its template.</summary>
    public required string TokenizerFingerprint { get; init; }

    /// <summary>Reads or generates the data a recipe asks for.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="options">Says where files are.</param>
    /// <param name="log">Gets a line about rows left out and a line about what was cut.</param>
    /// <exception cref="InvalidDataException">A file is malformed; the message names file and line.</exception>
    public static SweepData Read(Recipe recipe, SweepOptions options, Action<string> log)
    {
        (ModelTokenizer tokenizer, PairParts pairs) = recipe.Data switch
        {
            WorldChoice world => (EmbeddedWorld.Tokenizer, new PairParts(EmbeddedWorld.TrainingPairs(recipe.Seed, world.TrainingPairs), [],
                EmbeddedWorld.TestPrompts(recipe.Seed, recipe.TestPrompts))),
            FileChoice files => (RecipeTokenizer.Load(recipe, files, options), PairParts.Read(recipe, files, options, log)),
            _ => throw new NotSupportedException($"{recipe.Data.GetType().Name} is not a kind of data"),
        };
        var cutter = new PairTokenizer(tokenizer, recipe.Lengths);
        IReadOnlyList<TokenizedPair> training = cutter.TokenizeAll(pairs.Training);
        log($"training pairs: {cutter.Report}");
        var data = new SweepData
        {
            Tokenizer = tokenizer,
            Training = training,
            Reward = pairs.Reward,
            Test = [.. pairs.Test.Take(recipe.TestPrompts)],
            TestPrompts = [.. cutter.TokenizeAll(pairs.Test.Take(recipe.TestPrompts)).Select(pair => pair.Prompt)],
            EndTokens = PolicyModels.EndTokens(recipe, options, tokenizer),
            TokenizerFingerprint = $"{ModelFingerprint.OfFiles(RecipeTokenizer.Files(recipe, options))} {tokenizer.Template.Name}",
        };
        if (data.Test.Count < recipe.TestPrompts)
            log($"test prompts: {data.Test.Count}, fewer than the {recipe.TestPrompts} asked for");
        return data;
    }

    /// <summary>Of what is trained on; where the pairs come from does not matter.</summary>
    public string TrainingFingerprint()
    {
        using var content = new Fingerprint();
        content.Add(Training.Count);
        foreach (TokenizedPair pair in Training)
            content.Add(pair.Prompt).Add(pair.Chosen).Add(pair.Rejected);
        return content.Hex();
    }

    /// <summary>Of the test prompts as the policy reads them.</summary>
    public string PromptsFingerprint()
    {
        using var content = new Fingerprint();
        content.Add(TestPrompts.Count);
        foreach (int[] prompt in TestPrompts)
            content.Add(prompt);
        return content.Hex();
    }
}
