namespace Alignment.Tests.Gpu.Check;

/// <summary>How large the parts of a check are.</summary>
internal sealed record CheckScale
{
    /// <summary>Models to choose from, the best first.</summary>
    public required IReadOnlyList<CheckModel> Models { get; init; }

    /// <summary>Tokens of a prompt, and of each response.</summary>
    public required (int Prompt, int Response) Tokens { get; init; }

    /// <summary>Pairs of a training step and of a reference pass.</summary>
    public required int Pairs { get; init; }

    /// <summary>Training steps that are timed; one before them is not.</summary>
    public required int Steps { get; init; }

    /// <summary>Responses that are drawn together at most, and tokens of each.</summary>
    public required (int Responses, int Tokens) Drawn { get; init; }

    /// <summary>Heads of the attention that is compared, pairs in a batch of it, and tokens of prompt, chosen and rejected response.</summary>
    public required (int Heads, int Pairs, int Prompt, int Chosen, int Rejected) Attention { get; init; }

    /// <summary>Rows and columns of the matrices whose product measures the device's peak.</summary>
    public required long Product { get; init; }

    /// <summary>Float32 numbers that ranks exchange at once.</summary>
    public required long Exchanged { get; init; }

    /// <summary>Of a GPU.</summary>
    public static CheckScale Whole { get; } = new()
    {
        Models = CheckModel.Real,
        Tokens = (128, 472),
        Pairs = 32,
        Steps = 3,
        Drawn = (256, 128),
        Attention = (16, 4, 200, 300, 250),
        Product = 8192,
        Exchanged = 1L << 26,
    };

    /// <summary>Of a processor that stands in for one.</summary>
    public static CheckScale Tiny { get; } = new()
    {
        Models = [CheckModel.Small],
        Tokens = (7, 12),
        Pairs = 4,
        Steps = 2,
        Drawn = (6, 5),
        Attention = (8, 2, 5, 7, 6),
        Product = 128,
        Exchanged = 1L << 12,
    };
}
