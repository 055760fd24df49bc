using Alignment.Data;
using Alignment.Tests.Unit.Tokenization;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class TextRuleTests
{
    private static readonly ModelTokenizer s_phi3 = ModelTokenizer.For(SmallVocabulary.Tokenizer(), ChatTemplate.Phi3);

    [TestCase("Say hi<|end|>\n<|assistant|>\nSure!", "c", "r", "marker in text: the user's turn in the prompt holds <|end|>, which the tokenizer makes one token of")]
    [TestCase("p", "Use <|user|> here.", "r", "marker in text: the chosen response holds <|user|>, which the tokenizer makes one token of")]
    [TestCase("p", "c", "<|endoftext|>", "marker in text: the rejected response holds <|endoftext|>, which the tokenizer makes one token of")]
    [TestCase("<|user|>\nWhat is tea?<|end|>\n<|assistant|>", "c", "r", "already templated: the prompt is written in template phi-3, and phi-3 would write it again")]
    [TestCase("<|im_start|>user\nWhat is tea?<|im_end|>\n<|im_start|>assistant", "c", "r",
        "already templated: the prompt is written in template chatml, and phi-3 would write it again")]
    [TestCase("<s>[INST] What is tea? [/INST]", "c", "r", "already templated: the prompt is written in template llama-2, and phi-3 would write it again")]
    [TestCase("Human: What is tea?\n\nAssistant:", "c", "r", "already templated: the prompt is written in template plain-hh, and phi-3 would write it again")]
    public void A_row_whose_texts_hold_what_the_template_writes_is_faulty(string prompt, string chosen, string rejected, string reason)
    {
        using DataFile file = File(prompt, chosen, rejected);
        Assert.That(() => Read(file, MarkersInText.Refuse, 0), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(
            $"{file.Path}(1): {reason}; \"markersInText\" in the recipe's data takes such rows as \"text\" or as \"tokens\"; mend the row, or raise \"maxSkippedRows\" (it is 0)"));
        Assert.That(Read(file, MarkersInText.Refuse, 1).Report.Skipped, Is.EqualTo(1));
        Assert.That(Read(file, MarkersInText.Text, 0).Report.Skipped + Read(file, MarkersInText.Tokens, 0).Report.Skipped, Is.Zero);
    }

    [TestCase("What does Human: mean?"), TestCase("a < b |> c"), TestCase("<|unknown|>"), TestCase("Assistant:")]
    public void Other_texts_are_fine(string prompt)
    {
        using DataFile file = File(prompt, "c", "r");
        Assert.That(Read(file, MarkersInText.Refuse, 0).Report.Skipped, Is.Zero);
    }

    [Test]
    public void Added_tokens_without_a_meaning_are_no_markers()
    {
        VocabularyTokenizer plain = new SentencePieceBpe(SentencePieceParts.Of(SentencePieceModel.Read(SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true), "m")));
        Assert.That(plain.AddedTokens.Select(token => token.Content), Is.EqualTo(new[] { "[x]" }));
        Assert.That(new TextMarkers(plain, ChatTemplate.PlainHh, []).FirstIn("a [x]"), Is.Null);
        Assert.That(new TextMarkers(plain, ChatTemplate.PlainHh with { TurnEnd = "[x]" }, []).FirstIn("a [x]"), Is.EqualTo("[x]"));
    }

    [Test]
    public void A_turn_is_faulty_where_the_template_writes_none_of_its_role()
    {
        PreferencePair pair = new("pairs.jsonl(1)", [new(Role.User, "p"), new(Role.Tool, "t")], "c", "r");
        Assert.That(() => new TextRule(ChatTemplate.Phi3, null).Require(pair), Throws.TypeOf<RowFault>().With.Message.EqualTo(
            "no tool turns: template phi-3 writes no turn of role \"tool\""));
        Assert.That(() => new TextRule(ChatTemplate.ChatMl, null).Require(pair), Throws.Nothing);
        PreferencePair system = pair with { Prompt = [new(Role.System, "s"), new(Role.User, "p")] };
        Assert.That(() => new TextRule(ChatTemplate.Mistral, null).Require(system), Throws.TypeOf<RowFault>().With.Message.EqualTo(
            "no system turns: template mistral writes no turn of role \"system\""));
    }

    // refuses empty answers, and bad ones
    private const string Picky = """
        {%- for m in messages %}
        {%- if m.role == 'assistant' and m.content in ['', 'bad'] %}{{- raise_exception('not ' + m.content) }}{%- endif %}
        {{- '<|' + m.role + '|>' + m.content + '<|end|>' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}
        """;

    [Test]
    public void A_folders_template_is_asked_for_both_responses_of_a_pair_and_the_one_that_is_labelled()
    {
        TextRule rule = TextRule.Of(WrittenAnswerTests.Told(Picky), MarkersInText.Text);
        Message[] prompt = [new(Role.User, "p")];
        foreach (bool label in new[] { true, false })
        {
            Assert.That(rule.Require(PreferencePair.Labelled("a", prompt, "good", label)), Is.EqualTo(new WrittenRow(null)));
            Assert.That(() => rule.Require(PreferencePair.Labelled("a", prompt, "bad", label)), Refused);
        }
        Assert.That(rule.Require(new("a", prompt, "good", "better")), Is.EqualTo(new WrittenRow(null)));
        Assert.That(() => rule.Require(new("a", prompt, "good", "bad")), Refused);
        Assert.That(() => rule.Require(new("a", prompt, "bad", "good")), Refused);
    }

    [Test]
    public void Rows_that_a_folders_template_refuses_are_named_where_they_become_ids()
    {
        Message[] prompt = [new(Role.User, "p")];
        PreferencePair[] pairs = [.. Enumerable.Range(0, 100).Select(i => new PreferencePair($"pairs.jsonl({i})", prompt, "good", i is 7 or 70 ? "bad" : "fine"))];
        Assert.That(() => new PairTokenizer(WrittenAnswerTests.Told(Picky), new() { MaxPrompt = 50, MaxTotal = 90 }).TokenizeAll(pairs), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(
            "pairs.jsonl(7): chat_template.jinja, line 2: not bad"));
    }

    [Test]
    public void Responses_that_a_folders_template_writes_otherwise_are_counted()
    {
        using DataFile file = new("""{"prompt":"p","chosen":"axe","rejected":"r"}""", """{"prompt":"p","chosen":"c","rejected":"r"}""", """{"prompt":"p","chosen":"c","rejected":"xxx"}""");
        ModelTokenizer replacing = WrittenAnswerTests.Told(Picky.Replace("+ m.content +", "+ m.content | replace('x', 'y') +"));
        ReadReport report = file.Read(PairFormat.Plain, new() { Texts = TextRule.Of(replacing, MarkersInText.Text) }).Report;
        Assert.That((report.Rewritten, report.Cut, report.Kept), Is.EqualTo((2, 0, 3)));
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Refused => Throws.TypeOf<RowFault>().With.Message.StartsWith("refused by the template: chat_template.jinja, line 2: not bad");

    private static DataFile File(string prompt, string chosen, string rejected) =>
        new(System.Text.Json.JsonSerializer.Serialize(new { prompt, chosen, rejected }), """{"prompt":"p","chosen":"c","rejected":"r"}""");

    private static PreferenceData Read(DataFile file, MarkersInText markers, int maxSkipped) =>
        file.Read(PairFormat.Plain, new() { MaxSkipped = maxSkipped, Texts = TextRule.Of(s_phi3, markers) });
}
