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

    /// <summary>Pairs for SFT (their chosen responses) and preference optimisation, or labelled responses.</summary>
    public required IReadOnlyList<TokenizedPair> Training { get; init; }

    /// <summary>The training rows where they are labelled responses, as preference optimisation goes through them; null where they are pairs.</summary>
    public LabelledRows? Labelled { get; init; }

    /// <summary>What SFT learns: pairs for their chosen responses, of labelled responses the desirable ones.</summary>
    public IReadOnlyList<TokenizedPair> SftRows => Labelled?.Desirable ?? Training;

    /// <summary>What preference optimisation and its reference pass go through.</summary>
    public IReadOnlyList<TokenizedPair> PreferenceRows => Labelled ?? Training;

    /// <summary>The test prompts come with two responses, of which one is preferred.</summary>
    public bool TestHasPairs => !Test[0].IsLabelled;

    /// <summary>The training pairs' prompts, which are answered in a round on-policy; empty where there is none.</summary>
    public IReadOnlyList<int[]> TrainingPrompts { get; init; } = [];

    /// <summary>As <see cref="TrainingPrompts"/>, the pairs they are of as text.</summary>
    public IReadOnlyList<PreferencePair> TrainingTexts { get; init; } = [];

    /// <summary>The file of <see cref="Training"/> where that was sampled in a round on-policy; null: it is the recipe's own.</summary>
    public string? PairsFile { get; init; }

    /// <summary>Pairs a gold model is trained on; empty where none is.</summary>
    public required IReadOnlyList<PreferencePair> Reward { get; init; }

    /// <summary>Test prompts with the data set's responses: pairs, or labelled ones.</summary>
    public required IReadOnlyList<PreferencePair> Test { get; init; }

    /// <summary>How many responses each test prompt gets.</summary>
    public int Responses { get; init; } = 1;

    /// <summary>The place of every response: those of the first response to each test prompt, in their order, then those of the second.</summary>
    public IReadOnlyList<int> Places => [.. Enumerable.Range(0, Test.Count * Responses)];

    /// <summary>The test prompt that is answered at a place.</summary>
    public PreferencePair TestAt(int place) => Test[place % Test.Count];

    /// <summary>The test prompts' ids, cut to the length limit.</summary>
    public required IReadOnlyList<int[]> TestPrompts { get; init; }

    /// <summary>The first test pairs within the limits, at most <see cref="Sweeps.HeldOut.Most"/>: nobody trains on them.</summary>
    public required IReadOnlyList<TokenizedPair> HeldOut { get; init; }

    /// <summary>Which test prompts lost their beginning to the limit.</summary>
    public required IReadOnlyList<bool> TestPromptsCut { get; init; }

    /// <summary>Ids that end a response.</summary>
    public required IReadOnlySet<int> EndTokens { get; init; }

    /// <summary>Of the tokenizer's files and its template.</summary>
    public required string TokenizerFingerprint { get; init; }

    /// <summary>What was chosen for the user.</summary>
    public required DataFacts Facts { get; init; }

    /// <summary>Reads or generates the data a recipe asks for.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="options">Says where files are.</param>
    /// <param name="log">Gets a line about the template, about rows left out and about what was cut.</param>
    /// <exception cref="RecipeException">Files are missing or malformed, or nothing is left of them; the message names all, each with its line.</exception>
    public static SweepData Read(Recipe recipe, SweepOptions options, Action<string> log)
    {
        (ToldTemplate told, PairParts pairs) = recipe.Data switch
        {
            WorldChoice world => (new ToldTemplate(EmbeddedWorld.Tokenizer, "the embedded world"), new PairParts(EmbeddedWorld.TrainingPairs(recipe.Seed, world.TrainingPairs), [],
                new TestPrompts(EmbeddedWorld.TestPrompts(recipe.Seed, recipe.TestPrompts), [], []))),
            FileChoice files => FromFiles(recipe, files, options, log),
            _ => throw new NotSupportedException($"{recipe.Data.GetType().Name} is not a kind of data"),
        };
        PairTokenizer cutter = new(told.Tokenizer, recipe.Lengths), promptCutter = new(told.Tokenizer, recipe.Lengths);
        List<PreferencePair>? texts = recipe.Resample == null ? null : [];
        IReadOnlyList<TokenizedPair> training = cutter.TokenizeAll(pairs.Training, texts);
        log($"training {(cutter.Report.AreLabelled ? "rows" : "pairs")}: {cutter.Report}");
        (PreferencePair Pair, TokenizedPrompt Prompt)[] test = [.. pairs.Test.Pairs.Select(pair => (Pair: pair, Prompt: promptCutter.TokenizePrompt(pair)!))
            .Where(kept => kept.Prompt != null).Take(recipe.TestPrompts)];
        LabelledRows? labelled = training.Count > 0 && training[0].IsLabelled ? LabelledRows.Of(training, recipe.Lengths.MaxTotal) : null;
        if (labelled != null)
            log($"training: {labelled.Desirable.Count} of {training.Count} responses are labelled desirable; SFT learns these");
        log($"test prompts: {new Share(test.Count(kept => kept.Prompt.Cut), test.Length)} lost their beginning to maxPrompt {recipe.Lengths.MaxPrompt}");
        foreach (string dropped in cutter.Dropped.Concat(promptCutter.Dropped))
            log($"  left out: {dropped}");
        if (pairs.Training.Count == 0)
            throw new RecipeException([$"{recipe.At("$.data")} leaves no pair to train on: give more pairs, or other shares of \"split\""]);
        if (training.Count == 0 || test.Length == 0)
            throw new InvalidDataException($"no {(training.Count == 0 ? "training pair" : "test prompt")} is left within the recipe's lengths: raise maxPrompt and maxTotal, or let them cut");
        bool testHasPairs = !test[0].Pair.IsLabelled;
        if (!testHasPairs)
            log("test prompts: they come with no pairs, so that wins against chosen responses, the judges' accuracy and the drift of chosen and rejected responses are not measured");
        var data = new SweepData
        {
            Tokenizer = told.Tokenizer,
            Training = training,
            Labelled = labelled,
            TrainingPrompts = recipe.Resample == null ? [] : [.. training.Select(pair => pair.Prompt)],
            TrainingTexts = texts ?? [],
            Reward = pairs.Reward,
            Test = [.. test.Select(kept => kept.Pair)],
            TestPrompts = [.. test.Select(kept => kept.Prompt.Tokens)],
            // a cut response would be another text
            HeldOut = !testHasPairs ? [] : new PairTokenizer(told.Tokenizer, recipe.Lengths with { OnLongPair = LongRow.Drop }).TokenizeAll(test.Take(Sweeps.HeldOut.Most).Select(kept => kept.Pair)),
            TestPromptsCut = [.. test.Select(kept => kept.Prompt.Cut)],
            Responses = recipe.ResponsesPerPrompt,
            EndTokens = PolicyModels.EndTokens(recipe, options, told.Tokenizer),
            TokenizerFingerprint = $"{ModelFingerprint.OfFiles(RecipeTokenizer.Files(recipe, options))} {told.Tokenizer.Template.Identity}"
                + (told.Tokenizer.TextInMessages == null ? "" : " markers as text"),
            Facts = DataFacts.Of(recipe, told, pairs.Test, [.. test.Select(kept => kept.Pair)]) with
            {
                TrainingPairs = training.Count,
                LongPairsDropped = cutter.Report.Dropped,
                LongTestPromptsDropped = promptCutter.Report.Dropped,
                Files = pairs.Files,
                Labels = labelled == null ? null : new(labelled.Desirable.Count, training.Count - labelled.Desirable.Count),
                TestHasNoPairs = !testHasPairs,
            },
        };
        if (data.Test.Count < recipe.TestPrompts)
            log($"test prompts: {data.Test.Count}, fewer than the {recipe.TestPrompts} asked for");
        return data;
    }

    private static (ToldTemplate, PairParts) FromFiles(Recipe recipe, FileChoice files, SweepOptions options, Action<string> log)
    {
        var faults = new SweepFaults();
        ToldTemplate? told = faults.Try(() => RecipeTokenizer.Load(recipe, files, options));
        if (told != null)
            log($"template: {told.Tokenizer.Template.Name}, told by {told.By}{(told.Difference is { } difference ? $"; the folder's own is another one: {difference}" : "")}");
        // rows are read even where no tokenizer tells what its markers are
        PairParts? pairs = faults.Try(() => PairParts.Read(recipe, files, told == null ? null : TextRule.Of(told.Tokenizer, files.Markers), options, log));
        faults.Throw();
        return (told!, pairs!);
    }

    /// <summary>Of what is trained on; where the pairs come from does not matter.</summary>
    public string TrainingFingerprint()
    {
        using var content = new Fingerprint();
        content.Add(Training.Count);
        foreach (TokenizedPair pair in PreferenceRows)
            content.Add(pair.Prompt).Add(pair.Chosen).Add(pair.Rejected);
        for (int row = 0; row < Labelled?.Count; row++)
            content.Add(Labelled.IsDesirable(row) ? 1 : 0);
        return content.Hex();
    }

    /// <summary>Of the test prompts as the policy reads them.</summary>
    public string PromptsFingerprint()
    {
        using var content = new Fingerprint();
        return Add(content, TestPrompts).Hex();
    }

    /// <summary>Of the training prompts as the policy and as judges read them.</summary>
    public string TrainingPromptsFingerprint()
    {
        using var content = new Fingerprint();
        return Add(content, TrainingPrompts).Add(ContentHash.Of(TrainingTexts.Select(pair => pair with { Chosen = "", Rejected = "" }))).Hex();
    }

    private static Fingerprint Add(Fingerprint content, IReadOnlyList<int[]> prompts)
    {
        content.Add(prompts.Count);
        foreach (int[] prompt in prompts)
            content.Add(prompt);
        return content;
    }
}
