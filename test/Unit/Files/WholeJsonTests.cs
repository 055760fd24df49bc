using System.Text;
using System.Text.Json;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Files;

public class WholeJsonTests
{
    [TestCase("{\"a\": \"\\ud83d\\ude00\"}"), TestCase("[\"\\u00e4\", 1]")]
    public void Whole_characters_are_read(string json) =>
        Assert.That(WholeJson.Parse(Encoding.UTF8.GetBytes(json)).GetRawText(), Is.EqualTo(json));

    [TestCase("\"\\ud83d\""), TestCase("{\"a\": [1, {\"b\": \"\\ude00 x\"}]}"), TestCase("{\"\\ud83d\": 1}"), TestCase("{\"a\": {\"\\ud83d\": 1}}")]
    public void Half_a_surrogate_pair_is_refused_in_strings_and_names(string json) => Assert.That(() => WholeJson.Parse(Encoding.UTF8.GetBytes(json)),
        Throws.InstanceOf<JsonException>().With.Message.EqualTo("a string has half a surrogate pair (\\uD800 … \\uDFFF alone)"));

    [Test]
    public void Broken_UTF8_is_refused() => Assert.That(() => WholeJson.Parse([(byte)'"', 0xE4, (byte)'"']),
        Throws.InstanceOf<JsonException>().With.Message.EqualTo("the file is not UTF-8"));
}
