using System.Runtime.InteropServices;

namespace Alignment.Sweeps;

/// <summary>A stage of a run found no memory: which one, what it was estimated to take, and what would lower that.</summary>
internal sealed class StageOutOfMemoryException(string message, Exception cause) : Exception(message, cause)
{
    // as libtorch's allocators and libraries put it
    private static readonly string[] s_texts = ["out of memory", "can't allocate memory", "ALLOC_FAILED"];

    /// <summary>Does the work of a stage.</summary>
    /// <param name="stage">As the memory's estimate names it.</param>
    /// <param name="plan">Knows what it takes.</param>
    /// <param name="work">What is done.</param>
    /// <exception cref="StageOutOfMemoryException">It found no memory.</exception>
    public static T In<T>(string stage, MemoryPlan plan, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (Is(e))
        {
            throw new StageOutOfMemoryException($"{stage} ran out of memory: {plan.Told(stage)}. libtorch says: {FirstLine(e.Message)}", e);
        }
    }

    /// <summary>Whether an exception says that there was no memory.</summary>
    public static bool Is(Exception e) => e is OutOfMemoryException
        || e is ExternalException or InvalidOperationException && s_texts.Any(text => e.Message.Contains(text, StringComparison.OrdinalIgnoreCase));

    private static string FirstLine(string text) => text.Split('\n', 2)[0].Trim();
}
