using Alignment.Data.World;
using Alignment.Rewards;
using Alignment.Sweeps;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Markers inside prompts and responses are to a gold model what the recipe says they are to the policy.</summary>
public class GoldInputTests
{
    private static readonly Message[] s_prompt = [new(Role.User, "why <|end|> here?")];

    [TestCase(true, 2), TestCase(false, 4)]
    public void Markers_in_messages_are_text_or_tokens(bool asText, int ends)
    {
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer.With(asText ? MarkersInText.Text : MarkersInText.Tokens);
        WrittenConversation written = tokenizer.Template.Write(s_prompt, addGenerationPrompt: true);
        var request = new ScoringRequest(written.Text, "so <|end|>.") { Messages = written.Messages };
        int[] parts = GoldInput.Parts(tokenizer, request), whole = GoldInput.Conversation(tokenizer, request);
        Assert.That(parts, Is.EqualTo((int[])[.. tokenizer.EncodePrompt(s_prompt), .. tokenizer.EncodeResponse("so <|end|>.")]), "as in training");
        Assert.That((parts.Count(id => id == tokenizer.Eos), whole.Count(id => id == tokenizer.Eos)), Is.EqualTo((ends, ends)));
        Assert.That(whole[..parts.Length], Is.EqualTo(parts));
    }

    [Test]
    public void Both_responses_of_a_pair_that_is_trained_on_have_ended()
    {
        Alignment.Data.PreferencePair pair = new("pairs.jsonl(1)", s_prompt, "so.", "no.");
        RewardPair read = GoldInput.Pairs([pair], (turns, response, ended) => [turns.Count, response[0], ended ? 1 : 0]).Single();
        Assert.That((read.Source, read.Chosen, read.Rejected), Is.EqualTo(("pairs.jsonl(1)", new[] { 1, 's', 1 }, new[] { 1, 'n', 1 })));
    }

    [Test]
    public void A_response_that_was_cut_has_no_end()
    {
        ModelTokenizer tokenizer = EmbeddedWorld.Tokenizer;
        foreach (bool isWhole in new[] { true, false })
        {
            Func<IReadOnlyList<Message>, string, bool, int[]> read = GoldInput.Reader(tokenizer, isWhole);
            int[] ended = read([new(Role.User, "why?")], "so.", true), cut = read([new(Role.User, "why?")], "so.", false);
            Assert.That((ended.Count(id => id == tokenizer.Eos), cut.Count(id => id == tokenizer.Eos)), Is.EqualTo((2, 1)), "the prompt's own");
            Assert.That(ended[..cut.Length], Is.EqualTo(cut));
            Assert.That(tokenizer.Text.Decode(ended), Is.EqualTo("<|user|>\nwhy?<|end|>\n<|assistant|>\nso.<|end|>" + (isWhole ? "\n<|endoftext|>" : "")));
        }

        Assert.That(GoldInput.Encoder(tokenizer, isWhole: true), Is.Null);
        Assert.That(GoldInput.Refusal(tokenizer, []), Is.Null);
    }

    [Test]
    public void A_folders_own_template_writes_what_is_read_and_what_it_refuses_is_told()
    {
        using var folder = new Alignment.Tests.Unit.Doctor.DoctorFolder();
        File.WriteAllText(folder.File("chat_template.jinja"), "{% for m in messages %}{% if m.content == 'no' %}{{ raise_exception('not this') }}{% endif %}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}");
        ModelTokenizer tokenizer = GoldModel.Tokenizer(folder.Path, new Alignment.Recipes.GoldFolder("gold", 64)).Tokenizer;
        Message[] turns = [new(Role.User, "why?")];
        string Text(bool isWhole, bool ended) => tokenizer.Text.Decode(GoldInput.Reader(tokenizer, isWhole)(turns, "so.", ended));
        Assert.That((Text(true, true), Text(true, false)), Is.EqualTo(("<|user|>why?<|end|>\n<|assistant|>so.<|end|>\n", "<|user|>why?<|end|>\n<|assistant|>so.")));
        Assert.That((Text(false, true), Text(false, false)), Is.EqualTo(("<|user|>why?<|end|>\n<|assistant|>so.<|end|>", "<|user|>why?<|end|>\n<|assistant|>so.")));

        Alignment.Data.PreferencePair Pair(string prompt, int row) => new($"test.jsonl({row})", [new(Role.User, prompt)], "yes", "no");
        Assert.That(GoldInput.Refusal(tokenizer, [Pair("why?", 1)]), Is.Null);
        Assert.That(GoldInput.Refusal(tokenizer, [Pair("why?", 1), Pair("no", 2), Pair("no", 3)]), Does.StartWith("the gold model's chat template refuses 2 of 3 test prompts, first test.jsonl(2): ")
            .And.Contains("not this").And.EndsWith("; take them out of the test file, or name a template the model was trained with by \"template\" in the recipe's gold"));
    }
}
