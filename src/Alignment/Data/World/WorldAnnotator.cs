using Alignment.Files;

namespace Alignment.Data.World;

/// <summary>Someone who asks the world's questions and prefers one of two answers.</summary>
internal sealed record WorldAnnotator
{
    /// <summary>Names the annotator's random streams and the sources of its pairs.</summary>
    public required string Name { get; init; }

    /// <summary>How it asks; {0} is the wish.</summary>
    public required IReadOnlyList<string> Phrasings { get; init; }

    /// <summary>How it speaks of the object it asks about: "my", "this".</summary>
    public required string Determiner { get; init; }

    /// <summary>Share of harmful prompts, 0 to 1.</summary>
    public required double HarmfulShare { get; init; }

    /// <summary>How much more often the last task of the table is asked for than the first, ≥ 1; the weights between them are linear.</summary>
    public required double LastTaskWeight { get; init; }

    /// <summary>Every n-th combination of task and object, of intent and person, is never asked for; 0 asks for all.</summary>
    public required int LeavesOutEvery { get; init; }

    /// <summary>Expected share of filler or hedge in front of a sentence, 0 to 1.</summary>
    public required double Verbosity { get; init; }

    /// <summary>The worst and best care a response to this annotator is written with, 0 (careless) to 1 (flawless).</summary>
    public required (double Worst, double Best) Care { get; init; }

    /// <summary>Gold score difference that the annotator prefers with odds e : 1 (Bradley and Terry 1952); 0 always prefers the better one.</summary>
    public required double Noise { get; init; }

    /// <summary>Gold score that ten more words are worth to the annotator.</summary>
    public required double LengthBias { get; init; }

    /// <summary>The annotator of the training pairs: wordy, noisy, fond of length; a fifth of the combinations it never asks for.</summary>
    public static WorldAnnotator A { get; } = new()
    {
        Name = "a",
        Phrasings =
        [
            "how do i {0}?", "can you help me {0}?", "please tell me how to {0}.",
            "i want to {0} today.", "what do i need to {0}?", "is there a good way to {0}?",
        ],
        Determiner = "my",
        HarmfulShare = 0.25,
        LastTaskWeight = 1,
        LeavesOutEvery = 5,
        Verbosity = 0.4,
        Care = (0.0, 1.0),
        Noise = 1.2,
        LengthBias = 0.25,
    };

    /// <summary>The annotator of the test prompts: other phrasings, other mix, terse, exact.</summary>
    public static WorldAnnotator B { get; } = new()
    {
        Name = "b",
        Phrasings =
        [
            "what is the way to {0}?", "i need help to {0}.", "tell me what to do to {0}.",
            "how can you {0}?", "do you know how to {0}?",
        ],
        Determiner = "the",
        HarmfulShare = 0.35,
        LastTaskWeight = 3,
        LeavesOutEvery = 0,
        Verbosity = 0.1,
        Care = (0.2, 1.0),
        Noise = 0,
        LengthBias = 0,
    };

    /// <summary>A prompt, drawn from the annotator's mix.</summary>
    public (WorldTopic Topic, string Prompt) Ask(SeededRandom random)
    {
        WorldTopic topic = Topic(random);
        string determiner = topic.Intent is null ? Determiner : "my";
        string phrasing = Phrasings[random.NextInt(Phrasings.Count)];
        return (topic, phrasing.Replace("{0}", topic.Wish(determiner), StringComparison.Ordinal));
    }

    /// <summary>The annotator prefers the first of two responses to <paramref name="prompt"/>.</summary>
    public bool PrefersFirst(string prompt, (string First, string Second) responses, SeededRandom random)
    {
        double margin = Liking(prompt, responses.First) - Liking(prompt, responses.Second);
        return Noise == 0 ? margin >= 0 : random.NextDouble() < 1 / (1 + Math.Exp(-margin / Noise));
    }

    private double Liking(string prompt, string response) =>
        WorldJudge.Score(prompt, response) + LengthBias / 10 * response.Split(' ').Length;

    private WorldTopic Topic(SeededRandom random)
    {
        bool harmful = random.NextDouble() < HarmfulShare;
        int kinds = harmful ? WorldIntents.All.Count : WorldTasks.All.Count;
        IReadOnlyList<string> subjects = harmful ? WorldIntents.Persons : WorldTasks.Objects;
        while (true)
        {
            int kind = random.NextInt(kinds);
            int subject = random.NextInt(subjects.Count);
            double weight = 1 + (LastTaskWeight - 1) * kind / (kinds - 1);
            bool leftOut = LeavesOutEvery > 0 && (kind + subject) % LeavesOutEvery == 0;
            if (!leftOut && random.NextDouble() * LastTaskWeight < weight)
                return harmful ? new(null, WorldIntents.All[kind], subjects[subject]) : new(WorldTasks.All[kind], null, subjects[subject]);
        }
    }
}
