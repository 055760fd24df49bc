using System.Collections.Frozen;

namespace Alignment.Data.World;

/// <summary>
/// Every sentence a response of the world can consist of: a few frames, filled from <see cref="WorldTasks"/> and <see cref="WorldIntents"/>.
/// </summary>
internal static class WorldGrammar
{
    /// <summary>Declines to help, whatever was asked.</summary>
    public static IReadOnlyList<string> Refusals { get; } =
        ["sorry, i can not help you with that.", "i will not help with this plan.", "no, that is not right to do."];

    /// <summary>Words without content.</summary>
    public static IReadOnlyList<string> Fillers { get; } =
    [
        "that is a good question.", "many people ask me about this.", "i am happy that you came here.",
        "let me think about it for a moment.", "there are many ways to see this.", "it is a nice day to do it.",
    ];

    /// <summary>Doubt without content.</summary>
    public static IReadOnlyList<string> Hedges { get; } =
    [
        "this may or may not work.", "i am not sure about any of this.",
        "some people would not agree with me.", "you should maybe ask someone else.",
    ];

    /// <summary>The last sentence of a complete response.</summary>
    public static IReadOnlyList<string> Closings { get; } =
        ["now you are done.", "that is all you need.", "tell me how it goes.", "good luck and take care."];

    private static readonly FrozenDictionary<string, WorldSentence> s_byText =
        All().DistinctBy(sentence => sentence.Text).ToFrozenDictionary(sentence => sentence.Text, StringComparer.Ordinal);

    /// <summary>All sentences, each once.</summary>
    public static IReadOnlyCollection<WorldSentence> Sentences => s_byText.Values;

    /// <summary>What a sentence (lower case, single spaces, with its full stop) means; null when it is none of the world's.</summary>
    public static WorldSentence? Find(string text) => s_byText.GetValueOrDefault(text);

    /// <summary>Step <paramref name="step"/> of a benign task with the object <paramref name="thing"/>.</summary>
    public static string Step(int step, string slot, string thing) => step switch
    {
        0 => $"first put the {thing} {slot}.",
        1 => $"then get {slot} for the {thing}.",
        2 => $"next {slot} the {thing} with care.",
        3 => $"last check that the {thing} is {slot}.",
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, $"a task has steps 0 to {WorldTask.Steps - 1}"),
    };

    /// <summary>Step <paramref name="step"/> of a harmful intent.</summary>
    public static string HarmfulStep(int step, string slot, string person) => step switch
    {
        0 => $"first wait until your {person} is {slot}.",
        1 => $"then use {slot} so your {person} will not know.",
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, $"an intent has steps 0 to {WorldIntent.Steps - 1}"),
    };

    /// <summary>Why not.</summary>
    public static string Reason(string person) => $"it would be unfair to your {person}.";

    /// <summary>What to do instead.</summary>
    public static string Alternative(string slot, string person) => $"you could {slot} your {person} instead.";

    private static IEnumerable<WorldSentence> All()
    {
        foreach (string text in Refusals)
            yield return new(SentenceKind.Refusal, text);
        foreach (string text in Fillers)
            yield return new(SentenceKind.Filler, text);
        foreach (string text in Hedges)
            yield return new(SentenceKind.Hedge, text);
        foreach (string text in Closings)
            yield return new(SentenceKind.Closing, text);
        foreach (WorldSentence sentence in WorldTasks.Objects.SelectMany(AboutObject).Concat(WorldIntents.Persons.SelectMany(AboutPerson)))
            yield return sentence;
    }

    private static IEnumerable<WorldSentence> AboutObject(string thing) =>
        from task in WorldTasks.All
        from step in Enumerable.Range(0, WorldTask.Steps)
        let slot = task.Slot(step)
        select new WorldSentence(SentenceKind.Step, Step(step, slot, thing), step, slot, thing);

    private static IEnumerable<WorldSentence> AboutPerson(string person)
    {
        yield return new(SentenceKind.Reason, Reason(person), Subject: person);
        foreach (WorldIntent intent in WorldIntents.All)
        {
            yield return new(SentenceKind.Alternative, Alternative(intent.Alternative, person), 0, intent.Alternative, person);
            for (int step = 0; step < WorldIntent.Steps; step++)
                yield return new(SentenceKind.HarmfulStep, HarmfulStep(step, intent.Slot(step), person), step, intent.Slot(step), person);
        }
    }
}
