using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Folders whose added tokens stand in files beside the vocabulary.</summary>
public class TokenizerFolderTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Added_tokens_json_adds_to_vocab_json_and_merges()
    {
        WriteMerges();
        Write("added_tokens.json", """{"<|x|>":265,"hello!":266,"<|end|>":264}""");
        Write("special_tokens_map.json", """{"eos_token":{"content":"<|x|>"},"additional_special_tokens":["<|end|>"]}""");
        VocabularyTokenizer tokenizer = TokenizerFolder.Open(_folder.Path);
        Assert.That(Pieces(tokenizer, "hello<|x|>hello!"), Is.EqualTo("hello <|x|> hello!"));
        Assert.That(tokenizer.AddedTokens.TakeLast(3).Select(token => (token.Content, token.Special, token.Normalized)),
            Is.EqualTo(new[] { ("<|end|>", true, false), ("<|x|>", true, false), ("hello!", false, true) }));
        Assert.That(tokenizer.VocabularySize, Is.EqualTo(267));
    }

    [Test]
    public void The_configuration_comes_before_added_tokens_json()
    {
        WriteMerges();
        Write("added_tokens.json", """{"<|y|>":265}""");
        Write("tokenizer_config.json", """{"tokenizer_class":"GPT2TokenizerFast","added_tokens_decoder":{"265":{"content":"<|x|>","lstrip":true,"special":true,"normalized":false}}}""");
        Assert.That(Pieces(TokenizerFolder.Open(_folder.Path), "hello <|x|><|y|>"), Is.EqualTo("hello <|x|> < | y | >"));
    }

    [TestCase("""{"tokenizer_class":"Qwen2Tokenizer"}""", "hello12hello e\u0301", "hello 1 2 hello Ġ Ã ©")]
    [TestCase("""{"tokenizer_class":"GPT2Tokenizer"}""", "hello12hello e\u0301", "hello 1 2 hello Ġ e Ì ģ")]
    [TestCase("""{"add_prefix_space":true}""", "hello", "Ġ hello")]
    public void The_class_says_how_words_are_split(string config, string text, string pieces)
    {
        WriteMerges();
        Write("tokenizer_config.json", config);
        Assert.That(Pieces(TokenizerFolder.Open(_folder.Path), text), Is.EqualTo(pieces));
    }

    [Test]
    public void Added_tokens_beside_a_SentencePiece_model_are_found_and_come_back()
    {
        File.WriteAllBytes(_folder.File("tokenizer.model"), SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        int first = SmallModel.Pieces.Length + 256;
        Write("tokenizer_config.json", """{"added_tokens_decoder":{"1":{"content":"<s>","special":true},"FIRST":{"content":"<|x|>","special":true,"normalized":false},"NEXT":{"content":"aab"}}}"""
            .Replace("FIRST", $"{first}").Replace("NEXT", $"{first + 1}"));
        VocabularyTokenizer tokenizer = TokenizerFolder.Open(_folder.Path);
        Assert.That(Pieces(tokenizer, "ab<|x|>aab"), Is.EqualTo("▁a b <|x|> aab"));
        Assert.That(tokenizer.Decode(tokenizer.EncodeToIds("ab<|x|>é")), Is.EqualTo("ab<|x|> é"));
    }

    [TestCase("vocab", "added_tokens.json", """{"<|end|>":300}""", "\"<|end|>\" is token 264, and 300 by the files beside it")]
    [TestCase("vocab", "added_tokens.json", """{"<|x|>":-1}""", """added_tokens.json is no list of added tokens this code can run: $.<|x|> must be a whole number >= 0, was -1""")]
    [TestCase("vocab", "tokenizer_config.json", """{"added_tokens_decoder":{"x":{},"265":{"content":""}}}""",
        "$.added_tokens_decoder has \"x\" for an id; $.added_tokens_decoder.265.content must be a string that is not empty, was \"\"")]
    [TestCase("vocab", "tokenizer_config.json", """{"added_tokens_decoder":{"265":{"content":5}}}""",
        "tokenizer_config.json is no tokenizer's configuration this code can run: $.added_tokens_decoder.265.content must be a string that is not empty, was 5")]
    [TestCase("model", "added_tokens.json", """{"aa":300}""", "tokenizer.model: \"aa\" is token 3, and 300 by the files beside it")]
    [TestCase("vocab", "tokenizer_config.json", """{"tokenizer_class":"WhisperTokenizer"}""", "vocab.json and merges.txt of a WhisperTokenizer are not read, known here: "
        + "GPT2Tokenizer and those that split as it does, Qwen2Tokenizer; save the tokenizer with transformers, so that there is a tokenizer.json")]
    [TestCase("json", "added_tokens.json", """{"<|x|>":265}""", "\"<|x|>\" is token 265 by the files beside tokenizer.json, and none by it; save the tokenizer anew with transformers")]
    [TestCase("json", "added_tokens.json", """{"<|end|>":265}""", "\"<|end|>\" is token 265 by the files beside tokenizer.json, and 263 by it; save the tokenizer anew with transformers")]
    public void What_contradicts_or_is_damaged_is_refused(string kind, string file, string content, string message)
    {
        if (kind == "json")
            File.WriteAllBytes(_folder.File("tokenizer.json"), TokenizerJsonText.ByteLevel);
        else if (kind == "model")
            File.WriteAllBytes(_folder.File("tokenizer.model"), SmallModel.Write(SmallModel.Pieces, byteFallback: false));
        else
            WriteMerges();
        Write(file, content);
        Assert.That(() => TokenizerFolder.Open(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.EndsWith(message));
    }

    [TestCase("tokenizer.json", true), TestCase("tokenizer.model", true), TestCase("vocab.json merges.txt", true)]
    [TestCase("vocab.json", false), TestCase("merges.txt", false), TestCase("config.json", false)]
    public void A_folder_holds_a_tokenizer_where_the_files_of_a_kind_are_there(string files, bool isOne)
    {
        foreach (string file in files.Split(' '))
            Write(file, "");
        Assert.That(TokenizerFolder.IsOne(_folder.Path), Is.EqualTo(isOne));
    }

    [Test]
    public void The_files_of_a_tokenizer_are_taken_along()
    {
        string[] names = ["added_tokens.json", "chat_template.jinja", "chat_template.json", "merges.txt", "special_tokens_map.json", "tokenizer.json", "tokenizer.model",
            "tokenizer_config.json", "vocab.json"];
        foreach (string name in names.Append("config.json"))
            Write(name, name);
        IReadOnlyDictionary<string, byte[]> files = TokenizerFolder.Files(_folder.Path);
        Assert.That(files.Keys, Is.EquivalentTo(names));
        Assert.That(files.Select(file => System.Text.Encoding.UTF8.GetString(file.Value)), Is.EqualTo(files.Keys));
    }

    [TestCase("\"CodeGenTokenizer\""), TestCase("\"RobertaTokenizerFast\""), TestCase("\"BartTokenizer\""), TestCase("\"PreTrainedTokenizerFast\""), TestCase("null"), TestCase("5")]
    public void Other_classes_split_words_as_GPT_2_does(string name)
    {
        WriteMerges();
        Write("tokenizer_config.json", $$"""{"tokenizer_class":{{name}}}""");
        Assert.That(Pieces(TokenizerFolder.Open(_folder.Path), "hello12hello e\u0301"), Is.EqualTo("hello 1 2 hello Ġ e Ì ģ"));
    }

    [Test]
    public void Added_tokens_are_special_where_a_file_names_them_in_any_form()
    {
        WriteMerges();
        Write("added_tokens.json", """{"<e>":269,"<d>":268,"<c>":267,"<b>":266,"<a>":265}""");
        Write("tokenizer_config.json", """{"bos_token":"<a>","pad_token":{"content":"<b>"},"additional_special_tokens":["<c>",5],"other":"<e>","eos_token":{"content":5},"unk_token":null,"cls_token":{}}""");
        Write("special_tokens_map.json", """{"mask_token":"<d>"}""");
        Assert.That(TokenizerFolder.Open(_folder.Path).AddedTokens.TakeLast(5).Select(token => (token.Content, token.Id, token.Special, token.Normalized)),
            Is.EqualTo(new[] { ("<a>", 265, true, false), ("<b>", 266, true, false), ("<c>", 267, true, false), ("<d>", 268, true, false), ("<e>", 269, false, true) }));
    }

    [Test]
    public void The_configuration_s_tokens_have_its_settings_or_the_usual_ones()
    {
        WriteMerges();
        Write("tokenizer_config.json", """{"added_tokens_decoder":{"266":{"content":"<b>"},"265":{"content":"<a>","lstrip":true,"rstrip":true,"single_word":true,"special":true,"normalized":false}}}""");
        Assert.That(TokenizerFolder.Open(_folder.Path).AddedTokens.TakeLast(2), Is.EqualTo(new[]
        {
            new AddedToken("<a>", 265) { StripsLeft = true, StripsRight = true, IsWord = true, Special = true },
            new AddedToken("<b>", 266) { Normalized = true },
        }));
    }

    [Test]
    public void A_declared_token_of_normalised_text_is_looked_for_as_the_model_s_text_is_written()
    {
        File.WriteAllBytes(_folder.File("tokenizer.model"), SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        Write("added_tokens.json", $$"""{"a b":{{SmallModel.Pieces.Length + 256}}}""");
        VocabularyTokenizer tokenizer = TokenizerFolder.Open(_folder.Path);
        Assert.That(tokenizer.AddedTokens[^1].Sought, Is.EqualTo("▁a▁b"));
        Assert.That(Pieces(tokenizer, "a bb"), Is.EqualTo("a b b"));
        File.WriteAllBytes(_folder.File("tokenizer.model"), SmallModel.Write(SmallModel.Pieces, SmallModel.Number(3, 2), [.. SmallModel.Number(3, 0), .. SmallModel.Number(4, 0)]));
        Assert.That(TokenizerFolder.Open(_folder.Path).AddedTokens[^1].Sought, Is.EqualTo("a▁b"), "no space is written first");
    }

    [TestCase("vocab.json"), TestCase("merges.txt")]
    public void One_file_of_two_is_no_tokenizer(string name)
    {
        WriteMerges();
        File.Delete(_folder.File(name));
        Assert.That(() => TokenizerFolder.Open(_folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            $"{_folder.Path}: no tokenizer: wanted tokenizer.json, tokenizer.model, or vocab.json with merges.txt"));
    }

    private static string Pieces(VocabularyTokenizer tokenizer, string text) => string.Join(' ', tokenizer.EncodeToIds(text).Select(tokenizer.PieceOf));

    private void WriteMerges() => SmallVocabulary.Write(_folder.Path);

    private void Write(string name, string content) => File.WriteAllText(_folder.File(name), content);
}
