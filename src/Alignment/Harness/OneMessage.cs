using Alignment.Sweeps;
using Alignment.Training;
using NUnit.Framework;
using NUnit.Framework.Interfaces;

namespace Alignment.Harness;

/// <summary>
/// One cause, one message: the first test that meets a failure fails with its message and nothing else; tests that meet the same one later are skipped
/// and say where it is told.
/// </summary>
/// <param name="skipped">Why tests are skipped after a failure to start.</param>
internal sealed class OneMessage(string skipped)
{
    private readonly Dictionary<string, string> _toldBy = [];
    private string? _start;

    /// <summary>Does what all tests need; a failure that explains itself waits for the first test.</summary>
    /// <returns>Whether it was done.</returns>
    public bool Start(Action start)
    {
        try
        {
            start();
            return true;
        }
        catch (Exception e) when (Explains(e))
        {
            _start = e.Message;
            return false;
        }
    }

    /// <summary>Runs a test.</summary>
    /// <param name="name">Of the test, in the messages of those skipped after it.</param>
    /// <param name="test">Whose failures are told once.</param>
    public void Run(string name, Action test)
    {
        if (_start is { } message)
            throw _toldBy.TryAdd(message, name) ? new ToldFailure(message) : new IgnoreException(skipped);
        try
        {
            test();
        }
        catch (Exception e) when (Explains(e))
        {
            throw _toldBy.TryAdd(e.Message, name) ? new ToldFailure(e.Message) : new IgnoreException($"not run: {_toldBy[e.Message]} has failed, and this needs it");
        }
    }

    private static bool Explains(Exception e) => SweepFaults.Explains(e) || e is NonFiniteLossException or StageOutOfMemoryException;
}

/// <summary>A failed test whose message says all: without a stack trace.</summary>
internal sealed class ToldFailure(string message) : ResultStateException(message)
{
    /// <inheritdoc/>
    public override ResultState ResultState => ResultState.Failure;

    /// <inheritdoc/>
    public override string? StackTrace => null;
}
