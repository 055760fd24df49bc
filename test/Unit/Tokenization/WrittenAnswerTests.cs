using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Where an answer starts and ends in what a folder's template writes.</summary>
public class WrittenAnswerTests
{
    private const string Open = "{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content }}<|end|>{% else %}", Close = "{% endif %}{% endfor %}";
    private const string Prompt = "{% if add_generation_prompt %}<|assistant|>{% endif %}";
    private static readonly Message[] s_hello = [new(Role.User, "hello")];

    [Test]
    public void An_answer_that_the_template_does_not_end_as_others_is_refused_or_ends_at_its_token()
    {
        FolderTemplate template = (FolderTemplate)Told(Open + "<|assistant|>{{ m.content }}{{ '' if m.content == 'bad' else '<|end|>' if m.content == 'he' else '<|end|>\n' }}" + Close + Prompt).Template;
        Assert.That(template.Row(s_hello, "bad").Refusal, Is.EqualTo("chat_template.jinja does not end this answer with <|end|>, as it does others"));
        Assert.That(template.Row(s_hello, "bad"), Is.EqualTo(new WrittenRow("chat_template.jinja does not end this answer with <|end|>, as it does others")));
        Assert.That(Parts(template.Answers(s_hello, "he")[0]), Is.EqualTo("<|user|>hello<|end|><|assistant|>,he,,<|end|>"));
        Assert.That(Parts(template.Answers(s_hello, "ll")[0]), Is.EqualTo("<|user|>hello<|end|><|assistant|>,ll,,<|end|>\n"));
        Assert.That(Parts(template.Answers(s_hello, "")[0]), Is.EqualTo("<|user|>hello<|end|><|assistant|>,,,<|end|>\n"), "nothing is an answer");
    }

    [Test]
    public void What_stands_between_an_answer_and_its_end_token_is_its_end()
    {
        FolderTemplate template = (FolderTemplate)Told(Open + "<|assistant|>{{ m.content }} .<|end|>" + Close + Prompt).Template;
        Assert.That(Parts(template.Answers(s_hello, "he")[0]), Is.EqualTo("<|user|>hello<|end|><|assistant|>,he, .,<|end|>"));
        Assert.That((template.ResponseEnd, template.ResponseStart), Is.EqualTo((" .", "")));
    }

    [TestCase("he", false), TestCase(" he ", false), TestCase("x", true)]
    public void Other_words_than_the_response_s_are_told(string response, bool isRewritten)
    {
        FolderTemplate template = (FolderTemplate)Told(Open + "<|assistant|>{{ m.content | trim | replace('x', 'y') }}<|end|>" + Close + Prompt).Template;
        Assert.That(template.Row(s_hello, response), Is.EqualTo(new WrittenRow(null) { IsRewritten = isRewritten }));
        Assert.That(template.Row(s_hello, "ll", response), Is.EqualTo(new WrittenRow(null) { IsRewritten = isRewritten }), "of either response");
    }

    [Test]
    public void Turns_that_depend_on_the_response_are_refused()
    {
        ModelTokenizer tokenizer = Told(Open + "<|assistant|>[{{ m.content | length }}]{% generation %}{{ m.content }}<|end|>{% endgeneration %}" + Close
            + "{% if add_generation_prompt %}<|assistant|><t>{% endif %}");
        FolderTemplate template = (FolderTemplate)tokenizer.Template;
        const string Refusal = "chat_template.jinja writes the turns before the answer otherwise for each response";
        Assert.That(template.Row(s_hello, "he", "hell"), Is.EqualTo(new WrittenRow(Refusal)));
        Assert.That(() => tokenizer.EncodePair(s_hello, "he", "hell"), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(Refusal));
        Assert.That(template.Row(s_hello, "he", "ll"), Is.EqualTo(new WrittenRow(null) { IsCut = true }), "the same for both");
        Assert.That(tokenizer.Text.Decode(tokenizer.EncodePair(s_hello, "he", "ll").Prompt), Is.EqualTo("<|user|>hello<|end|><|assistant|>[2]"));
    }

