using System.Globalization;

namespace Alignment.Distributed;

/// <summary>Which of a launch's processes this one is, as its launcher says in the environment.</summary>
/// <param name="Rank">From 0.</param>
/// <param name="Ranks">How many there are.</param>
/// <param name="OnNode">From 0 among those of this machine: the number of its CUDA device.</param>
/// <param name="Launch">Equal for the ranks of a launch and for no others: a name for what they leave for each other.</param>
internal sealed record RankPlace(int Rank, int Ranks, int OnNode, string Launch)
{
    /// <summary>The variable that names a launch where the launcher has no name for it.</summary>
    public const string LaunchVariable = "ALIGNMENT_LAUNCH";

    /// <summary>Of mpirun (Open MPI) or srun (Slurm); null where neither started this process.</summary>
    /// <param name="variable">A variable of the environment, or null.</param>
    public static RankPlace? Of(Func<string, string?> variable)
    {
        if (Whole("OMPI_COMM_WORLD_RANK") is { } rank && Whole("OMPI_COMM_WORLD_SIZE") is { } ranks)
            return new(rank, ranks, Whole("OMPI_COMM_WORLD_LOCAL_RANK") ?? rank, variable(LaunchVariable) ?? variable("PMIX_NAMESPACE") ?? "mpirun");
        // a batch script has SLURM_PROCID too, but no step
        if (Whole("SLURM_PROCID") is { } task && Whole("SLURM_STEP_NUM_TASKS") is { } tasks && Whole("SLURM_STEP_ID") is { } step)
            return new(task, tasks, Whole("SLURM_LOCALID") ?? task, FormattableString.Invariant(
                $"slurm-{variable("SLURM_JOB_ID")}-{step}-{Whole("SLURM_RESTART_COUNT") ?? 0}"));
        return null;

        int? Whole(string name) => int.TryParse(variable(name), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
    }
}
