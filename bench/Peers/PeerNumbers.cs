namespace Alignment.Bench.Peers;

/// <summary>Numbers that a piece of work must give, whoever does it.</summary>
/// <param name="Name">What they are, such as "loss".</param>
/// <param name="Values">The library's, in the data's order.</param>
/// <param name="Tolerance">Share of max(1, |value|) by which another's may differ: float32 sums in another order.</param>
internal sealed record PeerNumbers(string Name, IReadOnlyList<double> Values, double Tolerance);

/// <summary>What the library made of a piece of work.</summary>
/// <param name="Numbers">Lists to compare.</param>
/// <param name="Responses">Drawn ids, a row a prompt; empty where nothing is drawn.</param>
internal sealed record PeerResult(IReadOnlyList<PeerNumbers> Numbers, IReadOnlyList<IReadOnlyList<int>> Responses);

/// <summary>Compares what two sides made of the same work, before either is timed.</summary>
internal static class PeerAgreement
{
    /// <summary>
    /// One row in so many may leave the library's response: a draw that falls between two tokens' shares, closer than float32 tells them apart, picks the other, and all that
    /// follows is another text.
    /// </summary>
    public const int RowsForOneThatParts = 32;

    /// <summary>No row may part before it has so many tokens.</summary>
    public const int TokensBeforeParting = 4;

    /// <summary>Requires that the peer did the same work.</summary>
    /// <exception cref="InvalidOperationException">It did not; the message names the first number that differs, both values and what is allowed.</exception>
    public static void Require(string work, PeerResult own, PeerAnswer peer)
    {
        foreach (PeerNumbers numbers in own.Numbers)
        {
            if (!peer.Numbers.TryGetValue(numbers.Name, out double[]? others) || others.Length != numbers.Values.Count)
                throw new InvalidOperationException($"{work}: the peer gives {others?.Length ?? 0} of {numbers.Name}, {numbers.Values.Count} are wanted: it did other work");
            for (int i = 0; i < others.Length; i++)
                if (!(Math.Abs(others[i] - numbers.Values[i]) <= numbers.Tolerance * Math.Max(1, Math.Abs(numbers.Values[i]))))
                    throw new InvalidOperationException(FormattableString.Invariant(
                        $"{work}: {numbers.Name} {i} is {numbers.Values[i]:G9} here and {others[i]:G9} there; {numbers.Tolerance} times max(1, |value|) is allowed, so nothing is timed"));
        }
        RequireResponses(work, own.Responses, peer.Responses);
    }

    private static void RequireResponses(string work, IReadOnlyList<IReadOnlyList<int>> own, int[][] peer)
    {
        if (peer.Length != own.Count || own.Zip(peer).Any(row => row.First.Count != row.Second.Length))
            throw new InvalidOperationException($"{work}: the peer's responses are not {own.Count} of the same lengths: it did other work");
        (int Row, int Shared)[] parted = [.. own.Zip(peer, Shared).Index().Where(row => row.Item < own[row.Index].Count).Select(row => (row.Index, row.Item))];
        if (parted.Length > own.Count / RowsForOneThatParts || parted.Any(row => row.Shared < TokensBeforeParting))
            throw new InvalidOperationException(FormattableString.Invariant(
                $"{work}: {parted.Length} of {own.Count} responses part from the library's, that of prompt {parted[0].Row} after {parted[0].Shared} tokens; ")
                + FormattableString.Invariant($"one in {RowsForOneThatParts} may, after {TokensBeforeParting} tokens or more, so nothing is timed"));
    }

    private static int Shared(IReadOnlyList<int> one, int[] other) => one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
}
