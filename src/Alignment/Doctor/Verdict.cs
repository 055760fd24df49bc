namespace Alignment.Doctor;

/// <summary>How a check judged one thing.</summary>
public enum Grade
{
    /// <summary>Nothing to judge: for the reader.</summary>
    Note,

    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>A sweep runs, and its result may not be what was meant.</summary>
    Warn,

    /// <summary>A sweep fails, or trains on something else than was meant.</summary>
    Fail,
}

/// <summary>One line of a check.</summary>
/// <param name="Grade">How it was judged.</param>
/// <param name="Text">What was found, with values.</param>
/// <param name="Advice">What to do about it; empty where nothing is to be done.</param>
public sealed record Verdict(Grade Grade, string Text, string Advice)
{
    /// <summary>For the reader.</summary>
    public static Verdict Note(FormattableString text) => new(Grade.Note, FormattableString.Invariant(text), "");

    /// <summary>As it should be.</summary>
    public static Verdict Ok(FormattableString text) => new(Grade.Ok, FormattableString.Invariant(text), "");

    /// <summary>A sweep runs, and its result may not be what was meant.</summary>
    public static Verdict Warn(FormattableString text, FormattableString advice) =>
        new(Grade.Warn, FormattableString.Invariant(text), FormattableString.Invariant(advice));

    /// <summary>A sweep fails, or trains on something else than was meant.</summary>
    public static Verdict Fail(FormattableString text, FormattableString advice) =>
        new(Grade.Fail, FormattableString.Invariant(text), FormattableString.Invariant(advice));

    /// <summary>"ok    text" or "FAIL  text: advice".</summary>
    public override string ToString() => $"{Word(Grade),-6}{Text}{(Advice.Length > 0 ? $": {Advice}" : "")}";

    private static string Word(Grade grade) => grade switch
    {
        Grade.Note => "",
        Grade.Ok => "ok",
        Grade.Warn => "warn",
        _ => "FAIL",
    };
}

/// <summary>A part of a whole.</summary>
/// <param name="Count">Of the part.</param>
/// <param name="Of">Of the whole.</param>
internal readonly record struct Share(int Count, int Of)
{
    /// <summary>0 … 1; 0 of nothing.</summary>
    public double Value => Of == 0 ? 0 : (double)Count / Of;

    /// <summary>Says that there is none or not too many, or how bad the share is and what to do.</summary>
    public Verdict Judged(ShareLimits limits, string good, string bad, string advice) => Count == 0 || Value <= limits.Warn
        ? new(Grade.Ok, good, Advice: "")
        : new(Value <= limits.Fail ? Grade.Warn : Grade.Fail, bad, advice);

    /// <summary>"9 of 2312 (0.4 %)".</summary>
    public override string ToString() => FormattableString.Invariant($"{Count} of {Of} ({100 * Value:0.0} %)");
}

/// <summary>How much of something is too much.</summary>
/// <param name="Warn">Largest share that is fine.</param>
/// <param name="Fail">Largest share that is no failure.</param>
internal readonly record struct ShareLimits(double Warn, double Fail)
{
    /// <summary>None is fine; above one in a hundred a sweep trains on something else than was meant.</summary>
    public static ShareLimits Rare { get; } = new(Warn: 0, Fail: 0.01);
}

/// <summary>A number of bytes as people read it.</summary>
internal static class ByteCount
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Three digits and a unit: 1.34 GiB, 12.9 MiB, 668 KiB.</summary>
    public static string Text(long bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 999.5 && unit < s_units.Length - 1; unit++)
            value /= 1024;
        string digits = unit == 0 || value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : "F2";
        return value.ToString(digits, System.Globalization.CultureInfo.InvariantCulture) + " " + s_units[unit];
    }
}

/// <summary>Pieces of text that fit on a line.</summary>
internal static class Excerpt
{
    private const int Before = 12, After = 16;

    /// <summary>Line breaks and tabs as \n and \t.</summary>
    public static string OneLine(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);

    /// <summary>What stands around a character, on one line.</summary>
    public static string At(string text, int index)
    {
        int from = Math.Max(0, index - Before), to = Math.Min(text.Length, index + After);
        return $"{(from > 0 ? "…" : "")}{OneLine(text[from..to])}{(to < text.Length ? "…" : "")}";
    }

    /// <summary>At most so many last characters, on one line.</summary>
    public static string End(string text, int characters) => text.Length <= characters ? OneLine(text) : "…" + OneLine(text[^characters..]);

    /// <summary>At most so many characters of the beginning and the end, on one line.</summary>
    public static string Ends(string text, int characters) => text.Length <= characters ? OneLine(text)
        : $"{OneLine(text[..(characters / 2)])} … {OneLine(text[^(characters / 2)..])}";
}
