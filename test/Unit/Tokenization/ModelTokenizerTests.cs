using System.Text.Json;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class ModelTokenizerTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer").FullName;

    [TearDown]
    public void RemoveFiles()
    {
        foreach (string file in Directory.GetFiles(_folder))
            File.Delete(file);
    }

    [OneTimeTearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_response_that_goes_on_where_the_prompt_s_text_ends_has_the_ids_of_the_whole()
    {
        SentencePieceModel model = SentencePieceModel.Read(SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true), "tokenizer.model");
        var text = new SentencePieceBpe(SentencePieceParts.Of(model) with { Spacing = new() { Prefix = SpacePrefix.Always } });
        foreach (ChatTemplate template in new[] { ChatTemplate.Mistral, ChatTemplate.Zephyr, ChatTemplate.Llama2, ChatTemplate.PlainHh })
        {
            ModelTokenizer tokenizer = ModelTokenizer.For(text, template);
            Message[] prompt = [new(Role.User, "ab a")];
            string response = "aab", whole = template.Render([.. prompt, new(Role.Assistant, response)], addGenerationPrompt: false);
            string upToEnd = whole[..(whole.LastIndexOf(response, StringComparison.Ordinal) + response.Length)] + template.ResponseEnd;
            int[] apart = [.. tokenizer.EncodePrompt(prompt)[(tokenizer.Bos is null ? 0 : 1)..], .. tokenizer.EncodeResponse(response)[..^1]];
            Assert.That(apart, Is.EqualTo(text.EncodeToIds(upToEnd)), template.Name);
            Assert.That(tokenizer.Decode(tokenizer.EncodeResponse(response)), Is.EqualTo(response), template.Name);
        }
    }

    [Test]
    public void The_markers_of_vocab_json_give_template_and_ids()
    {
        SmallVocabulary.Write(_folder);
        ModelTokenizer tokenizer = TokenizerFolder.Load(_folder);
        Assert.That((tokenizer.Template, tokenizer.Eos, tokenizer.Pad, tokenizer.Bos, tokenizer.VocabularySize),
            Is.EqualTo((ChatTemplate.Phi3, 264, 261, (int?)null, 265)));
        Assert.That(tokenizer.EncodePrompt([new(Role.User, "hello")]), Is.EqualTo(new[] { 262, 10, 259, 264, 10, 263, 10 }));
        Assert.That(tokenizer.EncodeResponse("hello"), Is.EqualTo(new[] { 259, 264 }));
        Assert.That(tokenizer.Decode([259, 264, 261, 261]), Is.EqualTo("hello"));
        Assert.That(tokenizer.Decode([259, 265, 900]), Is.EqualTo("hello"), "ids behind the vocabulary stand for no text");
    }

    [Test]
    public void A_SentencePiece_model_writes_the_space_before_a_response_once_and_begins_prompts_with_BOS()
    {
        Write("tokenizer.model", SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        ModelTokenizer tokenizer = TokenizerFolder.Load(_folder);
        Assert.That((tokenizer.Template, tokenizer.Eos, tokenizer.Pad, tokenizer.Bos), Is.EqualTo((ChatTemplate.PlainHh, 2, 2, (int?)1)));
        Assert.That(tokenizer.EncodeResponse("a"), Is.EqualTo(new[] { 4, 2 }), "▁a </s>");
        Assert.That(tokenizer.EncodePrompt([new(Role.User, "a")])[0], Is.EqualTo(1));
        Assert.That(tokenizer.Decode(tokenizer.EncodeResponse("b a")), Is.EqualTo("b a"));
    }

    [Test]
    public void A_response_in_Llama_2_s_template_has_a_space_on_both_sides_and_gives_them_back()
    {
        Write("tokenizer.model", SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        ModelTokenizer tokenizer = TokenizerFolder.Load(_folder, ChatTemplate.Llama2);
        Assert.That(tokenizer.EncodeResponse("b"), Is.EqualTo(tokenizer.Text.EncodeToIds("b ").Append(2)), "▁b▁ </s>: SentencePiece writes the first space itself");
        Assert.That(tokenizer.Decode(tokenizer.EncodeResponse("b a")), Is.EqualTo("b a"));
    }

    [Test]
    public void A_byte_level_tokenizer_writes_the_space_of_the_plain_template_and_takes_it_back()
    {
        ModelTokenizer tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.PlainHh);
        Assert.That(tokenizer.EncodeResponse("hello"), Is.EqualTo(new[] { 32, 259, 260 }));
        Assert.That(tokenizer.Decode(tokenizer.EncodeResponse("hello")), Is.EqualTo("hello"));
    }

    [TestCase(264, "<|end|> (264)"), TestCase(259, "hello (259)"), TestCase(265, "265"), TestCase(-1, "-1")]
    public void A_token_is_named_by_its_piece_where_it_has_one(int id, string name)
    {
        ModelTokenizer tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.Phi3);
        Assert.That((tokenizer.NameOf(id), tokenizer.HasText(id)), Is.EqualTo((name, name.Contains('('))));
    }

    [TestCase("<|padding|> <|pad|> <pad>", "<|padding|>"), TestCase("<pad> <|pad|>", "<|pad|>"), TestCase("<pad>", "<pad>"), TestCase("<|end|>", "<|endoftext|>")]
    public void Batches_are_filled_with_the_first_token_for_it(string names, string fill)
    {
        Dictionary<string, int> vocabulary = SmallVocabulary.Vocabulary();
        vocabulary.Remove("<|pad|>");
        foreach (string name in names.Split(' '))
            vocabulary.TryAdd(name, 300 + vocabulary.Count);
        ModelTokenizer tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer(vocabulary: vocabulary), ChatTemplate.Phi3);
        Assert.That(tokenizer.NameOf(tokenizer.Pad), Does.StartWith(fill));
    }

    [TestCase("<s>", "<s>"), TestCase("<|begin_of_text|>", "<|begin_of_text|>"), TestCase("<bos>", null)]
    public void Prompts_begin_with_a_token_that_the_vocabulary_has_for_it(string name, string? begin)
    {
        Dictionary<string, int> vocabulary = SmallVocabulary.Vocabulary();
        vocabulary[name] = 265;
        ModelTokenizer tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer(vocabulary: vocabulary), ChatTemplate.PlainHh);
        Assert.That(tokenizer.Bos, Is.EqualTo(begin == null ? null : 265));
        Assert.That(tokenizer.EncodePrompt([new(Role.User, "x")])[0] == 265, Is.EqualTo(begin != null));
        Assert.That(ModelTokenizer.For((VocabularyTokenizer)tokenizer.Text, ChatTemplate.Phi3).Bos, Is.Null, "its template uses none");
    }

    [Test]
    public void A_response_that_was_cut_has_no_end()
    {
        ModelTokenizer plain = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.PlainHh);
        Assert.That(plain.EncodeCutResponse("hello"), Is.EqualTo(plain.EncodeResponse("hello")[..^1]));
        Write("tokenizer.model", SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        ModelTokenizer spaced = TokenizerFolder.Load(_folder, ChatTemplate.Llama2);
        Assert.That(spaced.Decode(spaced.EncodeCutResponse("ab")), Is.EqualTo("ab"), "nothing is taken away where nothing follows");
        Assert.That(spaced.EncodeCutResponse("b"), Is.EqualTo(spaced.Text.EncodeToIds("b")), "nor the space the template writes before it");
    }

    [Test]
    public void A_pair_is_a_prompt_and_two_responses_and_an_answer_that_was_cut_has_no_end()
    {
        ModelTokenizer tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.Phi3);
        Message[] turns = [new(Role.User, "hello")];
        int[] prompt = tokenizer.EncodePrompt(turns);
        EncodedPair pair = tokenizer.EncodePair(turns, "he", "ll");
        Assert.That((pair.Prompt, pair.Chosen, pair.Rejected), Is.EqualTo((prompt, new[] { 256, 264 }, new[] { 257, 264 })));
        Assert.That(tokenizer.EncodeAnswered(turns, "he", ended: true), Is.EqualTo((int[])[.. prompt, 256, 264]));
        Assert.That(tokenizer.EncodeAnswered(turns, "he", ended: false), Is.EqualTo((int[])[.. prompt, 256]));
    }

    [Test]
    public void A_template_whose_end_the_vocabulary_lacks_is_refused()
    {
        Write("vocab.json", JsonSerializer.SerializeToUtf8Bytes(SmallVocabulary.Vocabulary()));
        Write("merges.txt", []);
        Assert.That(Assert.Throws<InvalidDataException>(() => TokenizerFolder.Load(_folder, ChatTemplate.ChatMl))!.Message, Is.EqualTo(
            $"{_folder}: the vocabulary has none of the tokens that end a response of template chatml: <|im_end|>; name the template that the model was trained with, or none where its folder tells its own"));
        Dictionary<string, int> vocabulary = SmallVocabulary.Vocabulary();
        vocabulary.Remove("<|endoftext|>");
        Assert.That(() => ModelTokenizer.For(SmallVocabulary.Tokenizer(vocabulary: vocabulary), ChatTemplate.PlainHh), Throws.ArgumentException.With.Message.EqualTo(
            "the vocabulary has none of the tokens that end a response of template plain-hh: </s>, <|endoftext|>, <eos>; name the template that the model was trained with, or none where its folder tells its own"));
    }

    [Test]
    public void A_token_that_merges_spell_is_no_marker()
    {
        Dictionary<string, int> vocabulary = SmallVocabulary.Vocabulary();
        foreach (string name in new[] { "<|pad|>", "<|endoftext|>" })
            vocabulary.Remove(name);
        foreach ((int i, string piece) in new[] { "<p", "ad", "<pad", "<pad>" }.Index())
            vocabulary[piece] = 270 + i;
        ModelTokenizer tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer(SmallVocabulary.Merges + "< p\na d\n<p ad\n<pad >\n", vocabulary), ChatTemplate.Phi3);
        Assert.That((tokenizer.Pad, tokenizer.NameOf(273)), Is.EqualTo((tokenizer.Eos, "<pad> (273)")));
    }

    [Test]
    public void What_begins_ends_and_fills_is_a_marker_without_being_special()
    {
        ModelTokenizer tokenizer = ModelTokenizer.For(SmallVocabulary.Tokenizer([new("</s>", 265), new("<s>", 266), new("<x>", 267)]), ChatTemplate.PlainHh);
        Assert.That(Enumerable.Range(265, 3).Where(tokenizer.Markers()!.Has), Is.EqualTo(new[] { 265, 266 }));
    }

    [Test]
    public void A_response_whose_first_characters_join_the_prompt_s_last_has_its_own_ids()
    {
        SentencePieceModel model = SentencePieceModel.Read(SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true), "tokenizer.model");
        ModelTokenizer tokenizer = ModelTokenizer.For(new SentencePieceBpe(SentencePieceParts.Of(model)), ChatTemplate.Mistral with { UserEnd = "a" });
        Assert.That(tokenizer.EncodeResponse("b"), Is.EqualTo(new[] { 9, 2 }), "b goes on");
        Assert.That(tokenizer.EncodeResponse("a"), Is.EqualTo(new[] { 4, 2 }), "aa is a piece: ▁a by itself");
    }

    [Test]
    public void A_marker_in_a_response_that_goes_on_is_text_where_that_is_asked_for()
    {
        Write("tokenizer.json", TokenizerJsonText.SentencePiece);
        ModelTokenizer tokenizer = TokenizerFolder.Load(_folder, ChatTemplate.Mistral);
        Assert.That(tokenizer.EncodeResponse("he<|end|>").Count(id => tokenizer.NameOf(id).StartsWith("<|end|>", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(tokenizer.With(MarkersInText.Text).EncodeResponse("he<|end|>").Count(id => tokenizer.NameOf(id).StartsWith("<|end|>", StringComparison.Ordinal)), Is.Zero);
    }

    [Test]
    public void A_folder_without_tokenizer_is_refused_with_what_was_wanted()
    {
        Assert.That(Assert.Throws<InvalidDataException>(() => TokenizerFolder.Load(_folder))!.Message, Is.EqualTo(
            $"{_folder}: no tokenizer: wanted tokenizer.json, tokenizer.model, or vocab.json with merges.txt"));
        Assert.That(Assert.Throws<DirectoryNotFoundException>(() => TokenizerFolder.Load("/nowhere"))!.Message, Is.EqualTo(
            "/nowhere: no such folder; a tokenizer is read from a model folder"));
    }

    [TestCase("{", "not a tokenizer.json with model, vocab, merges and added_tokens: it is not JSON (line 1: the text ends before what it began: ")]
    [TestCase("{\n\"model\": None}", "not a tokenizer.json with model, vocab, merges and added_tokens: it is not JSON (line 2: None is written null in JSON)")]
    [TestCase("{}", "not a tokenizer.json with model, vocab, merges and added_tokens: ")]
    [TestCase("""{"model":{"type":"WordPiece"}}""", "model.type is WordPiece, wanted BPE or Unigram")]
    [TestCase("""{"model":{"type":"BPE","dropout":0.1}}""", "model.dropout is set, which is not read")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]},"added_tokens":[]}""", "model.merges[0] \"a\" is not a merge of two tokens")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[],"pre_tokenizer":{"type":"Metaspace"}}""",
        "pre_tokenizer Metaspace writes \"\" for a space, which is not read; known here is \"▁\"")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[],"pre_tokenizer":{"type":"ByteLevel"}}""",
        "decoder is \"\", known here: \"ByteLevel\"")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[],"pre_tokenizer":{"kind":"ByteLevel"}}""",
        "not a tokenizer.json with model, vocab, merges and added_tokens: ")]
    [TestCase("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[],"decoder":{"type":"ByteLevel"},"pre_tokenizer":{"type":"ByteLevel"}}""",
        "not a tokenizer.json with model, vocab, merges and added_tokens: ")]
    public void A_tokenizer_json_of_another_kind_is_refused(string json, string message)
    {
        Write("tokenizer.json", System.Text.Encoding.UTF8.GetBytes(json));
        Assert.That(Assert.Throws<InvalidDataException>(() => TokenizerFolder.Load(_folder))!.Message,
            Does.StartWith($"{Path.Combine(_folder, "tokenizer.json")}: {message}"));
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(_folder, name), bytes);
}
