using System.IO.Compression;
using System.Text.Json;
using Alignment.Harness;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>Golden/tokenizers: ids and text of sentencepiece 0.1.97, openai/gpt-2's encoder and Hugging Face tokenizers 0.23.2.</summary>
[Category("Golden")]
public class GoldenTokenizerTests
{
    private static readonly string[] s_sentencePiece = ["sentencepiece", "real"];

    [TestCaseSource(nameof(s_sentencePiece))]
    public void SentencePiece_models_encode_and_decode_as_the_C_library(string set)
    {
        (JsonElement expected, SentencePieceBpe tokenizer) = set == "real"
            ? (Expected("real", "llama2-phi3.expected.json"), SentencePieceBpe.FromModel(Real("llama2.tokenizer.model")))
            : (Expected(set, "expected.json"), SentencePieceBpe.FromModel(GoldenSet.File("tokenizers", set, "tokenizer.model")));
        GoldenTally rows = new($"tokenizers/{set}, SentencePiece");
        foreach (JsonElement row in expected.GetProperty("rows").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            rows.Begin(text);
            IReadOnlyList<int> ids = tokenizer.EncodeToIds(text);
            rows.Same("sp_ids", ids, Ids(row, "sp_ids"));
            rows.Same("sp_pieces", ids.Select(tokenizer.PieceOf), row.GetProperty("sp_pieces").EnumerateArray().Select(p => p.GetString()!));
            rows.Same("sp_ids_bos", ids.Prepend(tokenizer.IdOf("<s>")!.Value), Ids(row, "sp_ids_bos"));
            rows.Same("sp_ids_bos_eos", [tokenizer.IdOf("<s>")!.Value, .. ids, tokenizer.IdOf("</s>")!.Value], Ids(row, "sp_ids_bos_eos"));
            rows.Same("sp_decoded", tokenizer.Decode(Ids(row, "sp_ids")), row.GetProperty("sp_decoded").GetString()!);
        }
        foreach (JsonElement row in expected.GetProperty("special_rows").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            rows.Begin(text);
            rows.Same("as text", tokenizer.EncodeToIds(text), Ids(row, "sp_ids_treating_markers_as_text"));
        }
        foreach (JsonElement row in expected.GetProperty("decode").EnumerateArray())
        {
            rows.Begin(row.GetRawText());
            rows.Same("sp_decoded", tokenizer.Decode(Ids(row, "ids")), row.GetProperty("sp_decoded").GetString()!);
        }
        rows.Finish();
    }

    [TestCaseSource(nameof(s_sentencePiece))]
    public void Tokenizer_json_with_Phi3_markers_encodes_and_decodes_as_Hugging_Face_tokenizers(string set)
    {
        (JsonElement expected, SentencePieceBpe tokenizer) = set == "real"
            ? (Expected("real", "llama2-phi3.expected.json"), (SentencePieceBpe)TokenizerFolder.OpenJson(Real("phi3-like.tokenizer.json.gz")))
            : (Expected(set, "expected.json"), (SentencePieceBpe)TokenizerFolder.OpenJson(GoldenSet.File("tokenizers", set, "tokenizer.json")));
        GoldenTally rows = new($"tokenizers/{set}, tokenizer.json");
        foreach (JsonElement row in expected.GetProperty("rows").EnumerateArray().Concat(expected.GetProperty("special_rows").EnumerateArray()))
        {
            string text = row.GetProperty("text").GetString()!;
            rows.Begin(text);
            IReadOnlyList<int> ids = tokenizer.EncodeToIds(text);
            rows.Same("hf_fast_ids", ids, Ids(row, "hf_fast_ids"));
            rows.Same("hf_fast_ids_bos", ids.Prepend(tokenizer.IdOf("<s>")!.Value), Ids(row, "hf_fast_ids_bos"));
            rows.Same("hf_fast_decoded", tokenizer.Decode(ids), row.GetProperty("hf_fast_decoded").GetString()!);
            rows.Same("skip special", tokenizer.DecodeWithoutSpecial(ids), row.GetProperty("hf_fast_decoded_skip_special").GetString()!);
        }
        foreach (JsonElement row in expected.GetProperty("hf_fast_decode").EnumerateArray())
        {
            rows.Begin(row.GetRawText());
            rows.Same("decoded", tokenizer.Decode(Ids(row, "ids")), row.GetProperty("decoded").GetString()!);
            rows.Same("skip", tokenizer.DecodeWithoutSpecial(Ids(row, "ids")),
                row.GetProperty("decoded_skip_special").GetString()!);
        }
        foreach (JsonProperty added in expected.GetProperty("added_tokens").EnumerateObject())
        {
            rows.Begin(added.Name);
            rows.Same("id", [tokenizer.IdOf(added.Name)!.Value], [added.Value.GetInt32()]);
        }
        rows.Finish();
    }

