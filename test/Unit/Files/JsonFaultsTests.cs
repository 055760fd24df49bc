using Alignment.Data;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Files;

public sealed class JsonFaultsTests
{
    private const string Text = "{\n  \"size\": 0, // so\n  \"part\": { \"flag\": 1, \"list\": [\"a\", 2] }\n}";
    private readonly string _path = Path.GetTempFileName();

    [OneTimeTearDown]
    public void Clean() => File.Delete(_path);

    [Test]
    public void A_document_gathers_all_with_lines()
    {
        var faults = new DocumentFaults("a.json");
        Read(faults.Read(Text)!);
        Assert.That(faults.All, Is.EqualTo(new[]
        {
            "a.json(1): $ \"name\" is missing; it must be text", "a.json(2): $.size must be a positive integer, was 0",
            "a.json(3): $.part.flag must be true or false, was 1", "a.json(3): $.part.list[1] must be text, was 2",
        }));
    }

    [Test]
    public void A_configuration_gathers_all_without_lines()
    {
        File.WriteAllText(_path, Text.Replace("// so", "", StringComparison.Ordinal));
        var faults = new ConfigFaults(_path);
        Read(faults.Read());
        Assert.That(() => faults.Throw("model"), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"{_path} is no model this code can run: "
            + "$.size must be a positive integer, was 0; $.part.flag must be true or false, was 1; $.part.list[1] must be text, was 2; $.name is missing"));
    }

    [Test]
    public void A_row_ends_at_the_first() => Assert.That(() => Read(JsonRow.Parse("""{"size": 1, "part": {"flag": true, "list": ["a", 2]}}"""u8.ToArray())),
        Throws.TypeOf<RowFault>().With.Message.EqualTo("wrong type: \"part.list[1]\" is 2, wanted text").And.Property(nameof(RowFault.Reason)).EqualTo("wrong type"));

    [Test]
    public void Null_is_a_value_only_of_documents()
    {
        const string Null = """{"size": null}""";
        var faults = new DocumentFaults("a.json");
        Assert.That((faults.Read(Null)!.Get("size", JsonKind.Size, 5), faults.All.Count), Is.EqualTo((1L, 1)));
        File.WriteAllText(_path, Null);
        Assert.That(new ConfigFaults(_path).Read().Get("size", JsonKind.Size, 5), Is.EqualTo(5));
        Assert.That(JsonRow.Parse("""{"size": null}"""u8.ToArray()).Get("size", JsonKind.Size, 5), Is.EqualTo(5));
        Assert.That(() => JsonRow.Parse("""{"size": null}"""u8.ToArray()).Get("size", JsonKind.Size),
            Throws.TypeOf<RowFault>().With.Message.EqualTo("wrong type: \"size\" is null, wanted a positive integer"));
    }

    [TestCase("1e400"), TestCase("0"), TestCase("\"1\""), TestCase("[1]")]
    public void A_number_is_finite_and_as_its_rule_says(string number)
    {
        var faults = new DocumentFaults("a.json");
        JsonObjectReader json = faults.Read($$"""{"x": {{number}}}""")!;
        Assert.That(json.Get("x", JsonKind.Number(NumberRule.Positive)), Is.EqualTo(0.5), "a stand-in that passes");
        Assert.That(faults.All.Single(), Does.StartWith("a.json(1): $.x must be a number > 0, was "));
    }

    [Test]
    public void A_member_that_is_absent_is_told_once_whatever_it_may_be()
    {
        var faults = new DocumentFaults("a.json");
        JsonObjectReader json = faults.Read("{\n}")!;
        Assert.That(json.OneOf("kind", ["x", "y"]), Is.Empty);
        Assert.That(json.Member("value").Read(JsonKind.Text), Is.Empty);
        Assert.That(json.Member("part").Object("an object").Get("size", JsonKind.Size, 5), Is.EqualTo(5));
        json.Only("flag", "false", required: true);
        Assert.That(faults.All, Is.EqualTo(new[]
        {
            "a.json(1): $.kind must be one of x, y, was absent", "a.json(1): $ \"value\" is missing; it must be a value", "a.json(1): $ \"part\" is missing; it must be a value",
            "a.json(1): $.flag must be false, was absent",
        }));
    }

    [TestCase("NaN", "NaN is no JSON number: write a number or null"), TestCase("-Infinity", "-Infinity is no JSON number: write a number or null")]
    [TestCase("None", "None is written null in JSON"), TestCase("True", "True is written true in JSON"), TestCase("'a'", "texts stand in double quotes")]
    public void A_word_of_another_language_is_named_with_what_to_write(string value, string advice)
    {
        Assert.That(() => JsonRow.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{"score": {{value}}}""")),
            Throws.TypeOf<RowFault>().With.Message.Match($@"^not JSON: byte \d+ of the line: {advice}$"));
        var faults = new DocumentFaults("a.json");
        Assert.That(faults.Read($$"""{ "a": 1,{{"\n"}} "score": {{value}} }"""), Is.Null);
        Assert.That(faults.All.Single(), Does.StartWith("a.json(2): not JSON: ").And.EndsWith(": " + advice));
    }

    private static void Read(JsonObjectReader json)
    {
        json.Get("size", JsonKind.Size);
        JsonObjectReader part = json.Object("part")!;
        part.Get("flag", JsonKind.Truth);
        part.List("list", JsonKind.Text, "a list of texts");
        part.Finish();
        json.Get("name", JsonKind.Text);
        json.Finish();
    }
}
