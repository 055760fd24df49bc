using System.IO.Compression;
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
        (GoldenJson expected, SentencePieceBpe tokenizer) = set == "real"
            ? (Expected("real", "llama2-phi3.expected.json"), SentencePieceBpe.FromModel(Real("llama2.tokenizer.model")))
            : (Expected(set, "expected.json"), SentencePieceBpe.FromModel(GoldenSet.File("tokenizers", set, "tokenizer.model")));
        GoldenTally rows = new($"tokenizers/{set}, SentencePiece");
        foreach (GoldenJson row in expected["rows"].Items)
        {
            string text = row["text"].Text;
            rows.Begin(text);
            IReadOnlyList<int> ids = tokenizer.EncodeToIds(text);
            rows.Same("sp_ids", ids, Ids(row, "sp_ids"));
            rows.Same("sp_pieces", ids.Select(tokenizer.PieceOf), row["sp_pieces"].Texts);
            rows.Same("sp_ids_bos", ids.Prepend(tokenizer.IdOf("<s>")!.Value), Ids(row, "sp_ids_bos"));
            rows.Same("sp_ids_bos_eos", [tokenizer.IdOf("<s>")!.Value, .. ids, tokenizer.IdOf("</s>")!.Value], Ids(row, "sp_ids_bos_eos"));
            rows.Same("sp_decoded", tokenizer.Decode(Ids(row, "sp_ids")), row["sp_decoded"].Text);
        }
        rows.Same("vocab_size", [tokenizer.VocabularySize], [expected["vocab_size"].Whole]);
        foreach (GoldenJson row in expected["special_rows"].Items)
        {
            string text = row["text"].Text;
            rows.Begin(text);
            rows.Same("as text", tokenizer.EncodeToIds(text), Ids(row, "sp_ids_treating_markers_as_text"));
        }
        foreach (GoldenJson row in expected["decode"].Items)
        {
            rows.Begin(row.ToString());
            rows.Same("sp_decoded", tokenizer.Decode(Ids(row, "ids")), row["sp_decoded"].Text);
        }
        rows.Finish();
    }

    [TestCaseSource(nameof(s_sentencePiece))]
    public void Tokenizer_json_with_Phi3_markers_encodes_and_decodes_as_Hugging_Face_tokenizers(string set)
    {
        (GoldenJson expected, SentencePieceBpe tokenizer) = set == "real"
            ? (Expected("real", "llama2-phi3.expected.json"), (SentencePieceBpe)TokenizerFolder.OpenJson(Real("phi3-like.tokenizer.json.gz")))
            : (Expected(set, "expected.json"), (SentencePieceBpe)TokenizerFolder.OpenJson(GoldenSet.File("tokenizers", set, "tokenizer.json")));
        GoldenTally rows = new($"tokenizers/{set}, tokenizer.json");
        foreach (GoldenJson row in expected["rows"].Items.Concat(expected["special_rows"].Items))
        {
            string text = row["text"].Text;
            rows.Begin(text);
            IReadOnlyList<int> ids = tokenizer.EncodeToIds(text);
            rows.Same("hf_fast_ids", ids, Ids(row, "hf_fast_ids"));
            rows.Same("hf_fast_ids_bos", ids.Prepend(tokenizer.IdOf("<s>")!.Value), Ids(row, "hf_fast_ids_bos"));
            rows.Same("hf_fast_decoded", tokenizer.Decode(ids), row["hf_fast_decoded"].Text);
            rows.Same("skip special", tokenizer.DecodeWithoutSpecial(ids), row["hf_fast_decoded_skip_special"].Text);
        }
        foreach (GoldenJson row in expected["hf_fast_decode"].Items)
        {
            rows.Begin(row.ToString());
            rows.Same("decoded", tokenizer.Decode(Ids(row, "ids")), row["decoded"].Text);
            rows.Same("skip", tokenizer.DecodeWithoutSpecial(Ids(row, "ids")),
                row["decoded_skip_special"].Text);
        }
        foreach ((string name, GoldenJson id) in expected["added_tokens"].Members)
        {
            rows.Begin(name);
            rows.Same("id", [tokenizer.IdOf(name)!.Value], [id.Whole]);
        }
        rows.Finish();
    }

    // where the implementations disagree, ours are the C library's from tokenizer.model and Hugging Face's fast one's from tokenizer.json
    [TestCaseSource(nameof(s_sentencePiece))]
    public void The_texts_on_which_implementations_disagree_are_those_listed(string set)
    {
        GoldenJson expected = set == "real" ? Expected("real", "llama2-phi3.expected.json") : Expected(set, "expected.json");
        SentencePieceBpe model = SentencePieceBpe.FromModel(set == "real" ? Real("llama2.tokenizer.model") : GoldenSet.File("tokenizers", set, "tokenizer.model"));
        SentencePieceBpe fast = (SentencePieceBpe)TokenizerFolder.OpenJson(
            set == "real" ? Real("phi3-like.tokenizer.json.gz") : GoldenSet.File("tokenizers", set, "tokenizer.json"));
        IReadOnlyList<GoldenJson> rows = expected["rows"].Items, special = expected["special_rows"].Items;
        GoldenTally tally = new($"tokenizers/{set}, differences");
        Listed("sp_vs_hf_fast", rows, row => model.EncodeToIds(Text(row)));
        Listed("fast_vs_slow_legacy_true", [.. rows, .. special], row => Ids(row, "hf_slow_ids_legacy_true"));
        Listed("fast_vs_slow_legacy_false", [.. rows, .. special], row => Ids(row, "hf_slow_ids_legacy_false"));
        tally.Finish();

        // the list may name texts that the file has no row for
        void Listed(string name, IReadOnlyList<GoldenJson> rows, Func<GoldenJson, IReadOnlyList<int>> other)
        {
            HashSet<string> listed = [.. expected["differences"][name].Texts];
            foreach (GoldenJson row in rows)
            {
                tally.Begin($"{name}, {Text(row)}");
                tally.Same("differs", [!fast.EncodeToIds(Text(row)).SequenceEqual(other(row))], [listed.Contains(Text(row))]);
            }
        }

        static string Text(GoldenJson row) => row["text"].Text;
    }

    [TestCase("bytelevel-gpt2", "vocab.json")]
    [TestCase("bytelevel-gpt2", "tokenizer.json")]
    [TestCase("bytelevel-neox", "tokenizer.json")]
    [TestCase("real", "20B_tokenizer.json.gz")]
    public void Byte_level_tokenizers_encode_and_decode_as_their_references(string set, string file)
    {
        GoldenJson expected = set == "real" ? Expected(set, "neox20b.expected.json") : Expected(set, "expected.json");
        ByteLevelBpe tokenizer = set == "real" ? (ByteLevelBpe)TokenizerFolder.OpenJson(Real(file))
            : file == "vocab.json"
                ? ByteLevelBpe.FromFiles(GoldenSet.File("tokenizers", set, file), GoldenSet.File("tokenizers", set, "merges.txt"))
                : (ByteLevelBpe)TokenizerFolder.OpenJson(GoldenSet.File("tokenizers", set, file));
        GoldenTally rows = new($"tokenizers/{set}/{file}");
        // the numbers are the encoder's own; from tokenizer.json ours are Hugging Face's
        string[] differs = Listed("hf_tokenizers_differ_on"), decodedDiffers = Listed("hf_decode_differs_on");
        foreach (GoldenJson row in expected["rows"].Items)
        {
            string text = row["text"].Text;
            if (file == "tokenizer.json" && differs.Contains(text))
                continue;
            rows.Begin(text);
            rows.Same("ids", tokenizer.EncodeToIds(text), Ids(row, "ids"));
            rows.Same("decoded", tokenizer.Decode(Ids(row, "ids")), row["decoded"].Text);
            if (row.Find("decoded_skip_special") is { } shown)
                rows.Same("skip special", tokenizer.DecodeWithoutSpecial(Ids(row, "ids")), shown.Text);
        }
        if (expected.Find("decode") is { } decode)
            foreach (GoldenJson row in decode.Items.Where(row => file != "tokenizer.json" || !decodedDiffers.Contains(row["decoded"].Text)))
            {
                rows.Begin(row.ToString());
                rows.Same("decoded", tokenizer.Decode(Ids(row, "ids")), row["decoded"].Text);
            }
        rows.Finish();

        string[] Listed(string name) => expected.Find(name) is { } list ? [.. list.Items.Select(text => text.ToString())] : [];
    }

    [TestCase("chat-phi3.json", "sentencepiece")]
    [TestCase("real/chat-phi3.expected.json", "real")]
    public void The_Phi3_template_renders_as_TRL_s_and_gives_its_ids(string file, string set)
    {
        GoldenJson expected = Expected(file.Split('/'));
        SentencePieceBpe tokenizer = (SentencePieceBpe)TokenizerFolder.OpenJson(
            set == "real" ? Real("phi3-like.tokenizer.json.gz") : GoldenSet.File("tokenizers", set, "tokenizer.json"));
        GoldenTally rows = new($"tokenizers/{file}");
        foreach (GoldenJson row in expected["cases"].Items)
        {
            rows.Begin(row.ToString());
            Message[] turns = [.. row["messages"].Items.Select(turn => new Message(Enum.Parse<Role>(turn["role"].Text, ignoreCase: true), turn["content"].Text))];
            string text = ChatTemplate.Phi3.Render(turns, row["add_generation_prompt"].Holds);
            rows.Same("text", text, row["text"].Text);
            rows.Same("eos_token", [ChatTemplate.Phi3.ConversationEnd], [row["eos_token"].Text]);
            rows.Same("ids", tokenizer.EncodeToIds(text), Ids(row, "hf_fast_ids"));
        }
        rows.Finish();
    }

    private static GoldenJson Expected(params string[] parts) => GoldenSet.Document(["tokenizers", .. string.Join('/', parts).Split('/')]);

    private static int[] Ids(GoldenJson row, string name) => row[name].Ids;

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
