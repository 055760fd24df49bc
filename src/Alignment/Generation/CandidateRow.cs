namespace Alignment.Generation;

/// <summary>The likeliest tokens of one position, and what all tokens weigh together: where the nucleus lies among them, they are all a draw needs.</summary>
/// <param name="Ids">Token ids, ascending; every token that is not among them has a logit of at most the least of theirs.</param>
/// <param name="Logits">Of each id.</param>
/// <param name="Weight">Σ exp((logit − largest logit) / temperature) of the whole row; not finite where no token can be drawn from it.</param>
/// <param name="Vocabulary">Tokens of the whole row.</param>
internal readonly record struct CandidateRow(int[] Ids, double[] Logits, double Weight, int Vocabulary)
{
    /// <summary>Whether there is something to choose from; false where more tokens would be needed than were looked at, or a logit is not a number.</summary>
    public bool Tells => Ids is { Length: > 1 } && double.IsFinite(Weight);
}
