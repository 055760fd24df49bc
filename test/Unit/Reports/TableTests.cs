using Alignment.Reports.Tables;
using Alignment.Reports.Text;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Reports;

public sealed class TableTests
{
    private static readonly Table s_table = new(
        [new("name"), new("value", 2, IsNumeric: true)],
        [["a,\"b\"\nc|d<e", 1.005], [Cell.Empty, -0.0000001]]);

    [Test]
    public void Csv_quotes_what_rfc_4180_asks_for_and_has_six_decimals() =>
        Assert.That(s_table.ToCsv(), Is.EqualTo("name,value\n\"a,\"\"b\"\"\nc|d<e\",1.005000\n,0.000000\n"));

    [Test]
    public void Markdown_escapes_what_would_break_the_row() =>
        Assert.That(s_table.ToMarkdown(), Is.EqualTo(
            "| name            | value |\n"
            + "|-----------------|------:|\n"
            + "| a,\"b\" c\\|d&lt;e |  1.00 |\n"
            + "| –               |  0.00 |\n"));

    [TestCase(0.0004, 3, "0.000")]
    [TestCase(-0.0004, 3, "0.000")]
    [TestCase(1.5, 1, "+1.5")]
    [TestCase(-1.5, 1, "-1.5")]
    public void A_change_has_a_sign_unless_it_rounds_to_zero(double value, int decimals, string expected) =>
        Assert.That(Digits.WithSign(value, decimals), Is.EqualTo(expected));
}
