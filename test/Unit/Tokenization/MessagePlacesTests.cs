using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

public class MessagePlacesTests
{
    [TestCase("a", "b c")]
    [TestCase(" a \n", "\tb c")]
    [TestCase("a a", "a")]
    [TestCase("User", "Tool")] // what the template itself writes
    public void The_words_of_each_message_are_found_where_they_were_written(string first, string second)
    {
        Message[] turns = [new(Role.User, first), new(Role.Tool, second)];
        foreach (Func<IReadOnlyList<Message>, string> write in new[] { Write, Trimming })
        {
            string text = write(turns);
            Assert.That(MessagePlaces.In(text, turns, write).Select(place => text[place.From..place.To]), Is.EqualTo(new[] { first.Trim(), second.Trim() }));
        }
    }

    [Test]
    public void A_message_without_words_has_no_place() => Assert.That(MessagePlaces.In("User: \nTool:b\n", [new(Role.User, " "), new(Role.Tool, "b")], Write), Is.EqualTo(new[] { (12, 13) }));

    [TestCase("{0}!"), TestCase("!{0}"), TestCase(""), TestCase("User:b\n")]
    public void A_template_that_looks_into_texts_is_told_by_another_text(string written)
    {
        Message[] turns = [new(Role.User, "a")];
        Assert.That(() => MessagePlaces.In(Write(turns), turns, marked => string.Format(System.Globalization.CultureInfo.InvariantCulture, written, Write(marked))),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("the template looks into the messages' texts, so that markers in them cannot be told from its own: "
                + "\"markersInText\" in the recipe's data refuses such rows or takes markers as tokens"));
    }

    private static string Write(IReadOnlyList<Message> turns) => string.Concat(turns.Select(turn => $"{turn.Role}:{turn.Text}\n"));

    private static string Trimming(IReadOnlyList<Message> turns) => string.Concat(turns.Select(turn => $"{turn.Role}:{turn.Text.Trim()}\n"));
}
