using System.Text.RegularExpressions;
using Alignment.Bench.Ratios;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class TurnsTests
{
    [Test]
    public void Every_round_another_one_begins()
    {
        List<string> order = [];
        double[][] seconds = Turns.Measure(3, [() => Called("a", 1), () => Called("b", 2)]);
        Assert.That(order, Is.EqualTo(new[] { "a", "b", "b", "a", "a", "b" }));
        Assert.That(seconds, Is.EqualTo(new[] { new[] { 1.0, 1, 1 }, [2, 2, 2] }));

        double Called(string name, double result)
        {
            order.Add(name);
            return result;
        }
    }

    [Test]
    public void Ratios_are_taken_round_by_round()
    {
        Assert.That(Quartiles.OfRatios([10, 40, 30], [5, 10, 10]), Is.EqualTo(new Quartiles(2.5, 3, 3.5)));
        Assert.That((new Quartiles(1, 2, 3) * 10).ToString(), Is.EqualTo("20.00 [10.00, 30.00]"));
    }
}

/// <summary>Tables without the blanks that line up their columns.</summary>
internal static partial class TablePadding
{
    public static string Without(string markdown) => Blanks().Replace(markdown, " ");

    [GeneratedRegex(" {2,}")]
    private static partial Regex Blanks();
}
