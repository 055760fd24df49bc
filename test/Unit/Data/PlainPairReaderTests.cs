using Alignment.Data;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data;

public class PlainPairReaderTests
{
    [Test]
    public void Text_becomes_one_turn_of_the_user()
    {
        using DataFile file = new("""{"prompt":"p","chosen":" c\n","rejected":"r","source":"extra members are ignored"}""");
        PreferencePair pair = file.Read(PairFormat.Plain).Pairs.Single();
        Assert.That(pair.Prompt, Is.EqualTo(new[] { new Message(Role.User, "p") }));
        Assert.That((pair.Chosen, pair.Rejected, pair.Source), Is.EqualTo(("c", "r", "pairs.jsonl(1)")));
    }

    [Test]
    public void Lists_of_messages_may_repeat_the_prompt_before_the_response()
    {
        const string Turns = """{"role":"system","content":"s"},{"role":"user","content":"p"}""";
        using DataFile file = new($$"""{"prompt":[{{Turns}}],"chosen":[{"role":"assistant","content":"c"}],"""
            + $$"""
            "rejected":[{{Turns}},{"role":"assistant","content":"r"}]}
            """);
        PreferencePair pair = file.Read(PairFormat.Plain).Pairs.Single();
        Assert.That(pair.Prompt, Is.EqualTo(new[] { new Message(Role.System, "s"), new Message(Role.User, "p") }));
        Assert.That((pair.Chosen, pair.Rejected), Is.EqualTo(("c", "r")));
    }
}
