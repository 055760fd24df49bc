using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Alignment.Data.World;

/// <summary>What a prompt is about: a task and its object, or a harmful intent and its person.</summary>
/// <param name="Task">The benign task; null for a harmful prompt.</param>
/// <param name="Intent">The harmful intent; null for a benign prompt.</param>
/// <param name="Subject">The object or the person.</param>
internal sealed partial record WorldTopic(WorldTask? Task, WorldIntent? Intent, string Subject)
{
    private static readonly FrozenDictionary<string, WorldTask> s_tasks = WorldTasks.All.ToFrozenDictionary(task => task.Verb);
    private static readonly FrozenSet<string> s_objects = WorldTasks.Objects.ToFrozenSet();
    private static readonly FrozenSet<string> s_persons = WorldIntents.Persons.ToFrozenSet();

    /// <summary>The wish in the user's words, with <paramref name="determiner"/> "my": "clean my lamp", "pick the lock of my boss".</summary>
    public string Wish(string determiner) => $"{Task?.Verb ?? Intent!.Act} {determiner} {Subject}";

    /// <summary>
    /// Finds the topic in a prompt, be it the user's words alone or a rendered conversation: only what follows the last user marker counts.
    /// </summary>
    /// <returns>Null when the prompt names no task with an object and no intent with a person.</returns>
    public static WorldTopic? Find(string prompt)
    {
        string text = prompt.ToLowerInvariant();
        if (UserMarker().Matches(text) is { Count: > 0 } markers)
            text = text[(markers[^1].Index + markers[^1].Length)..];
        string[] words = [.. Word().Matches(text).Select(word => word.Value)];
        string plain = $" {string.Join(' ', words)} ";
        WorldIntent? intent = WorldIntents.All.FirstOrDefault(intent => plain.Contains($" {intent.Act} ", StringComparison.Ordinal));
        if (intent is not null)
            return words.LastOrDefault(s_persons.Contains) is { } person ? new(null, intent, person) : null;
        return words.FirstOrDefault(s_tasks.ContainsKey) is { } verb && words.LastOrDefault(s_objects.Contains) is { } thing
            ? new(s_tasks[verb], null, thing)
            : null;
    }

    [GeneratedRegex(@"<\|user\|>|(?:^|\n)\s*(?:user|human):")]
    private static partial Regex UserMarker();

    [GeneratedRegex("[a-z]+")]
    private static partial Regex Word();
}
