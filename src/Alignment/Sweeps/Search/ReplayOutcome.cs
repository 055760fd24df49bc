using System.Globalization;
using Alignment.Evaluation;

namespace Alignment.Sweeps.Search;

/// <summary>What one way to choose a setting came to.</summary>
/// <param name="Regrets">[replays] by how much the setting it recommends is below the best one.</param>
/// <param name="RightMethod">Share of replays in which that setting is of the best one's method.</param>
internal sealed record PolicyOutcome(double[] Regrets, double RightMethod)
{
    /// <summary>Over all replays.</summary>
    public double Mean { get; } = Regrets.Average();

    /// <summary>Half the 95 % interval of the mean.</summary>
    public double Margin => NormalDistribution.Z95 * Math.Sqrt(Distribution.Squares(Regrets) / (Regrets.Length - 1) / Regrets.Length);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Mean:F3} ±{Margin:F3}");
}

/// <summary>Runs that early stopping ends.</summary>
internal sealed class StopTally
{
    private long _prompts, _asked;

    /// <summary>Runs that were set against a leader.</summary>
    public int Runs { get; private set; }

    /// <summary>Those that were stopped.</summary>
    public int Stopped { get; private set; }

    /// <summary>Those that were stopped though over all prompts they are not behind.</summary>
    public int Wrongly { get; private set; }

    /// <summary>Share of the prompts that were asked.</summary>
    public double PromptShare => _prompts == 0 ? 1 : _asked / (double)_prompts;

    /// <summary>Share of runs that were wrongly stopped.</summary>
    public double WrongShare => Runs == 0 ? 0 : Wrongly / (double)Runs;

    /// <summary>A run, by its differences to the leader.</summary>
    /// <returns>Their mean until it was stopped; null where it was not.</returns>
    public double? Add(double[] differences)
    {
        int? after = EarlyStopping.StoppedAfter(differences);
        Runs++;
        Stopped += after == null ? 0 : 1;
        Wrongly += after != null && differences.Average() >= 0 ? 1 : 0;
        _prompts += differences.Length;
        _asked += after ?? differences.Length;
        return after is { } prompts ? differences[..prompts].Average() : null;
    }
}

/// <summary>All ways at one budget.</summary>
/// <param name="Runs">The budget.</param>
/// <param name="Search">The search.</param>
/// <param name="Random">Settings at random, the best score wins.</param>
/// <param name="Grid">Settings in the grid's order, the best score wins.</param>
/// <param name="NamedRight">Share of searches that are sure of a method, and it is the best one's.</param>
/// <param name="NamedWrong">Share of searches that are sure of another one.</param>
/// <param name="Stops">What early stopping has done in the search.</param>
internal sealed record ReplayOutcome(int Runs, PolicyOutcome Search, PolicyOutcome Random, PolicyOutcome Grid, double NamedRight, double NamedWrong, StopTally Stops);
