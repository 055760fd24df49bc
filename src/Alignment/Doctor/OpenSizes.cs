namespace Alignment.Doctor;

/// <summary>
/// How much goes through the model at once, where that is not given but found: as much as fits the device, from what fills a large one down to a row. It
/// depends on the device's whole memory, not on what is free: the same card gives the same sizes. On the CPU only the number of responses is found, and by the
/// model alone: a step of a small one takes as long for many as for few, one of a large one does not, and what is being drawn is lost when the run is killed.
/// </summary>
/// <param name="Tokens">The token budget of training is open.</param>
/// <param name="Responses">The number of responses that are drawn together is open.</param>
internal sealed record OpenSizes(bool Tokens, bool Responses)
{
    /// <summary>All is given.</summary>
    public static OpenSizes None { get; } = new(Tokens: false, Responses: false);

    /// <summary>Tokens at once: more make no large device faster.</summary>
    public const long MostTokens = 1L << 16;

    /// <summary>Responses at once.</summary>
    public const int MostResponses = 1024;

    /// <summary>Responses at once on the CPU, whatever the model.</summary>
    public const int HostResponses = 128;

    private const int MostHostResponses = 512;
    private const long HostCache = 256L << 20; // bytes of keys and values up to which more are drawn at once

    // halvings after which a device still has enough to do: keeping activations is worth that much, and less is taken only where nothing else fits
    private const int Ample = 3, All = 16;

    /// <summary>The workload with the sizes that are found, and with what else is left open.</summary>
    /// <param name="work">Without the choices.</param>
    /// <param name="recompute">As in <see cref="MemoryCheck.Chosen"/>.</param>
    /// <param name="available">What there is.</param>
    public Workload Chosen(Workload work, bool? recompute, AvailableMemory available)
    {
        if (work.IsHost || (!Tokens && !Responses))
            return MemoryCheck.Chosen(Responses ? OnHost(work) : work, recompute, available);
        foreach ((int first, int last) in new[] { (0, Ample), (Ample + 1, All) })
            foreach (Workload way in MemoryCheck.Ways(work, recompute))
                if (Largest(0, All, responses => Sized(way, All, responses), available) is { } fitting
                    && Largest(first, last, tokens => Sized(fitting, tokens, 0), available) is { } found)
                    return found;
        return MemoryCheck.Chosen(Sized(work, All, All), recompute, available);
    }

    private static Workload OnHost(Workload work) => work with
    {
        GenerationBatch = (int)Math.Min(work.GenerationBatch, Math.Clamp(HostCache / MemoryEstimate.Cache(work, rows: 1), HostResponses, MostHostResponses)),
    };

    // by the fewest halvings with which it fits
    private static Workload? Largest(int first, int last, Func<int, Workload> sized, AvailableMemory available) =>
        Enumerable.Range(first, last - first + 1).Select(sized).FirstOrDefault(work => MemoryCheck.Fits(work, available));

    private Workload Sized(Workload work, int tokenHalvings, int responseHalvings) => work with
    {
        TokenBudget = Tokens ? MostTokens >> tokenHalvings : work.TokenBudget,
        GenerationBatch = Responses ? Math.Min(work.GenerationBatch, Math.Max(1, MostResponses >> responseHalvings)) : work.GenerationBatch,
    };
}
