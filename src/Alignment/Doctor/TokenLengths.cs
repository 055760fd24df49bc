using Alignment.Data;
using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>How long prompts and responses are in tokens, before anything is cut.</summary>
/// <param name="Prompt">Of the prompts, the opening of the assistant's turn included.</param>
/// <param name="Chosen">Of the chosen responses, EOS included.</param>
/// <param name="Rejected">Of the rejected responses, EOS included.</param>
internal sealed record TokenLengths(LengthQuantiles Prompt, LengthQuantiles Chosen, LengthQuantiles Rejected)
{
    /// <summary>Encodes every pair.</summary>
    public static TokenLengths Of(ModelTokenizer tokenizer, IReadOnlyList<PreferencePair> pairs)
    {
        EncodedPair[] encoded = [.. pairs.Select(pair => PairTokenizer.Ids(tokenizer, pair))];
        return new(Of(pair => pair.Prompt), Of(pair => pair.Chosen), Of(pair => pair.Rejected));

        LengthQuantiles Of(Func<EncodedPair, int[]> part) => LengthQuantiles.Of(encoded.Select(pair => part(pair).Length).Where(length => length > 0)); // a labelled response is of one side
    }
}

/// <summary>Median, 95th percentile and maximum of some lengths; 0 of none.</summary>
internal sealed class LengthQuantiles
{
    private readonly int[] _sorted;

    private LengthQuantiles(int[] sorted) => _sorted = sorted;

    /// <summary>By rank, without interpolation.</summary>
    public static LengthQuantiles Of(IEnumerable<int> lengths) => new([.. lengths.Order()]);

    /// <summary>How many there are.</summary>
    public int Count => _sorted.Length;

    /// <summary>Those above a limit.</summary>
    public Share Above(int limit) => new(_sorted.Count(length => length > limit), _sorted.Length);

    /// <summary>"median 40, 95 % within 120, longest 310 tokens".</summary>
    public override string ToString() => FormattableString.Invariant($"median {At(0.5)}, 95 % within {At(0.95)}, longest {At(1)} tokens");

    private int At(double share) => _sorted.Length == 0 ? 0 : _sorted[Math.Min(_sorted.Length - 1, (int)(share * _sorted.Length))];
}
