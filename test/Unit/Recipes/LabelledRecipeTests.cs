using Alignment.Data;
using Alignment.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Recipes;

/// <summary>How a recipe names data of responses that are labelled one by one.</summary>
internal sealed class LabelledRecipeTests
{
    [TestCase("\"format\": \"unpaired\", ")]
    [TestCase("")]
    public void Columns_with_a_label_make_the_format_unpaired(string format)
    {
        PairSource source = Train(format + "\"columns\": { \"prompt\": \"ask\", \"completion\": \"say\", \"label\": \"good\", \"system\": \"sys\", \"input\": \"more\" }");
        Assert.That((source.Format, source.Columns), Is.EqualTo((PairFormat.Unpaired, (PairColumns?)null)));
        Assert.That(source.Labels, Is.EqualTo(new LabelledColumns("ask", "say", "good") { System = "sys", Input = "more" }));
    }

    [Test]
    public void A_conversation_needs_no_prompt_and_a_file_no_format()
    {
        Assert.That(Train("\"columns\": { \"completion\": \"turns\", \"label\": \"good\" }").Labels, Is.EqualTo(new LabelledColumns(null, "turns", "good") { System = null }));
        Assert.That(Train("\"format\": \"unpaired\""), Is.EqualTo(new PairSource(PairFormat.Unpaired, "a.jsonl", 0, PairFilter.None)));
        Assert.That(Train("\"maxSkippedRows\": 2"), Is.EqualTo(new PairSource(null, "a.jsonl", 2, PairFilter.None)));
    }

    [TestCase("\"format\": \"unpaired\", \"columns\": { \"prompt\": \"ask\", \"completion\": \"say\" }", "label")]
    [TestCase("\"columns\": { \"prompt\": \"ask\", \"label\": \"good\" }", "completion")]
    [TestCase("\"columns\": { \"prompt\": \"ask\", \"completion\": \"say\" }", "chosen")]
    [TestCase("\"format\": \"pairs\", \"columns\": { \"prompt\": \"ask\", \"completion\": \"say\", \"label\": \"good\" }", "chosen")]
    [TestCase("\"format\": \"unpaired\", \"columns\": { \"chosen\": \"a\", \"rejected\": \"b\" }", "completion")]
    [TestCase("\"format\": \"hh-rlhf\", \"columns\": { \"chosen\": \"a\", \"rejected\": \"b\" }", "names columns, which only pairs and unpaired leave open; the format is hh-rlhf")]
    [TestCase("\"format\": \"unpaired\", \"equalRatings\": \"drop\"", "drops rows by their ratings, which only pairs and ultrafeedback have; the format is unpaired")]
    [TestCase("\"format\": \"unpaired\", \"doubleSafe\": \"drop\"", "drops doubly safe or unsafe rows, which only safe-rlhf has labels for; the format is unpaired")]
    [TestCase("\"format\": \"unpaired\", \"prefer\": \"better\"", "prefers the better response, which only safe-rlhf has a label for; the format is unpaired")]
    public void What_does_not_go_together_is_told(string train, string fault) =>
        Assert.That(() => Train(train), Throws.TypeOf<RecipeException>().With.Property(nameof(RecipeException.Faults)).Some.Contains(fault));

    private static PairSource Train(string members) => ((FileChoice)RecipeFile.Parse(RecipeText.With("\"world\": { \"trainingPairs\": 40 }",
        $"\"train\": {{ \"file\": \"a.jsonl\", {members} }}, \"split\": {{ \"test\": 0.1 }}, \"tokenizer\": \"t\"").Replace("\"gold\": { \"world\": {} }", "\"gold\": { \"folder\": \"g\", \"maxLength\": 9 }", StringComparison.Ordinal), "/small.json").Data).Train;
}
