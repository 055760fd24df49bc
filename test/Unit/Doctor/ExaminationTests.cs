using Alignment.Data.World;
using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Tests.Unit.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Doctor;

[NonParallelizable]
public class ExaminationTests
{
    private static readonly Recipe s_recipe = RecipeFile.Parse(
        RecipeText.With("\"maxTotal\": 120", "\"maxTotal\": 200").Replace("\"maxNewTokens\": 16", "\"maxNewTokens\": 100", StringComparison.Ordinal), "/somewhere/small.json");

    [Test]
    public void A_sound_folder_with_sound_data_passes_every_check()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(12);
        using Examination examination = Open(folder);
        foreach ((string name, Func<IReadOnlyList<Verdict>> check) in Checks(examination))
            Assert.That(check().Select(verdict => verdict.Grade), Is.All.LessThan(Grade.Warn).And.Some.EqualTo(Grade.Ok), name);
    }

    [Test]
    public void Adapters_of_the_recipe_are_trained_in_the_first_loss()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(4);
        using Examination examination = Open(folder, WithAdapters("o_proj"));
        Assert.That(examination.FirstLoss().Select(verdict => verdict.Grade), Is.All.EqualTo(Grade.Ok));
        Assert.That(examination.Memory()[2].Text, Does.Match("^preference .*: weights 112 KiB, gradients 512 B, AdamW moments 1.00 KiB, "));
    }

    [Test]
    public void Adapters_on_layers_the_model_lacks_fail()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(4);
        using Examination examination = Open(folder, WithAdapters("q_proj"));
        Assert.That(examination.FirstLoss().Single().ToString(), Is.EqualTo(
            "FAIL  LoRA targets q_proj: the linear layers of this model are qkv_proj, o_proj, gate_up_proj, down_proj; \"all-linear\" takes all of them"));
    }

    [Test]
    public void A_device_too_small_for_the_model_fails_and_the_model_is_not_loaded()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(4);
        using var examination = new Examination(Input(folder, s_recipe), new AvailableMemory("test device", 200_000));
        Assert.That(examination.Memory()[^1].ToString(), Does.StartWith("FAIL  does not fit: ")
            .And.Contains("of the 195 KiB test device has: with one pair at a time it still takes "));
        Assert.That(examination.FirstLoss().Single().ToString(), Is.EqualTo(
            "warn  not run: weights and gradients alone take 223 KiB, test device has 195 KiB: see the verdict on memory"));
    }

    [Test]
    public void What_cannot_be_read_is_a_verdict_of_every_check_that_needs_it()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(4).With("config.json", "\"vocab_size\"", "\"vocab\"");
        File.WriteAllText(folder.File("merges.txt"), "no merge\nat all here\n");
        using Examination examination = Open(folder);
        string[] failed = [.. Checks(examination).Where(check => check.Check().Any(verdict => verdict.Grade == Grade.Fail)).Select(check => check.Name)];
        Assert.That(failed, Is.EqualTo(new[] { "Weights", "SpecialTokens", "Template", "Truncation", "ResponseMasks", "Memory", "FirstLoss" }));
        Assert.That(examination.Template().Single().ToString(), Is.EqualTo(
            $"FAIL  {folder.File("merges.txt")}(2): \"at all here\" is not a merge of two tokens"));
    }

    [Test]
    public void A_template_that_cannot_be_told_or_does_not_exist_is_asked_for()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(4).With("vocab.json", "<|assistant|>", "<|helper|>");
        using Examination examination = Open(folder), named = new(Input(folder, s_recipe) with { Template = "phi3" });
        Assert.That(examination.Template().Single().Text, Is.EqualTo($"{folder.Path}: the chat template cannot be told: there is no chat template, "
            + "and no markers of a known one are among the tokenizer's tokens; name the one to train with by -p:Template=NAME, one of phi-3, chatml, llama-2, mistral, zephyr, llama-3, open-assistant, plain-hh"));
        Assert.That(named.Template().Single().Text,
            Is.EqualTo("there is no template phi3; known are phi-3, chatml, llama-2, mistral, zephyr, llama-3, open-assistant, plain-hh"));
    }

    [Test]
    public void Data_that_is_not_there_or_of_no_format_is_a_verdict()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(0, """{"question":"a"}""");
        using Examination examination = Open(folder), missing = new(Input(folder, s_recipe) with { Data = folder.Data + ".gz" });
        Assert.That(examination.Rows().Single().Text, Does.StartWith($"{folder.Data}: no known layout has the columns question. "));
        Assert.That(missing.Rows().Single().Text, Does.StartWith($"{folder.Data}.gz: no such file; "));
    }

    [Test]
    public void No_check_says_ok_of_nothing()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(0, """{"prompt":"a","chosen":"","rejected":"b"}""");
        using Examination examination = Open(folder);
        foreach ((string name, Func<IReadOnlyList<Verdict>> check) in Checks(examination).Where(check => check.Name is not (nameof(Examination.Weights) or nameof(Examination.SpecialTokens))))
        {
            IReadOnlyList<Verdict> verdicts = check();
            Assert.That(verdicts.Select(verdict => verdict.Grade), Has.None.EqualTo(Grade.Ok).And.Some.EqualTo(Grade.Fail), name);
        }

        Assert.That(examination.ResponseMasks().Single().ToString(), Is.EqualTo("FAIL  not judged: no pair is left of 1 rows: see the verdicts on the rows"));
        Assert.That(ResponseMaskCheck.Of(EmbeddedWorld.Tokenizer, []).Select(verdict => verdict.Grade), Is.All.EqualTo(Grade.Fail), "0 responses");
    }

    [Test]
    public void Without_a_recipe_none_is_assumed_and_what_depends_on_one_is_not_judged()
    {
        using DoctorFolder folder = new DoctorFolder().WithData(6);
        using var examination = new Examination(Input(folder, null));
        Assert.That(examination.Truncation()[^1].ToString(), Is.EqualTo("warn  lengths are not judged: no recipe is given: give -p:Recipe=FILE"));
        Assert.That(examination.Memory().Single().ToString(), Is.EqualTo("warn  memory is not judged: no recipe is given: give -p:Recipe=FILE"));
        Assert.That(examination.FirstLoss().Select(verdict => verdict.Grade), Is.All.EqualTo(Grade.Ok));
    }

    private static Examination Open(DoctorFolder folder, Recipe? recipe = null) => new(Input(folder, recipe ?? s_recipe));

    private static Recipe WithAdapters(string target) => RecipeFile.Parse(RecipeText.With("\"maxPositions\": 128",
        $"\"maxPositions\": 128, \"lora\": {{ \"rank\": 2, \"alpha\": 4, \"targets\": [\"{target}\"] }}"), "/small.json");

    private static ExaminationInput Input(DoctorFolder folder, Recipe? recipe) => new()
    {
        Model = folder.Path,
        Data = folder.Data,
        Recipe = recipe,
        Device = "cpu",
        MicroBatch = 4,
        GenerationBatch = 4,
    };

    private static IEnumerable<(string Name, Func<IReadOnlyList<Verdict>> Check)> Checks(Examination examination) =>
    [
        (nameof(Examination.Weights), examination.Weights), (nameof(Examination.SpecialTokens), examination.SpecialTokens),
        (nameof(Examination.Rows), examination.Rows), (nameof(Examination.Template), examination.Template),
        (nameof(Examination.Truncation), examination.Truncation), (nameof(Examination.ResponseMasks), examination.ResponseMasks),
        (nameof(Examination.Memory), examination.Memory), (nameof(Examination.FirstLoss), examination.FirstLoss),
    ];
}
