using System.Runtime.InteropServices;

namespace Alignment.Distributed;

/// <summary>
/// How ranks end when one of them is gone. The launcher (mpirun, or srun with --kill-on-bad-exit) sees it first and sends SIGTERM to the others, who wait in a
/// native call for a partner that does not come: they end at once with a code that says "start it again, it goes on".
/// </summary>
internal static partial class RankExit
{
    /// <summary>EX_TEMPFAIL of sysexits.h: the run can go on from its last checkpoint.</summary>
    public const int TryAgain = 75;

    /// <summary>The signal that asks for a checkpoint and an end, as Slurm sends it to a job before its time is over.</summary>
    public const PosixSignal Stop = (PosixSignal)10; // SIGUSR1

    /// <summary>From now on SIGTERM ends the process with <see cref="TryAgain"/>, whatever it is doing, until the result is disposed.</summary>
    public static IDisposable OnTermination() => PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => ExitNow(TryAgain));

    /// <summary>Sends <see cref="Stop"/> to a process.</summary>
    public static void AskToStop(int process) => _ = Kill(process, (int)Stop);

    /// <summary>Ends the process without its clean-up, so that the launcher ends the other ranks: leaving in order would wait for them.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitNow(int code);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