    // where the implementations disagree, ours are the C library's from tokenizer.model and Hugging Face's fast one's from tokenizer.json
    [TestCaseSource(nameof(s_sentencePiece))]
    public void The_texts_on_which_implementations_disagree_are_those_listed(string set)
    {
        JsonElement expected = set == "real" ? Expected("real", "llama2-phi3.expected.json") : Expected(set, "expected.json");
        SentencePieceBpe model = SentencePieceBpe.FromModel(set == "real" ? Real("llama2.tokenizer.model") : GoldenSet.File("tokenizers", set, "tokenizer.model"));
        SentencePieceBpe fast = (SentencePieceBpe)TokenizerFolder.OpenJson(
            set == "real" ? Real("phi3-like.tokenizer.json.gz") : GoldenSet.File("tokenizers", set, "tokenizer.json"));
        JsonElement[] rows = [.. expected.GetProperty("rows").EnumerateArray()], special = [.. expected.GetProperty("special_rows").EnumerateArray()];
        GoldenTally tally = new($"tokenizers/{set}, differences");
        Listed("sp_vs_hf_fast", rows, row => model.EncodeToIds(Text(row)));
        Listed("fast_vs_slow_legacy_true", [.. rows, .. special], row => Ids(row, "hf_slow_ids_legacy_true"));
        Listed("fast_vs_slow_legacy_false", [.. rows, .. special], row => Ids(row, "hf_slow_ids_legacy_false"));
        tally.Finish();

        // the list may name texts that the file has no row for
        void Listed(string name, JsonElement[] rows, Func<JsonElement, IReadOnlyList<int>> other)
        {
            HashSet<string> listed = [.. expected.GetProperty("differences").GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];
            foreach (JsonElement row in rows)
            {
                tally.Begin($"{name}, {Text(row)}");
                tally.Same("differs", [!fast.EncodeToIds(Text(row)).SequenceEqual(other(row))], [listed.Contains(Text(row))]);
            }
        }

        static string Text(JsonElement row) => row.GetProperty("text").GetString()!;
    }

    [TestCase("bytelevel-gpt2", "vocab.json")]
    [TestCase("bytelevel-gpt2", "tokenizer.json")]
    [TestCase("bytelevel-neox", "tokenizer.json")]
    [TestCase("real", "20B_tokenizer.json.gz")]
    public void Byte_level_tokenizers_encode_and_decode_as_their_references(string set, string file)
    {
        JsonElement expected = set == "real" ? Expected(set, "neox20b.expected.json") : Expected(set, "expected.json");
        ByteLevelBpe tokenizer = set == "real" ? (ByteLevelBpe)TokenizerFolder.OpenJson(Real(file))
            : file == "vocab.json"
                ? ByteLevelBpe.FromFiles(GoldenSet.File("tokenizers", set, file), GoldenSet.File("tokenizers", set, "merges.txt"))
                : (ByteLevelBpe)TokenizerFolder.OpenJson(GoldenSet.File("tokenizers", set, file));
        GoldenTally rows = new($"tokenizers/{set}/{file}");
        foreach (JsonElement row in expected.GetProperty("rows").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            rows.Begin(text);
            rows.Same("ids", tokenizer.EncodeToIds(text), Ids(row, "ids"));
            rows.Same("decoded", tokenizer.Decode(Ids(row, "ids")), row.GetProperty("decoded").GetString()!);
            if (row.TryGetProperty("decoded_skip_special", out JsonElement shown))
                rows.Same("skip special", tokenizer.DecodeWithoutSpecial(Ids(row, "ids")), shown.GetString()!);
        }
        if (expected.TryGetProperty("decode", out JsonElement decode))
            foreach (JsonElement row in decode.EnumerateArray())
            {
                rows.Begin(row.GetRawText());
                rows.Same("decoded", tokenizer.Decode(Ids(row, "ids")), row.GetProperty("decoded").GetString()!);
            }
        rows.Finish();
    }

    [TestCase("chat-phi3.json", "sentencepiece")]
    [TestCase("real/chat-phi3.expected.json", "real")]
    public void The_Phi3_template_renders_as_TRL_s_and_gives_its_ids(string file, string set)
    {
        JsonElement expected = Expected(file.Split('/'));
        SentencePieceBpe tokenizer = (SentencePieceBpe)TokenizerFolder.OpenJson(
            set == "real" ? Real("phi3-like.tokenizer.json.gz") : GoldenSet.File("tokenizers", set, "tokenizer.json"));
        GoldenTally rows = new($"tokenizers/{file}");
        foreach (JsonElement row in expected.GetProperty("cases").EnumerateArray())
        {
            rows.Begin(row.GetRawText());
            Message[] turns = [.. row.GetProperty("messages").EnumerateArray().Select(m =>
                new Message(Enum.Parse<Role>(m.GetProperty("role").GetString()!, ignoreCase: true), m.GetProperty("content").GetString()!))];
            string text = ChatTemplate.Phi3.Render(turns, row.GetProperty("add_generation_prompt").GetBoolean());
            rows.Same("text", text, row.GetProperty("text").GetString()!);
            rows.Same("ids", tokenizer.EncodeToIds(text), Ids(row, "hf_fast_ids"));
        }
        rows.Finish();
    }

    private static JsonElement Expected(params string[] parts) =>
        JsonDocument.Parse(File.ReadAllBytes(GoldenSet.File(["tokenizers", .. parts]))).RootElement;

    private static int[] Ids(JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(i => i.GetInt32())];

    // real tokenizers are too large to be kept here: -p:TokenizersDir=PATH, ignored without
    private static string Real(string name)
    {
        if (Parameters.FullPath("TokenizersDir") is not { } folder)
            throw new IgnoreException("real tokenizer files are given with -p:TokenizersDir=PATH");
        string path = Path.Combine(folder, name);
        if (!File.Exists(path))
            throw new IgnoreException($"{path} is not there");
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
            return path;
        string unpacked = Path.Combine(TestContext.CurrentContext.WorkDirectory, Path.GetFileNameWithoutExtension(name));
        using GZipStream packed = new(File.OpenRead(path), CompressionMode.Decompress);
        using FileStream target = File.Create(unpacked);
        packed.CopyTo(target);
        return unpacked;
    }
}