    [Test]
    public void Where_earlier_turns_are_written_otherwise_the_message_shows_both()
    {
        FolderTemplate template = (FolderTemplate)Told("{% for m in messages %}{% if loop.last or loop.length < 3 or add_generation_prompt %}<|user|>{{ m.content }}<|end|>{% endif %}{% endfor %}" + Prompt).Template;
        Message[] turns = [new(Role.User, "a\nb"), new(Role.Assistant, "he"), new(Role.User, "ll")];
        Assert.That(template.Row(turns, "x").Refusal, Is.EqualTo(
            "chat_template.jinja writes the turns before an answer otherwise than the prompt: \"x<|end|>\" where the prompt has \"a\\nb<|end|><|user|>he<|en\""));
    }

    [Test]
    public void Where_a_token_crosses_the_border_the_answer_has_the_ids_it_has_by_itself()
    {
        ModelTokenizer tokenizer = Told(Open + "<|assistant|>h{{ m.content }}<|end|>" + Close + "{% if add_generation_prompt %}<|assistant|>h{% endif %}");
        EncodedPair pair = tokenizer.EncodePair(s_hello, "ello", "x");
        Assert.That(pair.Prompt, Is.EqualTo(new[] { 262, 259, 264, 263, 'h' }));
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo((new[] { 'e', 257, 'o', 264 }, new[] { 'x', 264 })));
        Assert.That(tokenizer.EncodeAnswered(s_hello, "ello", ended: true), Is.EqualTo((int[])[.. pair.Prompt, .. pair.Chosen]));
        Assert.That(tokenizer.EncodeAnswered(s_hello, "ello", ended: false), Is.EqualTo((int[])[.. pair.Prompt, .. pair.Chosen[..^1]]));
    }

    [TestCase(". ", "he", "he", ". "), TestCase(". ", "", "", ". ")] // the text ends where what follows every answer begins
    [TestCase(".", "bare", "bare", "")]
    [TestCase(".", "", "", "")] // what ends the prompt is no end of the answer
    public void A_template_without_end_token_ends_an_answer_with_its_text(string tail, string response, string text, string behind)
    {
        FolderTemplate template = (FolderTemplate)Told("{% for m in messages %}{{ m.content }}{% if m.role == 'user' or (m.content not in ['bare'" + (tail == "." ? ", ''" : "") + "]) %}{{ '" + tail + "' }}{% endif %}{% endfor %}").Template;
        Assert.That(Parts(template.Answers(s_hello, response)[0]), Is.EqualTo($"hello{tail},{text},{behind},"));
    }

    [Test]
    public void An_answer_starts_behind_the_generation_prompt_wherever_the_generation_block_begins()
    {
        FolderTemplate template = (FolderTemplate)Told(Open + "<|assistant|>{% if true %} {% generation %}{{ m.content }}<|end|>{% endgeneration %}{% endif %}" + Close + Prompt).Template;
        Assert.That(Parts(template.Answers(s_hello, "he")[0]), Is.EqualTo("<|user|>hello<|end|><|assistant|>, he,,<|end|>"));
    }

    [Test]
    public void Turns_before_an_answer_may_be_no_other_even_where_a_generation_block_says_where_it_starts()
    {
        FolderTemplate template = (FolderTemplate)Told("{% for m in messages %}{% if m.role == 'user' %}<|user|>{{ m.content if add_generation_prompt or m.content != 'hello' else 'HELLO' }}<|end|>{% else %}"
            + "<|assistant|>{% generation %}{{ m.content }}<|end|>{% endgeneration %}" + Close + "{% if add_generation_prompt %}<|assistant|><t>{% endif %}").Template;
        Assert.That(template.Row([new(Role.User, "ll")], "he"), Is.EqualTo(new WrittenRow(null) { IsCut = true }));
        Assert.That(template.Row(s_hello, "he").Refusal, Does.StartWith("chat_template.jinja writes the turns before an answer otherwise than the prompt: \"HELLO<|end|>"));
    }

    [Test]
    public void An_answer_may_start_right_behind_the_last_turn_s_text()
    {
        FolderTemplate template = (FolderTemplate)Told("{% for m in messages %}{{ m.content if m.role == 'user' else '<|assistant|>' + m.content + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}:{% endif %}").Template;
        Assert.That(Parts(template.Answers(s_hello, "he")[0]), Is.EqualTo("hello,<|assistant|>he,,<|end|>"));
    }

    [Test]
    public void What_a_generation_prompt_opens_is_no_marker_of_turns()
    {
        FolderTemplate template = (FolderTemplate)Told(Open + "<|assistant|>{{ m.content }}<|end|>" + Close + "{% if add_generation_prompt %}<|assistant|><t>{% endif %}").Template;
        Assert.That(new[] { "<|user|>", "<|assistant|>", "<|end|>", "<t>" }.Select(template.Writes), Is.EqualTo(new[] { true, true, true, false }));
    }

    [Test]
    public void A_template_s_identity_stays_what_it_was() => Assert.That(
        Told(Open + "<|assistant|>{{ m.content }}<|end|>" + Close + Prompt, """{"eos_token":"<|end|>","bos_token":"<|endoftext|>","pad_token":"<|pad|>"}""").Template.Identity,
        Is.EqualTo("chat_template.jinja f1a5f8b73b13d0f5"), "names of runs hold it");

    [Test]
    public void Batches_are_filled_with_a_token_for_it() => Assert.That(Told(Open + "<|assistant|>{{ m.content }}<|end|>" + Close + Prompt).Pad, Is.EqualTo(261));

    [Test]
    public void A_token_that_a_tokenizer_model_does_not_find_may_stand_in_longer_conversations_alone()
    {
        const string Between = "{% for m in messages %}{{ m.content }}{{ eos_token if m.role == 'assistant' }}{% endfor %}";
        Assert.That(() => Told(Between, """{"eos_token":"</s>"}""", SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true)), Throws.TypeOf<InvalidDataException>()
            .With.Message.EndsWith("chat_template.jinja writes </s> between turns, which this tokenizer does not find in a text: give the tokenizer.json that has it as an added token"));
    }

    // SentencePiece: ▁a is 4, a 8, b 9; an answer goes on where the prompt ends, without a space of its own
    [Test]
    public void An_answer_behind_a_tokenizer_model_s_prompt_goes_on_in_it()
    {
        ModelTokenizer tokenizer = Told("{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}{% if not add_generation_prompt %}{{ eos_token }}{% endif %}",
            """{"bos_token":"<s>","eos_token":"</s>"}""", SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true));
        EncodedPair pair = tokenizer.EncodePair([new(Role.User, "a")], "b", "a");
        Assert.That((pair.Prompt, pair.Chosen), Is.EqualTo((new[] { 1, 4 }, new[] { 9, 2 })));
        Assert.That(pair.Rejected, Is.EqualTo(new[] { 4, 2 }), "aa is a piece: the answer by itself");
    }

    [Test]
    public void An_answer_by_itself_does_not_begin_the_text()
    {
        byte[] json = TokenizerJsonText.Changed(TokenizerJsonText.SentencePiece, json => (json["normalizer"], json["pre_tokenizer"]) =
            (null, System.Text.Json.Nodes.JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""")));
        ModelTokenizer tokenizer = Told("{% for m in messages %}{{ m.content }}{{ 'h' if m.role == 'user' else '<|end|>' }}{% endfor %}", json: json);
        Assert.That(tokenizer.EncodePair(s_hello, "ello", "o").Chosen.Select(id => ((VocabularyTokenizer)tokenizer.Text).PieceOf(id)), Is.EqualTo(new[] { "e", "ll", "o", "<|end|>" }));
    }

    // Metaspace with prepend_scheme first: ▁ only where the text begins, which is not behind BOS and not at an answer
    [TestCase(true, "<s> he ll o", "he"), TestCase(false, "▁hello", "he")]
    public void Only_a_prompt_without_BOS_begins_the_text(bool withBos, string prompt, string answer)
    {
        byte[] json = TokenizerJsonText.Changed(TokenizerJsonText.SentencePiece, json => (json["normalizer"], json["pre_tokenizer"]) =
            (null, System.Text.Json.Nodes.JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""")));
        ModelTokenizer tokenizer = Told((withBos ? "{{ bos_token }}" : "") + "{% for m in messages %}{{ m.content }}{{ '<|end|>' if m.role != 'user' }}{% endfor %}",
            """{"bos_token":"<s>"}""", json: json);
        EncodedPair pair = tokenizer.EncodePair(s_hello, "he", "ll");
        Assert.That(Pieces(pair.Prompt), Is.EqualTo(prompt));
        Assert.That(Pieces(pair.Chosen), Is.EqualTo(answer + " <|end|>"));
        string Pieces(int[] ids) => string.Join(' ', ids.Select(((VocabularyTokenizer)tokenizer.Text).PieceOf));
    }

    [Test]
    public void What_a_template_says_to_a_conversation_it_refuses_is_told_as_the_difference()
    {
        ChatTemplate like = new() { Name = "like", System = "S", User = "<|user|>", Assistant = "<|assistant|>", TurnEnd = "<|end|>", EndTokens = ["<|end|>"] };
        IChatTemplate refusing = Told("{{ raise_exception('never') if messages[0].role == 'system' }}" + Open + "<|assistant|>{{ m.content }}<|end|>" + Close + Prompt).Template;
        Assert.That(TemplateProbe.Difference(refusing, like), Is.EqualTo("a prompt with a system turn: chat_template.jinja, line 1: never, like writes it"));
    }

    // "##" is a token that is no marker, and comes first
    [TestCase("##<|end|>", "<|end|>"), TestCase("##", "##"), TestCase("", "<|pad|>")]
    public void An_answer_ends_with_a_marker_or_else_another_token_or_else_the_configuration_s(string tail, string end)
    {
        ModelTokenizer tokenizer = Told("{% for m in messages %}{{ m.role }}:{{ m.content }}{% if m.role != 'user' %}" + tail + "{% endif %}{% endfor %}",
            """{"eos_token":"<|pad|>","added_tokens_decoder":{"265":{"content":"##","normalized":false}}}""");
        Assert.That(tokenizer.NameOf(tokenizer.Eos), Does.StartWith(end + " "));
        Assert.That(tokenizer.Bos, Is.Null, "none is configured");
    }

    [TestCase("{{ bos_token }}", 260), TestCase("", null), TestCase("x{{ bos_token }}", null)]
    public void A_prompt_has_a_begin_where_the_template_writes_it_first(string begin, int? bos) =>
        Assert.That(Told(begin + Open + "<|assistant|>{{ m.content }}<|end|>" + Close + Prompt, """{"bos_token":"<|endoftext|>"}""").Bos, Is.EqualTo(bos));

    [Test]
    public void A_place_inside_a_token_or_a_character_is_moved_to_where_that_begins()
    {
        FolderTemplate template = (FolderTemplate)Told(Open + "<|assistant|>{{ m.content }}<|end|>" + Close + Prompt).Template with { Tokens = new([new("<x>", 1)]) };
        Assert.That(Enumerable.Range(0, 11).Select(at => template.TokenStart("a<x><x>b😀", at)), Is.EqualTo(new[] { 0, 1, 1, 1, 4, 4, 4, 7, 8, 8, 10 }));
        Assert.That(Enumerable.Range(0, 4).Select(at => (template with { Tokens = null }).TokenStart("<x>", at)), Is.EqualTo(new[] { 0, 1, 2, 3 }), "no vocabulary has told any");
    }

    // the prompt, the text, what the template writes behind it, and from the end token on
    private static string Parts(WrittenAnswer answer) =>
        string.Join(',', answer.Before, answer.Whole[answer.Start..answer.TextEnd], answer.Whole[answer.TextEnd..answer.End], answer.Whole[answer.End..]);

    /// <summary>The small vocabulary with a template of one's own.</summary>
    internal static ModelTokenizer Told(string jinja, string config = """{"eos_token":"<|end|>"}""", byte[]? model = null, byte[]? json = null)
    {
        using TemporaryFolder folder = new();
        SmallVocabulary.Write(folder.Path);
        if (model != null)
            File.WriteAllBytes(folder.File("tokenizer.model"), model);
        if (json != null)
            File.WriteAllBytes(folder.File("tokenizer.json"), json);
        File.WriteAllText(folder.File("tokenizer_config.json"), config);
        File.WriteAllText(folder.File("chat_template.jinja"), jinja);
        return ToldTemplate.Load(folder.Path, null, "x").Tokenizer;
    }
}
