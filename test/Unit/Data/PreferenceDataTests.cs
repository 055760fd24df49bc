using System.Text;
using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class PreferenceDataTests
{
    [TestCase("pairs.jsonl"), TestCase("pairs.jsonl.gz")]
    public void A_line_that_does_not_end_is_refused_before_it_fills_the_memory(string name)
    {
        string spaces = new(' ', 5 * JsonLines.MaxLineBytes);
        using DataFile file = new(name.EndsWith(".gz", StringComparison.Ordinal) ? DataFile.Gzip(spaces) : System.Text.Encoding.UTF8.GetBytes(spaces), name);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => file.Read(PairFormat.Plain), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{file.Path}(1): the line is longer than {JsonLines.MaxLineBytes} bytes; one JSON object a line is wanted"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(64 << 20));
    }

    [Test]
    public void Half_a_surrogate_pair_in_a_name_nobody_asks_for_is_passed_over([Values("\\ud800", "prompt\\ud800", "\\udc00chosen", "p\\ud800")] string name)
    {
        using DataFile file = new($$"""{"{{name}}":1,"prompt":"p","chosen":"c","rejected":"r"}""");
        Assert.That(file.Read(PairFormat.Plain).Pairs, Has.Count.EqualTo(1));
    }

    private const string Good = """{"prompt":"p","chosen":"c","rejected":"r"}""";

    [TestCase("{", "not JSON: byte 2 of the line: it is cut here, or a line break stands inside it")]
    [TestCase("""{"prompt":"p"} x""", "not JSON: byte 16 of the line")]
    [TestCase("[]", "wrong type: the row is a list, wanted an object")]
    [TestCase("""{"chosen":"c","rejected":"r"}""", "missing field: \"prompt\"")]
    [TestCase("""{"prompt":"p","rejected":"r"}""", "missing field: \"chosen\"")]
    [TestCase("""{"prompt":"p","chosen":"c"}""", "missing field: \"rejected\"")]
    [TestCase("""{"prompt":"p","chosen":1.5,"rejected":"r"}""", "wrong type: \"chosen\" is 1.5, wanted text")]
    [TestCase("""{"prompt":null,"chosen":"c","rejected":"r"}""", "wrong type: \"prompt\" is null, wanted text")]
    [TestCase("""{"prompt":"p","chosen":" \n","rejected":"r"}""", "empty response: \"chosen\"")]
    [TestCase("""{"prompt":"p","chosen":[],"rejected":"r"}""", "empty response: \"chosen\"")]
    [TestCase("""{"prompt":"  ","chosen":"c","rejected":"r"}""", "empty prompt: \"prompt\"")]
    [TestCase("""{"prompt":[],"chosen":"c","rejected":"r"}""", "empty prompt: \"prompt\"")]
    [TestCase("""{"prompt":["p"],"chosen":"c","rejected":"r"}""", "wrong type: \"prompt[0]\" is text, wanted an object of role and content")]
    [TestCase("""{"prompt":[{"role":"user"}],"chosen":"c","rejected":"r"}""", "missing field: \"prompt[0].content\"")]
    [TestCase("""{"prompt":[{"role":"narrator","content":"p"}],"chosen":"c","rejected":"r"}""",
        "wrong role: \"prompt[0].role\" is \"narrator\", wanted system, user, assistant or tool")]
    [TestCase("""{"prompt":[{"role":"user","content":[{"type":"image"}]}],"chosen":"c","rejected":"r"}""",
        "not text: \"prompt[0].content[0].type\" is \"image\", wanted text")]
    [TestCase("""{"prompt":[{"role":"user","content":"p"},{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]}],"chosen":"c","rejected":"r"}""",
        "tool calls: \"prompt[1]\" calls tools, which is not read")]
    [TestCase("""{"prompt":"p","chosen":"c","rejected":"r","tools":[{"name":"f"}]}""",
        "tools: \"tools\" of a row is not read: take it out, and give what is the same for all rows by \"templateVariables\" in the recipe")]
    [TestCase("""{"prompt":"p","chosen":"c","rejected":"r","tools":"[{\"name\":\"f\"}]"}""",
        "tools: \"tools\" of a row is not read: take it out, and give what is the same for all rows by \"templateVariables\" in the recipe")]
    [TestCase("""{"prompt":"p","chosen":"c","rejected":"r","chat_template_kwargs":{"enable_thinking":true}}""",
        "chat_template_kwargs: \"chat_template_kwargs\" of a row is not read: take it out, and give what is the same for all rows by \"templateVariables\" in the recipe")]
    [TestCase("""{"system":"Be kind.","prompt":[{"role":"system","content":"Be terse."},{"role":"user","content":"p"}],"chosen":"c","rejected":"r"}""",
        "two system turns: \"system\" and the first turn of the prompt differ")]
    [TestCase("""{"prompt":[{"role":"assistant","content":"p"}],"chosen":"c","rejected":"r"}""",
        "wrong role: the last turn of \"prompt\" is the assistant's, wanted the user's")]
    [TestCase("""{"prompt":"p","chosen":[{"role":"user","content":"c"}],"rejected":"r"}""",
        "wrong role: the last turn of \"chosen\" is the user's, wanted the assistant's")]
    [TestCase("""{"prompt":"p","chosen":[{"role":"user","content":"q"},{"role":"assistant","content":"c"}],"rejected":"r"}""",
        "prompts differ: \"chosen\" has 1 turns before its response that are not those of the prompt")]
    [TestCase("""{"prompt":"p","chosen":"\ud83d","rejected":"r"}""", "not UTF-8: \"chosen\" has half a surrogate pair (\\uD800 … \\uDFFF alone)")]
    public void A_faulty_row_stops_the_run_with_file_line_and_reason(string row, string reason)
    {
        using DataFile file = new(Good, row, Good);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read(PairFormat.Plain))!;
        Assert.That(e.Message, Is.EqualTo($"{file.Path}(2): {reason}; mend the row, or raise \"maxSkippedRows\" (it is 0) to leave it out"));
    }

    [TestCase("null"), TestCase("[]"), TestCase("{}"), TestCase("\"\""), TestCase("\" [] \""), TestCase("\"{}\""), TestCase("\"null\"")]
    public void Empty_tools_are_none(string tools)
    {
        using DataFile file = new($$"""{"prompt":"p","chosen":"c","rejected":"r","tools":{{tools}},"chat_template_kwargs":{{tools}}}""");
        Assert.That(file.Read(PairFormat.Plain).Pairs, Has.Count.EqualTo(1));
    }

    [Test]
    public void Rows_with_tools_are_counted_by_name_where_rows_may_be_skipped_in_every_format()
    {
        using DataFile file = new("""{"chosen":"\n\nHuman: a\n\nAssistant: b","rejected":"\n\nHuman: a\n\nAssistant: c"}""",
            """{"chosen":"\n\nHuman: a\n\nAssistant: b","rejected":"\n\nHuman: a\n\nAssistant: c","tools":[1]}""");
        PreferenceData data = PreferenceData.Read(PairFormat.HhRlhf, file.Path, new ReadOptions { MaxSkipped = 1 });
        Assert.That((data.Pairs.Count, data.Report.SkippedByReason["tools"]), Is.EqualTo((1, 1)));
    }

    [Test]
    public void Bytes_that_are_no_UTF8_are_named_by_their_place()
    {
        using DataFile file = new([.. Encoding.UTF8.GetBytes(Good), (byte)'\n', .. "{\"é"u8, 0xFF, .. "\":1}"u8]);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read(PairFormat.Plain))!;
        Assert.That(e.Message, Is.EqualTo(
            $"{file.Path}(2): not UTF-8: byte 5 of the line; mend the row, or raise \"maxSkippedRows\" (it is 0) to leave it out"));
    }

    [Test]
    public void A_missing_file_is_named()
    {
        FileNotFoundException e = Assert.Throws<FileNotFoundException>(() => PreferenceData.Read(PairFormat.Plain, "/nowhere/p.jsonl", new()))!;
        Assert.That(e.Message, Is.EqualTo("/nowhere/p.jsonl: no such file; preference data is read from .jsonl or .json, packed as .gz or .zst or not, from .parquet, "
            + "from a folder of such files or by a pattern such as part-*.jsonl"));
    }

    [Test]
    public void A_gzip_stream_that_is_cut_stops_the_run_even_if_rows_may_be_skipped()
    {
        byte[] packed = DataFile.Gzip(string.Join('\n', Enumerable.Range(0, 5000).Select(i => Good.Replace("\"p\"", $"\"p{i * 7919 % 5000}\""))));
        using DataFile file = new(packed[..(packed.Length / 2)], "pairs.jsonl.gz");
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read(PairFormat.Plain, new() { MaxSkipped = int.MaxValue }))!;
        Assert.That(e.Message, Does.Match(
            @"pairs\.jsonl\.gz\(\d+\): the gzip stream is damaged, cut here or made of several parts; "
            + "download the file again, or unpack and pack it anew$"));
    }

    [Test]
    public void A_gz_file_that_is_no_gzip_is_refused()
    {
        using DataFile file = new("plain text"u8.ToArray(), "pairs.jsonl.gz");
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read(PairFormat.Plain))!;
        Assert.That(e.Message, Is.EqualTo(
            $"{file.Path}(1): the gzip stream is damaged, cut here or made of several parts; download the file again, or unpack and pack it anew"));
    }

    [Test]
    public void Gzip_and_plain_files_give_the_same_pairs()
    {
        using DataFile plain = new(Good, "", Good), packed = new(DataFile.Gzip($"{Good}\r\n\r\n{Good}"), "pairs.jsonl.gz");
        Assert.That(ContentHash.Of(packed.Read(PairFormat.Plain).Pairs), Is.EqualTo(ContentHash.Of(plain.Read(PairFormat.Plain).Pairs)));
        Assert.That(packed.Read(PairFormat.Plain).Pairs.Select(p => p.Source), Is.EqualTo(new[] { "pairs.jsonl.gz(1)", "pairs.jsonl.gz(3)" }));
    }

    [Test]
    public void A_byte_order_mark_is_no_part_of_the_first_row()
    {
        using DataFile file = new([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Good)]);
        Assert.That(file.Read(PairFormat.Plain).Pairs, Has.Count.EqualTo(1));
    }

    [Test]
    public void Rows_that_may_be_skipped_are_counted_by_reason_and_named()
    {
        using DataFile file = new("{", Good, """{"prompt":"p","chosen":"","rejected":"r"}""", "{");
        ReadReport report = file.Read(PairFormat.Plain, new() { MaxSkipped = 3 }).Report;
        Assert.That(report.ToString(), Is.EqualTo("4 rows, 1 kept; left out: 1 empty response, 2 not JSON"));
        Assert.That(report.Faults, Is.EqualTo(new[]
        {
            "pairs.jsonl(1): not JSON: byte 2 of the line: it is cut here, or a line break stands inside it",
            "pairs.jsonl(3): empty response: \"chosen\"",
            "pairs.jsonl(4): not JSON: byte 2 of the line: it is cut here, or a line break stands inside it",
        }));
        Assert.That(report.SkippedByReason["not JSON"], Is.EqualTo(2));
    }

    [Test]
    public void One_row_more_than_may_be_skipped_stops_the_run()
    {
        using DataFile file = new("{", Good, "{");
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read(PairFormat.Plain, new() { MaxSkipped = 1 }))!;
        Assert.That(e.Message, Is.EqualTo(
            $"{file.Path}(3): not JSON: byte 2 of the line: it is cut here, or a line break stands inside it; mend the row, or raise \"maxSkippedRows\" (it is 1) to leave it out"));
    }

    [Test]
    public void A_file_that_leaves_no_pair_is_an_error()
    {
        using DataFile file = new("");
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read(PairFormat.Plain))!;
        Assert.That(e.Message, Is.EqualTo($"{file.Path}: no pairs: 0 rows, 0 kept"));
    }

    [TestCase("system", "System"), TestCase("USER", "User"), TestCase("human", "User"), TestCase("prompter", "User"), TestCase("assistant", "Assistant"), TestCase("GPT", "Assistant")]
    [TestCase("bot", "Assistant"), TestCase("model", "Assistant"), TestCase("tool", "Tool"), TestCase("function", "Tool"), TestCase("ipython", "Tool")]
    public void A_speaker_has_several_names(string name, string role)
    {
        using DataFile file = new($$"""{"prompt":[{"role":"{{name}}","content":" x "},{"from":"user","value":"p"},{"role":"user","content":"q","from":"gpt","value":"r"}],"chosen":"c","rejected":"r"}""");
        Assert.That(string.Join(' ', file.Read(PairFormat.Plain).Pairs.Single().Prompt.Select(turn => $"{turn.Role} {turn.Text}")), Is.EqualTo($"{role} x User p User q"));
    }

    [TestCase("\"tool_calls\":[]", true), TestCase("\"tool_calls\":null", true), TestCase("\"function_call\":null", true), TestCase("\"tool_calls\":[{}]", false)]
    [TestCase("\"tool_calls\":{}", false), TestCase("\"tool_calls\":\"\"", false), TestCase("\"function_call\":{}", false), TestCase("\"tool_calls\":[],\"function_call\":{\"name\":\"f\"}", false)]
    public void A_message_that_calls_tools_is_a_fault(string member, bool read)
    {
        using DataFile file = new($$"""{"prompt":[{"role":"user","content":"p"},{"role":"assistant","content":"a",{{member}}},{"role":"tool","content":"t"}],"chosen":"c","rejected":"r"}""");
        Assert.That(() => file.Read(PairFormat.Plain).Pairs.Single().Prompt, read ? Has.Count.EqualTo(3)
            : Throws.TypeOf<InvalidDataException>().With.Message.StartsWith($"{file.Path}(1): tool calls: \"prompt[1]\" calls tools, which is not read; "));
    }

    [TestCase("""{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}""", "ab")]
    [TestCase("""{"role":"user","content":[{"type":"text"}]}""", "missing field: \"prompt[0].content[0].text\"")]
    [TestCase("""{"role":"user","content":[{"type":"text","text":"a"},"b"]}""", "wrong type: \"prompt[0].content[1]\" is text, wanted an object of type and text")]
    [TestCase("""{"role":"user","content":[]}""", "empty prompt: \"prompt\"")]
    [TestCase("""{"role":"user","content":{}}""", "wrong type: \"prompt[0].content\" is an object, wanted text")]
    [TestCase("""{"from":"narrator","value":"a"}""", "wrong role: \"prompt[0].from\" is \"narrator\", wanted system, user, assistant or tool")]
    [TestCase("""{"content":"a"}""", "missing field: \"prompt[0].role\"")]
    [TestCase("""{"role":"system","content":"a"}""", "wrong role: the last turn of \"prompt\" is the system's, wanted the user's")]
    public void A_message_is_read_or_its_fault_is_told(string message, string read)
    {
        using DataFile file = new($$"""{"prompt":[{{message}}],"chosen":"c","rejected":"r"}""", Good);
        PreferenceData data = file.Read(PairFormat.Plain, new() { MaxSkipped = 1 });
        Assert.That(data.Pairs.Count == 2 ? data.Pairs[0].Prompt.Single().Text : data.Report.Faults.Single(), Is.EqualTo(data.Pairs.Count == 2 ? read : $"pairs.jsonl(1): {read}"));
    }

    // "prompt" of an object holds messages of its own, or is one message
    [TestCase("""{"messages":[{"role":"user","content":"p"}]}""", "p"), TestCase("""{"role":"user","content":"p"}""", "p")]
    [TestCase("""{"messages":[{"role":"user"}]}""", "missing field: \"prompt.messages[0].content\"")]
    [TestCase("""{"messages":[{"role":"narrator","content":"p"}]}""", ": wrong role: \"prompt.messages[0].role\" is \"narrator\", wanted system, user, assistant or tool"), TestCase("""{"text":"p"}""", "missing field: \"prompt.role\"")]
    public void A_prompt_may_be_an_object(string prompt, string read)
    {
        using DataFile file = new($$"""{"prompt":{{prompt}},"chosen":"c","rejected":"r"}""", Good);
        PreferenceData data = file.Read(PairFormat.Plain, new() { MaxSkipped = 1 });
        Assert.That(data.Pairs.Count == 2 ? data.Pairs[0].Prompt.Single().Text : data.Report.Faults.Single(), Does.EndWith(read));
    }

    [Test]
    public void Every_row_is_counted_and_the_first_twenty_of_a_reason_are_named()
    {
        using DataFile file = new([Good, .. Enumerable.Repeat("{", 21), .. Enumerable.Repeat("[]", 20), "{}"]);
        ReadReport report = file.Read(PairFormat.Plain, new() { MaxSkipped = int.MaxValue }).Report;
        Assert.That(report.ToString(), Is.EqualTo("43 rows, 1 kept; left out: 1 missing field, 21 not JSON, 20 wrong type"));
        Assert.That(report.Faults, Has.Count.EqualTo(20));
        Assert.That(new ReadReport().Shape, Is.Empty);
        RowTally tally = new();
        for (int row = 1; row <= 22; row++)
            tally.Add(row == 3 ? "b" : "a", $"{row}");
        string first = string.Join(", ", Enumerable.Range(1, 21).Except([3]));
        Assert.That(tally.Named(), Is.EqualTo(new[] { $"a: {first} and 1 more", "b: 3" }));
        Assert.That((tally.Total, tally.Where("b"), tally.Counts["a"]), Is.EqualTo((22, "3", 21)));
    }

    [TestCase(false, false, ""), TestCase(true, false, "; 2 cut where the answer starts: the template writes them without its generation prompt")]
    [TestCase(false, true, "; 2 with a response that the template writes in other words")]
    [TestCase(true, true, "; 2 cut where the answer starts: the template writes them without its generation prompt; 2 with a response that the template writes in other words")]
    public void What_a_template_does_with_rows_is_counted(bool cut, bool rewritten, string told)
    {
        ReadReport report = new() { Rows = 2 };
        for (int row = 0; row < 2; row++)
            report.Write(new WrittenRow(Refusal: null) { IsCut = cut, IsRewritten = rewritten });
        Assert.That(report.ToString(), Is.EqualTo($"2 rows, 2 kept{told}"));
    }

    [TestCase("""{"prompt":"p","chosen":"c","rejected":"r"}""", "pairs: prompt = prompt, chosen = chosen, rejected = rejected")]
    [TestCase("""{"instruction":"p","input":"i","chosen":"c","rejected":"r"}""", "pairs: prompt = instruction and input, chosen = chosen, rejected = rejected")]
    [TestCase("""{"question":"p","response_j":"c","response_k":"r"}""", "stack-exchange pairs: prompt = question, chosen = response_j, rejected = response_k")]
    [TestCase("""{"question":"p","chosen":"c","rejected":"r"}""", "pairs: prompt = question, chosen = chosen, rejected = rejected")]
    [TestCase("""{"conversations":[{"from":"human","value":"p"}],"chosen":"c","rejected":"r"}""", "sharegpt pairs: prompt = conversations, chosen = chosen, rejected = rejected")]
    [TestCase("""{"chosen":"p c","rejected":"p r"}""", "pairs without a prompt: prompt = what both responses begin with, chosen = chosen, rejected = rejected")]
    [TestCase("""{"prompt":"p","chosen_response":"c","rejected_response":"r","chosen_score":2,"rejected_score":1}""",
        "pairs: prompt = prompt, chosen = chosen_response, rejected = rejected_response, ratings = chosen_score and rejected_score")]
    [TestCase("""{"chosen":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}],"chosen_model":"m","rejected_model":"n"}""",
        "ultrafeedback: prompt = what both responses begin with, chosen = chosen, rejected = rejected")]
    [TestCase("""{"messages":[{"role":"user","content":"p"}],"chosen":"c","rejected":"r"}""", "pairs: prompt = messages, chosen = chosen, rejected = rejected")]
    [TestCase("""{"chosen":"\n\nHuman: p\n\nAssistant: c","rejected":"\n\nHuman: p\n\nAssistant: r"}""", "hh-rlhf")]
    [TestCase("""{"context":[{"role":"user","content":"p"}],"response1":"a","response2":"b","overall_preference":1}""", "helpsteer")]
    public void How_rows_are_read_is_told(string row, string shape)
    {
        using DataFile file = new(row);
        Assert.That(file.Read(PairFormats.Tell(file.Path)).Report.Shape, Is.EqualTo(shape));
    }

    [Test]
    public void A_safety_filter_on_data_without_safety_labels_is_refused()
    {
        using DataFile file = new(Good);
        ArgumentException e = Assert.Throws<ArgumentException>(() => file.Read(PairFormat.Plain, new() { Filter = PairFilter.DoubleSafe }))!;
        Assert.That(e.Message, Does.StartWith("filter DoubleSafe needs safety labels, which only SafeRlhf has; the format is Plain"));
    }
}
