using System.Runtime.CompilerServices;

namespace Alignment.Tokenization.Templates.Values;

/// <summary>
/// What one parse or rendering may spend, so that no template runs for long, fills memory or overflows the stack. Bounds are counts, not times: the
/// same template and conversation pass or fail alike on every machine.
/// </summary>
internal sealed class Budget
{
    /// <summary>Steps: one for each node that is run, each item that is looped over, and every four characters that are written or read.</summary>
    public const int MostSteps = 10_000_000;

    /// <summary>Characters of the longest text, the rendering itself included.</summary>
    public const int LongestText = 4_000_000;

    /// <summary>Items of the longest list that a template makes; Jinja's sandbox holds range() to it.</summary>
    public const int LongestList = 100_000;

    /// <summary>Levels of brackets, statements, macro calls and values in values.</summary>
    public const int Deepest = 100;

    /// <summary>Operators, filters and brackets in one chain, such as a + b + c.</summary>
    public const int LongestChain = 200;

    // so 40,000,000 in all: ten of the longest texts, and what waits for the collector stays small
    private const int CharactersOfStep = 4;

    private int _steps;

    /// <summary>Macro calls that have not ended.</summary>
    public int Calls { get; set; }

    /// <summary>The line of the template that runs.</summary>
    public int Line { get; set; } = 1;

    /// <summary>One step.</summary>
    /// <exception cref="TemplateException">There were too many.</exception>
    public void Step()
    {
        if (++_steps > MostSteps)
            throw TooLong();
    }

    /// <summary>Characters are read or written.</summary>
    /// <param name="count">How many.</param>
    /// <param name="behind">As many stand before them in the same text.</param>
    /// <exception cref="TemplateException">A text gets too long, or there were too many steps.</exception>
    public void Characters(long count, int behind = 0)
    {
        if (behind + count > LongestText)
            throw new TemplateException($"a text gets longer than {LongestText} characters");
        if ((_steps += (int)(count / CharactersOfStep) + 1) > MostSteps)
            throw TooLong();
    }

    /// <summary>A list of so many items is made.</summary>
    /// <exception cref="TemplateException">It is too long, or there were too many steps.</exception>
    public void List(long count)
    {
        if (count > LongestList)
            throw new TemplateException($"a list gets longer than {LongestList} items");
        if ((_steps += (int)count + 1) > MostSteps)
            throw TooLong();
    }

    /// <summary>One more level below so many.</summary>
    /// <exception cref="TemplateException">It is too deep.</exception>
    public static void Nest(int depth)
    {
        if (depth > Deepest || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateException("nested too deeply");
    }

    private static TemplateException TooLong() => new($"runs for more than {MostSteps} steps");
}
