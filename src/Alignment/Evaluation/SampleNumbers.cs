namespace Alignment.Evaluation;

/// <summary>The numbers of one line of samples.jsonl.</summary>
internal readonly record struct SampleNumbers(
    int PromptIndex, int Tokens, double Score, double ChosenScore, double SftScore, double PolicyLogProb, double SftLogProb)
{
    public IEnumerable<(string Name, double Value)> Values =>
    [
        ("score", Score), ("chosen_score", ChosenScore), ("sft_score", SftScore), ("policy_log_prob", PolicyLogProb), ("sft_log_prob", SftLogProb),
    ];
}
