using System.Text;
using Alignment.Data;
using Alignment.Tests.Unit.Mutations;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

/// <summary>Damaged preference data is read or gives one InvalidDataException that names file and line.</summary>
[NonParallelizable]
internal sealed class DataMutationTests
{
    private static readonly Dictionary<PairFormat, string> s_rows = new()
    {
        [PairFormat.Plain] = """
            {"prompt":"How do I boil an egg?","chosen":"Seven minutes \u2013 then cold water.","rejected":"No."}
            {"prompt":[{"role":"system","content":"Be kind."},{"role":"user","content":"hi"}],"chosen":[{"role":"assistant","content":"hello \ud83d\ude00"}],"rejected":[{"role":"assistant","content":"what"}]}

            """,
        [PairFormat.Conversations] = """
            {"prompt":"hi","chosen":[{"role":"user","content":"hi"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"hi"},{"role":"assistant","content":"b"}],"score_chosen":8.5,"score_rejected":"4"}
            {"prompt":"hi","chosen":[{"role":"user","content":"hi"},{"role":"assistant","content":"c"}],"rejected":[{"role":"user","content":"hi"},{"role":"assistant","content":"d"}],"score_chosen":null,"score_rejected":9}

            """,
        [PairFormat.Unpaired] = """
            {"prompt":"hi","completion":"a \u2013 b","label":true}
            {"prompt":[{"role":"system","content":"Be kind."},{"role":"user","content":"hi"}],"completion":[{"role":"assistant","content":"hello \ud83d\ude00"}],"label":0.0}

            """,
        [PairFormat.HelpSteer] = """
            {"context":[{"role":"user","content":"hi"}],"response1":"a","response2":"b","overall_preference":-2}
            {"prompt":"hi\n<extra_id_1>Assistant\nyes\n<extra_id_1>User\nwhat","response_1":"a","response_2":"b","preference_strength":0}

            """,
        [PairFormat.Arena] = """
            {"conversation_a":[{"role":"user","content":"hi"},{"role":"assistant","content":"a"}],"conversation_b":[{"role":"user","content":"hi"},{"role":"assistant","content":"b"}],"winner":"model_a"}
            {"prompt":"[\"p\"]","response_a":"[\"a\"]","response_b":"[\"b\"]","winner_model_a":1,"winner_model_b":0,"winner_tie":0.0}

            """,
        [PairFormat.HhRlhf] = """
            {"chosen":"\n\nHuman: hi\n\nAssistant: hello\n\nHuman: how?\n\nAssistant: Like this.","rejected":"\n\nHuman: hi\n\nAssistant: hello\n\nHuman: how?\n\nAssistant: Like that."}
            {"chosen":"\n\nHuman: caf\u00e9?\n\nAssistant: Yes.","rejected":"\n\nHuman: caf\u00e9?\n\nAssistant: No."}

            """,
        [PairFormat.SafeRlhf] = """
            {"prompt":"p","response_0":"zero","response_1":"one","better_response_id":0,"safer_response_id":0,"is_response_0_safe":true,"is_response_1_safe":false}
            {"prompt":"q","response_0":"null","response_1":"eins","better_response_id":1,"safer_response_id":1,"is_response_0_safe":true,"is_response_1_safe":true}

            """,
    };

    [Test]
    public void Three_hundred_damaged_files_of_a_format_are_read_or_refused([Values] PairFormat format)
    {
        using DataFile file = new(Encoding.UTF8.GetBytes(s_rows[format]));
        Run(file, format, maxSkipped: 0);
    }

    [Test]
    public void Three_hundred_damaged_packed_files_of_a_format_are_read_or_refused([Values] PairFormat format)
    {
        using DataFile file = new(DataFile.Gzip(s_rows[format]), "pairs.jsonl.gz");
        Run(file, format, maxSkipped: int.MaxValue);
    }

    private const string Implicit = """{"chosen":[{"role":"user","content":"hi"},{"role":"assistant","content":"a"}],"rejected":[{"role":"user","content":"hi"},{"role":"assistant","content":"b"}]}""";
    private const string ShareGpt = """{"system":"Be kind.","conversations":[{"from":"human","value":"hi"},{"from":"tool","value":"x"}],"chosen":{"from":"gpt","value":"a"},"rejected":{"from":"gpt","value":"b"}}""";
    private const string Parts = """{"instruction":"do","input":"this","chosen_response":[{"role":"assistant","content":[{"type":"text","text":"a"}],"tool_calls":[]}],"rejected_response":"b"}""";
    private const string Texts = """{"chosen":"what is it? a thing","rejected":"what is it? nothing"}""";

    [Test]
    public void Three_hundred_damaged_files_of_every_layout_of_pairs_are_told_and_read_or_refused([Values(Implicit, ShareGpt, Parts, Texts)] string row)
    {
        using DataFile lines = new(Encoding.UTF8.GetBytes($"{row}\n{row}\n")), list = new(Encoding.UTF8.GetBytes($"[{row},\n{row}]"), "pairs.json");
        foreach (DataFile file in new[] { lines, list })
            new MutationRun(file.Path, typeof(InvalidDataException)).Read(300, () => file.Read(PairFormats.Tell(file.Path), new() { MaxSkipped = int.MaxValue }).Pairs.Count);
    }

    private static void Run(DataFile file, PairFormat format, int maxSkipped) =>
        new MutationRun(file.Path, typeof(InvalidDataException)).Read(300, () => file.Read(format, new() { MaxSkipped = maxSkipped }).Pairs.Count);
}
