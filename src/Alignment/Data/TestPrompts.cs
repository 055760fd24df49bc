using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>What becomes of test prompts that tell less than they seem to.</summary>
internal enum PromptRule
{
    /// <summary>They are left out, counted and named.</summary>
    Drop,

    /// <summary>They stop the run.</summary>
    Refuse,

    /// <summary>They are used, and the report says how many there are.</summary>
    Keep,
}

/// <summary>Test prompts, and those that a run was trained on or that are there again.</summary>
/// <param name="Pairs">The prompts to use, in file order.</param>
/// <param name="Seen">Prompts that are in the training pairs or the gold model's, left out or not.</param>
/// <param name="Repeated">Prompts that stood in the file before, left out or not; none that is seen.</param>
internal sealed record TestPrompts(IReadOnlyList<PreferencePair> Pairs, IReadOnlyList<PreferencePair> Seen, IReadOnlyList<PreferencePair> Repeated)
{
    /// <summary>Sorts test prompts by what was trained on.</summary>
    /// <param name="test">All.</param>
    /// <param name="trained">Every pair that the policy or the gold model is trained on.</param>
    /// <param name="onSeen">What becomes of prompts that are among those.</param>
    /// <param name="onRepeated">What becomes of a prompt's further pairs.</param>
    /// <exception cref="InvalidDataException">There are some that are refused, or nothing is left.</exception>
    public static TestPrompts Of(IReadOnlyList<PreferencePair> test, IEnumerable<PreferencePair> trained, PromptRule onSeen, PromptRule onRepeated)
    {
        HashSet<UInt128> known = [.. trained.Select(Hash)], met = [];
        List<PreferencePair> left = [], seen = [], repeated = [];
        foreach (PreferencePair pair in test)
        {
            UInt128 key = Hash(pair);
            bool isSeen = known.Contains(key), isRepeated = !met.Add(key);
            if (isSeen || isRepeated)
                (isSeen ? seen : repeated).Add(pair);
            if (!(isSeen && onSeen == PromptRule.Drop || isRepeated && onRepeated == PromptRule.Drop))
                left.Add(pair);
        }

        var prompts = new TestPrompts(left, seen, repeated);
        Require(onSeen, seen, "seenTestPrompts", "are among the prompts that are trained on");
        Require(onRepeated, repeated, "repeatedTestPrompts", "repeat an earlier one");
        return left.Count > 0 ? prompts : throw new InvalidDataException(
            $"no test prompt is left of {test.Count} ({Distinct(test)} different ones): {seen.Count} are among the prompts that are trained on ({Names(seen)}); "
            + "give other test prompts, or keep these by \"seenTestPrompts\": \"keep\" in the recipe's data");
    }

    /// <summary>The whole conversation as one text: pairs with the same one have the same prompt.</summary>
    public static string Key(PreferencePair pair) => ChatTemplate.PlainHh.Render(pair.Prompt, addGenerationPrompt: false);

    /// <summary>A fingerprint of the key, of which a million take little memory.</summary>
    public static UInt128 Hash(PreferencePair pair) => ContentHash.OfTexts(Key(pair));

    /// <summary>How many different prompts some pairs have.</summary>
    public static int Distinct(IEnumerable<PreferencePair> pairs) => pairs.Select(Hash).Distinct().Count();

    /// <summary>Where the first of some pairs stand.</summary>
    public static string Names(IReadOnlyList<PreferencePair> pairs) =>
        string.Join(", ", pairs.Take(ReadReport.NamedFaults).Select(pair => pair.Source)) + (pairs.Count > ReadReport.NamedFaults ? $" and {pairs.Count - ReadReport.NamedFaults} more" : "");

    private static void Require(PromptRule rule, List<PreferencePair> found, string key, string what)
    {
        if (rule == PromptRule.Refuse && found.Count > 0)
            throw new InvalidDataException($"{found.Count} test prompts {what}: {Names(found)}; take them out of the file, or let the recipe drop them by \"{key}\": \"drop\"");
    }
}
