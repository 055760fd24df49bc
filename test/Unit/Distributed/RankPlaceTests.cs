using Alignment.Distributed;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Distributed;

public class RankPlaceTests
{
    [Test]
    public void A_process_that_no_launcher_started_has_no_place() => Assert.That(Of(), Is.Null);

    [Test]
    public void Open_Mpi_says_rank_ranks_and_the_number_on_the_node() => Assert.That(
        Of(("OMPI_COMM_WORLD_RANK", "5"), ("OMPI_COMM_WORLD_SIZE", "8"), ("OMPI_COMM_WORLD_LOCAL_RANK", "1"), ("ALIGNMENT_LAUNCH", "a1")),
        Is.EqualTo(new RankPlace(5, 8, 1, "a1")));

    [Test]
    public void Slurm_says_it_of_the_tasks_of_a_step_and_a_requeued_job_has_another_name() => Assert.That(
        Of(("SLURM_PROCID", "3"), ("SLURM_STEP_NUM_TASKS", "4"), ("SLURM_LOCALID", "1"), ("SLURM_JOB_ID", "17"), ("SLURM_STEP_ID", "0"), ("SLURM_RESTART_COUNT", "2")),
        Is.EqualTo(new RankPlace(3, 4, 1, "slurm-17-0-2")));

    [Test]
    public void A_batch_script_of_Slurm_is_no_rank() => Assert.That(Of(("SLURM_PROCID", "0"), ("SLURM_NTASKS", "4"), ("SLURM_JOB_ID", "17")), Is.Null);

    private static RankPlace? Of(params (string Name, string Value)[] variables) =>
        RankPlace.Of(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
