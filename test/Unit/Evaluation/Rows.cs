using Alignment.Evaluation;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>Samples made by hand.</summary>
internal static class Rows
{
    public static SampleRow Row(int prompt, double score, double chosen = 0, double sft = 0, double kl = 0, int length = 1) => new()
    {
        PromptIndex = prompt,
        Prompt = $"prompt {prompt}",
        Chosen = "chosen",
        Response = "response",
        Tokens = Enumerable.Range(1, length).ToArray(),
        Ended = true,
        Score = score,
        ChosenScore = chosen,
        SftScore = sft,
        PolicyLogProb = kl - 10,
        SftLogProb = -10,
        KlK3 = kl * kl / 2,
        PromptCut = false,
        GoldInputCut = false,
    };

    public static IReadOnlyList<SampleRow> Scores(params double[] scores) => [.. scores.Select((score, prompt) => Row(prompt, score))];
}
