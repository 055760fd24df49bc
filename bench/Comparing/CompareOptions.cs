using System.Globalization;
using Alignment.Bench.Tracking;

namespace Alignment.Bench.Comparing;

/// <summary>What a comparison is asked for: compare --against REF [--filter GLOB …] [--rounds N] [--iterations N] [--threshold PERCENT].</summary>
internal sealed record CompareOptions
{
    /// <summary>The revision to compare with.</summary>
    public required string Against { get; init; }

    /// <summary>BenchmarkDotNet's globs; a benchmark is compared if one matches.</summary>
    public IReadOnlyList<string> Filters { get; init; } = ["*"];

    /// <summary>How often both versions are run by turns, ≥ 2.</summary>
    public int Rounds { get; init; } = 6;

    /// <summary>Measurements of each benchmark in a round, ≥ 1.</summary>
    public int Iterations { get; init; } = 4;

    /// <summary>When a difference counts.</summary>
    public JudgeSettings Judge { get; init; } = new();

    /// <summary>Reads a command line.</summary>
    /// <exception cref="ArgumentException">Something is missing, unknown or impossible; the message names all.</exception>
    public static CompareOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new CompareOptions { Against = "" };
        List<string> faults = [], filters = [];
        string name = "";
        foreach (string argument in arguments)
        {
            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                name = argument;
                if (name is not ("--against" or "--filter" or "--rounds" or "--iterations" or "--threshold"))
                    faults.Add($"{name} is no option");
            }
            else if (name == "--against")
                options = options with { Against = argument };
            else if (name == "--filter")
                filters.Add(argument);
            else if (name == "--rounds")
                options = options with { Rounds = (int)Number(argument, least: 2) };
            else if (name == "--iterations")
                options = options with { Iterations = (int)Number(argument, least: 1) };
            else if (name == "--threshold")
                options = options with { Judge = options.Judge with { Threshold = Number(argument.TrimEnd('%'), least: 0) / 100 } };
        }
        if (options.Against.Length == 0)
            faults.Add("--against needs a revision to compare with");
        return faults.Count == 0 ? options with { Filters = filters.Count > 0 ? filters : options.Filters } : throw new ArgumentException(string.Join("; ", faults));

        double Number(string text, double least)
        {
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !(number >= least))
                faults.Add(FormattableString.Invariant($"{name} must be a number >= {least}, was {text}"));
            return number;
        }
    }
}
