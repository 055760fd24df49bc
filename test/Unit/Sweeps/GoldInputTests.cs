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
}
