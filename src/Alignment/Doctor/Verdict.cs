namespace Alignment.Doctor;

/// <summary>How a check judged one thing.</summary>
internal enum Grade
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
internal sealed record Verdict(Grade Grade, string Text, string Advice)
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
