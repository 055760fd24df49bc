using Alignment.Recipes;

namespace Alignment.Sweeps;

/// <summary>Everything that keeps a sweep from starting, gathered so that it is told at once.</summary>
internal sealed class SweepFaults
{
    private readonly List<string> _all = [];

    /// <summary>The faults so far, each once.</summary>
    public IReadOnlyList<string> All => _all;

    /// <summary>Two things of which each is read even where the other cannot be.</summary>
    /// <exception cref="RecipeException">One or both cannot be read.</exception>
    public static (T First, U Second) Both<T, U>(Func<T> first, Func<U> second)
        where T : class
        where U : class
    {
        var faults = new SweepFaults();
        (T? one, U? two) = (faults.Try(first), faults.Try(second));
        faults.Throw();
        return (one!, two!);
    }

    /// <summary>Whether an exception's message says by itself what is wrong with what the user gave.</summary>
    public static bool Explains(Exception e) =>
        e is RecipeException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException or FormatException;

    /// <summary>What can be read; null, and its faults, where it cannot be.</summary>
    public T? Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (Explains(e))
        {
            foreach (string fault in e is RecipeException recipe ? recipe.Faults : [e.Message])
                Add(fault);
            return null;
        }
    }

    /// <summary>A check that throws what is wrong.</summary>
    public void Try(Action check) => Try<object>(() =>
    {
        check();
        return this;
    });

    /// <summary>Adds a fault unless it is told already.</summary>
    public void Add(string fault)
    {
        if (!_all.Contains(fault))
            _all.Add(fault);
    }

    /// <exception cref="RecipeException">There are faults.</exception>
    public void Throw()
    {
        if (_all.Count > 0)
            throw new RecipeException(_all);
    }
}
