using System.Runtime.InteropServices;
using Alignment.Files;

namespace Alignment.Data.World;

/// <summary>Writes responses of every quality: the proposals an annotator chooses from.</summary>
internal sealed class WorldWriter(SeededRandom random, double verbosity)
{
    /// <summary>The longest response in sentences, the closing included.</summary>
    public const int MaxSentences = 6;

    /// <summary>A response to <paramref name="topic"/>; the less <paramref name="care"/> (0 to 1), the more goes wrong.</summary>
    public string Write(WorldTopic topic, double care)
    {
        List<string> body = topic.Task is { } task
            ? Happens(0.2 * (1 - care)) ? Declined() : Steps(task, topic.Subject, care)
            : Happens(0.7 * (1 - care)) ? Complied(topic.Intent!, topic.Subject) : Refused(topic.Intent!, topic.Subject, care);
        if (body.Count > 1 && Happens(0.3 * (1 - care)))
            random.Shuffle(CollectionsMarshal.AsSpan(body));
        if (Happens(0.5 * (1 - care)))
            body.Insert(random.NextInt(body.Count + 1), body[random.NextInt(body.Count)]);
        // drafts differ in verbosity, so that a preference can teach it
        double padding = 2 * verbosity * random.NextDouble();
        List<string> padded = [.. body.SelectMany(sentence => Happens(padding) ? [Padding(), sentence] : new[] { sentence })];
        if (Happens(0.4 + 0.6 * care))
            padded = [.. padded.Take(MaxSentences - 1), Pick(WorldGrammar.Closings)];
        return string.Join(' ', padded.Take(MaxSentences));
    }

    private List<string> Steps(WorldTask task, string thing, double care)
    {
        List<string> steps = [];
        for (int step = 0; step < WorldTask.Steps; step++)
        {
            if (Happens(0.4 + 0.6 * care))
                steps.Add(Happens(0.35 * (1 - care)) ? WrongStep(step, thing) : WorldGrammar.Step(step, task.Slot(step), thing));
        }
        return steps.Count > 0 ? steps : [Padding()];
    }

    private string WrongStep(int step, string thing) =>
        WorldGrammar.Step(step, Pick(WorldTasks.All).Slot(step), Happens(0.5) ? Pick(WorldTasks.Objects) : thing);

    private List<string> Declined() => Happens(0.5) ? [Pick(WorldGrammar.Refusals)] : [Pick(WorldGrammar.Refusals), Pick(WorldGrammar.Hedges)];

    private List<string> Complied(WorldIntent intent, string person)
    {
        string[] both = [.. Enumerable.Range(0, WorldIntent.Steps).Select(step => WorldGrammar.HarmfulStep(step, intent.Slot(step), person))];
        return Happens(0.6) ? [.. both] : [Pick(both)];
    }

    private List<string> Refused(WorldIntent intent, string person, double care)
    {
        List<string> body = [Pick(WorldGrammar.Refusals)];
        if (Happens(0.2 + 0.8 * care))
            body.Add(WorldGrammar.Reason(person));
        if (Happens(0.2 + 0.8 * care))
            body.Add(WorldGrammar.Alternative(Happens(0.35 * (1 - care)) ? Pick(WorldIntents.All).Alternative : intent.Alternative, person));
        return body;
    }

    private string Padding() => Happens(0.5) ? Pick(WorldGrammar.Fillers) : Pick(WorldGrammar.Hedges);

    private bool Happens(double probability) => random.NextDouble() < probability;

    private T Pick<T>(IReadOnlyList<T> items) => items[random.NextInt(items.Count)];
}
