using System.Runtime.ExceptionServices;

namespace Alignment.Sweeps;

/// <summary>What has failed in this process and would fail again: the next one who asks for it gets the same exception, and nothing is tried.</summary>
internal sealed class KnownFailures
{
    private readonly Dictionary<string, ExceptionDispatchInfo> _failures = [];

    /// <summary>Throws what is known to fail.</summary>
    /// <param name="what">Its name.</param>
    public void Throw(string what)
    {
        if (_failures.TryGetValue(what, out ExceptionDispatchInfo? failed))
            failed.Throw();
    }

    /// <summary>Does work that is not known to fail.</summary>
    /// <param name="what">Its name.</param>
    /// <param name="isCertain">Whether a failure would come again; one that was asked to stop may be asked for again.</param>
    /// <param name="work">Is done at most once where it fails for certain.</param>
    public T Try<T>(string what, Func<Exception, bool> isCertain, Func<T> work)
    {
        Throw(what);
        try
        {
            return work();
        }
        catch (Exception e) when (e is not OperationCanceledException && isCertain(e))
        {
            _failures[what] = ExceptionDispatchInfo.Capture(e);
            throw;
        }
    }
}
