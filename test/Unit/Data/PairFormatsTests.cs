using System.Text;
using Alignment.Data;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

internal sealed class PairFormatsTests
{
    [TestCase("""{"prompt":"p","chosen":"c","rejected":"r"}""", PairFormat.Plain)]
    [TestCase("""{"chosen":"c","rejected":"r"}""", PairFormat.HhRlhf)]
    [TestCase("""{"prompt":"p","response_0":"zero","response_1":"one"}""", PairFormat.SafeRlhf)]
    public void The_first_whole_row_tells_the_format(string row, PairFormat format)
    {
        using DataFile file = new("no json", "[]", row);
        Assert.That(PairFormats.Tell(file.Path), Is.EqualTo(format));
        using DataFile packed = new(DataFile.Gzip(row), "pairs.jsonl.gz");
        Assert.That(PairFormats.Tell(packed.Path), Is.EqualTo(format));
    }

    [Test]
    public void Members_of_no_format_are_named()
    {
        using DataFile file = new("""{"question":"p","answer":"c","\ud800":1}""");
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(1): the format cannot be told from a row with question, answer, (half a surrogate pair); "
            + "known are prompt, chosen and rejected (pairs), chosen and rejected (hh-rlhf), response_0 and response_1 (safe-rlhf)"));
    }

    [Test]
    public void A_file_without_a_row_is_refused()
    {
        using DataFile file = new(Encoding.UTF8.GetBytes("\n"));
        Assert.That(() => PairFormats.Tell(file.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}: no row is a JSON object; one a line is wanted"));
    }
}
