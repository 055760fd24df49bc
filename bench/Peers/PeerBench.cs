using System.IO.Enumeration;
using Alignment.Bench.Inputs;
using Alignment.Bench.Ratios;

namespace Alignment.Bench.Peers;

/// <summary>
/// The library beside PyTorch in Python, by turns in one run: the same weights, tokens and draws. What both make is compared first; where it differs nothing is timed.
/// </summary>
/// <param name="python">The interpreter.</param>
/// <param name="rounds">How often each is measured.</param>
/// <param name="threads">Of either side.</param>
internal sealed class PeerBench(string python, int rounds, int threads)
{
    private static readonly (string Id, Func<IPeerWork> Create)[] s_all =
    [
        ("Steps(hh-256)", () => new StepsWork(PairSet.Hh256)), ("Steps(hh-128)", () => new StepsWork(PairSet.Hh128)), ("Steps(equal-128)", () => new StepsWork(PairSet.Equal128)),
        ("Pass(hh-256)", () => new PassWork(PairSet.Hh256)), ("Pass(equal-128)", () => new PassWork(PairSet.Equal128)),
        ("Generation(8 prompts)", () => new GenerationWork(new(8))), ("Generation(32 prompts)", () => new GenerationWork(new(32))),
    ];

    /// <summary>What there is to measure; these never change.</summary>
    public static IReadOnlyList<string> Ids => [.. s_all.Select(work => work.Id)];

    /// <summary>Measures what the filters match.</summary>
    /// <param name="script">peer.py.</param>
    /// <param name="filters">Globs over <see cref="Ids"/>.</param>
    /// <exception cref="InvalidOperationException">There is no such Python, the filters match nothing, or the two sides do not agree; the message says which.</exception>
    public IReadOnlyList<PeerRow> Measure(string script, IReadOnlyList<string> filters)
    {
        (string Id, Func<IPeerWork> Create)[] chosen = [.. s_all.Where(work => filters.Any(filter => FileSystemName.MatchesSimpleExpression(filter, work.Id)))];
        if (chosen.Length == 0)
            throw new InvalidOperationException($"no peer's work matches {string.Join(' ', filters)}; there are {string.Join(", ", Ids)}");
        return [.. chosen.Select(work => Row(work.Id, work.Create, script))];
    }

    private PeerRow Row(string id, Func<IPeerWork> create, string script)
    {
        string folder = Directory.CreateTempSubdirectory("alignment-peer-").FullName;
        try
        {
            using IPeerWork work = create();
            work.Write(folder);
            using var peer = new PeerProcess(python, script, folder, threads);
            Console.Error.WriteLine($"{id}: torch {peer.Facts.Torch}, {peer.Facts.Blas}");
            PeerAgreement.Require(id, work.Own(), peer.Ask());
            work.Composed(); // warm, as the others are now
            double[][] seconds = Turns.Measure(rounds, [() => Turns.Seconds(() => work.Own()), () => Turns.Seconds(work.Composed), () => peer.Ask().Seconds]);
            Console.Error.WriteLine($"{id}: Python / library {Quartiles.OfRatios(seconds[2], seconds[0])}");
            return new(id, peer.Facts, seconds[0], seconds[1], seconds[2]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
