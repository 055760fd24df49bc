using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization.Templates;

/// <summary>tojson as transformers sets it up; expected texts by Python's json.</summary>
public class JsonTextTests
{
    [TestCase("{1.5:1,'b':2,none:3,false:4}|tojson", "{\"1.5\": 1, \"b\": 2, \"null\": 3, \"false\": 4}")]
    [TestCase("['nan'|float,'inf'|float,'-inf'|float]|tojson", "[NaN, Infinity, -Infinity]")]
    [TestCase("'a\\tb\\r\\x08\\x0c\\\\\"\\x1f'|tojson", "\"a\\tb\\r\\b\\f\\\\\\\"\\u001f\"")]
    [TestCase("'😀é'|tojson(true)", "\"\\ud83d\\ude00\\u00e9\"")]
    [TestCase("'\\x7f~'|tojson(true)", "\"\\u007f~\"")]
    [TestCase("[1,[2,{'a':3}]]|tojson(indent=2)", "[\n  1,\n  [\n    2,\n    {\n      \"a\": 3\n    }\n  ]\n]")]
    [TestCase("[1]|tojson(indent=0)", "[\n1\n]")]
    [TestCase("[1]|tojson(indent=-1)", "[\n1\n]")]
    [TestCase("[1,2]|tojson(indent='--')", "[\n--1,\n--2\n]")]
    [TestCase("{'a':{},'b':[]}|tojson(indent=1)", "{\n \"a\": {},\n \"b\": []\n}")]
    [TestCase("d|tojson(separators=('; ',' = '))", "{\"b\" = 1; \"a\" = [1; 2.5; null; true; \"q'\\\"é\\n\"]; \"C\" = {\"x\" = \"y\"}}")]
    [TestCase("[1,2]|tojson(indent=1,separators=(',',':'))", "[\n 1,\n 2\n]")]
    [TestCase("{'b':1,'a':2}|tojson(false,none,none,true)", "{\"a\": 2, \"b\": 1}")]
    [TestCase("{2:'b',1:'a'}|tojson(sort_keys=true)", "{\"1\": \"a\", \"2\": \"b\"}")]
    [TestCase("[none,true,false,1.5,'a',(1,),10**20]|tojson", "[null, true, false, 1.5, \"a\", [1], 100000000000000000000]")]
    [TestCase("''|tojson", "\"\"")]
    [TestCase("[1,'a']|tojson(sort_keys=true)", "[1, \"a\"]")]
    public void A_value_is_written_as_JSON(string expression, string expected) => Assert.That(Rendering.Value(expression), Is.EqualTo(expected));
}
