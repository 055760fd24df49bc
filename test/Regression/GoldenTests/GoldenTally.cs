using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>Compares the cases of one golden file, counts them, and at the end prints the counts and fails with the first differences.</summary>
internal sealed class GoldenTally(string file)
{
    private readonly List<string> _faults = [];
    private int _cases, _values;

    /// <summary>The case that the next comparisons belong to.</summary>
    public string Case { get; private set; } = "";

    public void Begin(string name) => (Case, _cases) = (name, _cases + 1);

    /// <summary>Numbers within |expected|·relative + absolute; a reference that is not finite asks for the same kind of number.</summary>
    public void Close(string what, IReadOnlyList<double> actual, IReadOnlyList<double> expected, Tolerance tolerance)
    {
        _values += expected.Count;
        if (actual.Count != expected.Count)
            Fault(what, $"{actual.Count} values, wanted {expected.Count}");
        for (int i = 0; i < Math.Min(actual.Count, expected.Count); i++)
            if (!(actual[i].Equals(expected[i]) || Math.Abs(actual[i] - expected[i]) <= tolerance.Of(expected[i])))
                Fault($"{what}[{i}]", FormattableString.Invariant($"{actual[i]:R}, wanted {expected[i]:R}"));
    }

    public void Close(string what, double actual, double expected, Tolerance tolerance) => Close(what, [actual], [expected], tolerance);

    public void Close(string what, Tensor actual, GoldenJson expected, Tolerance tolerance) => Close(what, Numbers(actual), expected.Numbers, tolerance);

    public void Close(string what, double actual, GoldenJson expected, Tolerance tolerance) => Close(what, actual, expected.Number, tolerance);

    /// <summary>Values that are equal.</summary>
    public void Same<T>(string what, IEnumerable<T> actual, IEnumerable<T> expected)
    {
        _values++;
        if (!actual.SequenceEqual(expected))
            Fault(what, $"[{string.Join(' ', actual)}], wanted [{string.Join(' ', expected)}]");
    }

    public void Holds(string what, bool holds)
    {
        _values++;
        if (!holds)
            Fault(what, "does not hold");
    }

    public void Finish()
    {
        GoldenSummary.Add(file, _cases, _values);
        TestContext.Out.WriteLine($"{file}: {_cases} cases, {_values} comparisons, {_faults.Count} differ");
        Assert.That(_cases, Is.GreaterThan(0), $"{file} has no case");
        Assert.That(_faults, Is.Empty, string.Join('\n', _faults.Take(20)));
    }

    public static double[] Numbers(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.detach().to(ScalarType.Float64).reshape(-1).data<double>().ToArray();
    }

    private void Fault(string what, string difference) => _faults.Add($"{Case}: {what} is {difference}");
}
