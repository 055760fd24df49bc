using Alignment.Rewards;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Tokenization;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What a gold model reads of a prompt and a response.</summary>
public class GoldInputTests
{
    private static readonly Message[] s_turns = [new(Role.System, "be kind"), new(Role.User, "hello")];

    [TestCaseSource(nameof(Templates))]
    public void A_judge_of_others_reads_the_conversation_as_its_template_writes_it(string name)
    {
        ModelTokenizer tokenizer = Tokenizer(name);
        string whole = tokenizer.Template.Render([.. s_turns, new(Role.Assistant, "hi you")], addGenerationPrompt: false);
        Assert.That(tokenizer.Text.Decode(GoldInput.Conversation(tokenizer, Request(tokenizer, "hi you", ended: true))), Is.EqualTo(whole));
    }

    [Test]
    public void A_cut_response_is_read_without_an_end([Values("phi-3", "chatml")] string name)
    {
        ModelTokenizer tokenizer = Tokenizer(name);
        string open = tokenizer.Template.Render(s_turns, addGenerationPrompt: true) + "hi you";
        foreach (int[] ids in new[] { GoldInput.Conversation(tokenizer, Request(tokenizer, "hi you", ended: false)), GoldInput.Parts(tokenizer, Request(tokenizer, "hi you", ended: false)) })
            Assert.That(tokenizer.Text.Decode(ids), Is.EqualTo(open));
    }

    [Test]
    public void A_gold_model_of_our_own_reads_what_it_was_trained_on_and_nothing_after_the_end()
    {
        ModelTokenizer tokenizer = Tokenizer("phi-3");
        int[] ids = GoldInput.Parts(tokenizer, Request(tokenizer, "hi you", ended: true));
        Assert.That(tokenizer.Text.Decode(ids), Is.EqualTo(tokenizer.Template.Render(s_turns, addGenerationPrompt: true) + "hi you<|end|>"));
    }

    [Test]
    public void BOS_begins_a_conversation_once()
    {
        ModelTokenizer tokenizer = Tokenizer("chatml") with { Bos = 7 };
        Assert.That(GoldInput.Conversation(tokenizer, Request(tokenizer, "hi", ended: true)).Take(2), Is.EqualTo(new[] { 7, tokenizer.Text.EncodeToIds("<|im_start|>")[0] }));
    }

    private static IEnumerable<string> Templates => ["phi-3", "chatml", "open-assistant"];

    private static ModelTokenizer Tokenizer(string name)
    {
        Dictionary<string, int> vocabulary = SmallVocabulary.Vocabulary();
        foreach (string marker in new[] { "<|im_end|>", "<|im_start|>", "<|prompter|>" })
            vocabulary[marker] = vocabulary.Count;
        return ModelTokenizer.For(SmallVocabulary.Tokenizer(vocabulary: vocabulary), ChatTemplate.Known.Single(known => known.Name == name));
    }

    private static ScoringRequest Request(ModelTokenizer tokenizer, string response, bool ended) =>
        new(tokenizer.Template.Render(s_turns, addGenerationPrompt: true), response, ended);
}
