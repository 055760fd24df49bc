using System.Text.Json;
using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Doctor;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What a recipe's files become, and what is said and stored of what was chosen for the user.</summary>
public sealed class SweepDataTests
{
    private readonly List<string> _log = [];
    private DoctorFolder _folder = null!;

    [SetUp]
    public void Make()
    {
        _log.Clear();
        _folder = new DoctorFolder();
        Write("train.jsonl", [.. Enumerable.Range(0, 20).Select(i => Row($"question {i}", "yes", "no"))]);
        Write("test.jsonl", [.. Enumerable.Range(0, 6).Select(i => Row($"test {i}", "yes", "no"))]);
    }

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void A_recipe_without_a_template_takes_what_the_folder_tells_and_says_so()
    {
        SweepData data = Read("");
        Assert.That((data.Facts.Template, data.Facts.TemplateToldBy), Is.EqualTo(("phi-3", "the tokenizer's markers")));
        Assert.That(_log, Does.Contain("template: phi-3, told by the tokenizer's markers"));
        File.WriteAllText(_folder.File("chat_template.jinja"), "{% include 'other' %}");
        Assert.That(() => Read(""), Throws.TypeOf<RecipeException>().With.Message.StartsWith($"{_folder.Path}: chat_template.jinja, line 1: the tag 'include' is not supported"));
        Assert.That(Read("\"template\": \"phi-3\", ").Facts.TemplateToldBy, Is.EqualTo("\"template\" in the recipe's data"));
        Assert.That(_log, Has.Some.StartsWith("template: phi-3, told by \"template\" in the recipe's data; the folder's own is another one: " + _folder.Path + ": chat_template.jinja, line 1: "));
    }

    [Test]
    public void The_folder_s_own_template_writes_the_pairs_and_what_it_refuses_is_a_faulty_row()
    {
        const string Jinja = "{% for m in messages %}{% if 'question 3' == m.content %}{{ raise_exception('not three') }}{% endif %}"
            + "<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{{ '<t>' if think else '' }}{% endif %}";
        File.WriteAllText(_folder.File("chat_template.jinja"), Jinja);
        Assert.That(() => Read(""), Throws.TypeOf<RecipeException>().With.Message.EndsWith(
            "train.jsonl(4): refused by the template: chat_template.jinja, line 1: not three; mend the row, or raise \"maxSkippedRows\" (it is 0) to leave it out"));
        const string Skipping = """{ "format": "pairs", "file": "train.jsonl", "maxSkippedRows": 1 }""";
        SweepData data = Read("", train: Skipping);
        Assert.That((data.Facts.Template, data.Facts.TemplateToldBy, data.Training.Count), Is.EqualTo(("chat_template.jinja", "the folder", 19)));
        Assert.That(_log, Has.Some.Match(@"^  left out: .*train\.jsonl\(4\): refused by the template: chat_template\.jinja, line 1: not three"));
        Assert.That(data.Tokenizer.Text.Decode(data.TestPrompts[0]), Is.EqualTo("<|user|>test 0<|end|><|assistant|>"));
        SweepData thinking = Read("\"templateVariables\": { \"think\": true }, ", train: Skipping);
        Assert.That(thinking.Tokenizer.Text.Decode(thinking.TestPrompts[0]), Does.EndWith("<|assistant|><t>"));
        Assert.That(thinking.TokenizerFingerprint, Is.Not.EqualTo(data.TokenizerFingerprint));
        Assert.That(_log, Has.Some.Contain("19 cut where the answer starts: the template writes them without its generation prompt"));
    }

    [Test]
    public void Test_prompts_that_are_trained_on_or_repeated_are_left_out_named_and_counted()
    {
        Write("test.jsonl", [Row("question 0", "other", "no"), Row(" question 0\n", "another", "no"), Row("new", "yes", "no"), Row("new", "maybe", "no"), Row("newer", "yes", "no")]);
        SweepData data = Read("");
        Assert.That(data.Test.Select(pair => pair.Source), Is.EqualTo(new[] { "test.jsonl(3)", "test.jsonl(5)" }));
        Assert.That((data.Facts.TestPrompts, data.Facts.DistinctTestPrompts, data.Facts.SeenTestPrompts, data.Facts.SeenTestPromptsDropped, data.Facts.RepeatedTestPromptsDropped),
            Is.EqualTo((2, 2, 0, 2, 1)));
        Assert.That(_log, Does.Contain("test prompts: 2 are among the prompts that are trained on and are left out: test.jsonl(1), test.jsonl(2)")
            .And.Contain("test prompts: 1 repeat an earlier one and are left out: test.jsonl(4)"));
    }

    [Test]
    public void Test_prompts_can_be_kept_and_are_counted_or_refused()
    {
        Write("test.jsonl", [.. Enumerable.Repeat(Row("question 0", "other", "no"), 4), Row("new", "yes", "no"), Row("new", "maybe", "no")]);
        SweepData data = Read("\"seenTestPrompts\": \"keep\", \"repeatedTestPrompts\": \"keep\", ");
        Assert.That((data.Facts.TestPrompts, data.Facts.DistinctTestPrompts, data.Facts.SeenTestPrompts, data.Facts.SeenTestPromptsDropped), Is.EqualTo((6, 2, 4, 0)));
        Assert.That(data.Facts.RepeatedTestPromptsDropped, Is.Zero);
        Assert.That(_log, Has.Some.StartsWith("test prompts: 4 are among the prompts that are trained on and are kept: test.jsonl(1), "));
        Assert.That(_log, Does.Contain("test prompts: 6 rows, 2 different prompts").And.Contain("pairs: 20 for the policy, 0 for the gold model, 6 test prompts"));
        Assert.That(() => Read("\"seenTestPrompts\": \"refuse\", "), Throws.TypeOf<RecipeException>().With.Message.StartWith("4 test prompts are among the prompts that are trained on: "));
    }

    [Test]
    public void Every_test_prompt_trained_on_is_refused()
    {
        Write("test.jsonl", [Row("question 3", "yes", "no")]);
        Assert.That(() => Read(""), Throws.TypeOf<RecipeException>().With.Message.StartWith("no test prompt is left of 1 (1 different ones): 1 are among the prompts that are trained on (test.jsonl(1))"));
    }

    [Test]
    public void Long_rows_are_dropped_counted_and_named()
    {
        string longPrompt = string.Join(' ', Enumerable.Repeat("kettle", 100)), longResponse = string.Join(' ', Enumerable.Repeat("lamp", 200));
        Write("train.jsonl", [.. Enumerable.Range(0, 20).Select(i => Row($"question {i}", "yes", "no")), Row(longPrompt, "yes", "no"), Row("short", longResponse, "no")]);
        Write("test.jsonl", [Row(longPrompt + " again", "yes", "no"), Row("new", "yes", "no")]);
        SweepData data = Read("", ", \"longPrompts\": \"drop\", \"longPairs\": \"drop\"");
        Assert.That((data.Training.Count, data.Test.Count, data.TestPrompts.Count), Is.EqualTo((20, 1, 1)));
        Assert.That((data.Facts.TrainingPairs, data.Facts.LongPairsDropped, data.Facts.LongTestPromptsDropped), Is.EqualTo((20, 2, 1)));
        Assert.That(_log, Has.Some.Match(@"^  left out: train\.jsonl\(21\): the prompt has \d+ tokens, maxPrompt is 64$")
            .And.Some.Match(@"^  left out: train\.jsonl\(22\): prompt and response have \d+ tokens, maxTotal is 120$")
            .And.Some.Match(@"^  left out: test\.jsonl\(1\): the prompt has \d+ tokens, maxPrompt is 64$"));
        Assert.That(_log, Does.Contain("training pairs: 20 pairs; cut: 0 (0.0 %) prompts, 0 (0.0 %) chosen, 0 (0.0 %) rejected; dropped: 1 long prompts, 1 long pairs"));
    }

    [Test]
    public void Where_nothing_is_left_within_the_lengths_the_sweep_cannot_start()
    {
        string longPrompt = string.Join(' ', Enumerable.Repeat("kettle", 100));
        const string Drop = ", \"longPrompts\": \"drop\", \"longPairs\": \"drop\"";
        Write("test.jsonl", [Row(longPrompt, "yes", "no")]);
        Assert.That(() => Read("", Drop), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("no test prompt is left within the recipe's lengths: raise maxPrompt and maxTotal, or let them cut"));
        Write("train.jsonl", [Row(longPrompt + " again", "yes", "no")]);
        Assert.That(() => Read("", Drop), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("no training pair is left within the recipe's lengths: raise maxPrompt and maxTotal, or let them cut"));
    }

    [Test]
    public void A_split_that_leaves_nothing_to_train_on_or_to_test_is_refused()
    {
        Assert.That(() => Read("\"split\": { \"test\": 0.999 }, ", test: null), Throws.TypeOf<RecipeException>().With.Message.EqualTo(
            "mine.json(4): $.data leaves no pair to train on: give more pairs, or other shares of \"split\""));
        Assert.That(() => Read("\"split\": { \"test\": 0.001 }, ", test: null), Throws.TypeOf<RecipeException>().With.Message.StartsWith("no test prompt is left of 0 "));
    }

    [Test]
    public void Why_rows_are_left_out_and_what_is_noted_of_others_is_told_with_their_places()
    {
        static string Safe(int i, int better, int safer, bool safe) => JsonSerializer.Serialize(new
        {
            prompt = $"question {i}",
            response_0 = "yes",
            response_1 = "no",
            is_response_0_safe = safe,
            is_response_1_safe = safe,
            better_response_id = better,
            safer_response_id = safer,
        });
        Write("train.jsonl", [Safe(0, 0, 0, true), Safe(1, 0, 1, true), Safe(2, 1, 1, false)]);
        Read("", train: """{ "format": "safe-rlhf", "doubleSafe": "keep", "doubleUnsafe": "drop", "file": "train.jsonl" }""");
        Assert.That(_log, Has.Some.Match(@"^  left out: .*train\.jsonl\(3\)").And.Some.Match(@"^  noted: .*the safer response is not the better one.*train\.jsonl\(2\)"));
    }

    [Test]
    public void Fewer_test_prompts_than_asked_for_are_told_and_more_are_not_taken()
    {
        SweepData few = Read("");
        Assert.That((few.Test.Count, few.HeldOut.Count, few.TestPromptsCut.Count), Is.EqualTo((6, 6, 6)));
        Assert.That(_log, Does.Contain("test prompts: 6, fewer than the 10 asked for"));
        _log.Clear();
        Write("test.jsonl", [.. Enumerable.Range(0, 12).Select(i => Row($"test {i}", "yes", "no"))]);
        SweepData many = Read("");
        Assert.That((many.Test.Count, many.TestPrompts.Count, many.Facts.TestPrompts), Is.EqualTo((10, 10, 10)));
        Assert.That(_log, Has.None.Contains("fewer than"));
    }

    [Test]
    public void A_file_whose_layout_its_columns_tell_says_so_and_a_held_out_response_is_never_cut()
    {
        string longResponse = string.Join(' ', Enumerable.Repeat("lamp", 200));
        Write("test.jsonl", [Row("new", "yes", "no"), Row("newer", longResponse, "no"), Row("newest", "no", longResponse)]);
        SweepData data = Read("", train: """{ "file": "train.jsonl" }""");
        Assert.That(data.Facts.Files!.Select(file => $"{file.File} {file.ToldBy} {file.Rows} {file.Kept}"), Is.EqualTo(new[] { "train.jsonl the file's columns 20 20", "test.jsonl the recipe 3 3" }));
        Assert.That(_log, Has.Some.Match("^train\\.jsonl: read as .*; told by the file's columns$"));
        Assert.That((data.Test.Count, data.HeldOut.Count), Is.EqualTo((3, 1)));
    }

    [Test]
    public void A_conversation_is_read_with_its_speakers_and_a_single_turn_without()
    {
        Assert.That(PromptText.Of([new(Role.User, "why?")]), Is.EqualTo("why?"));
        Assert.That(PromptText.Of([new(Role.System, "be kind"), new(Role.User, "why?"), new(Role.Assistant, "so.")]), Is.EqualTo("System: be kind\n\nUser: why?\n\nAssistant: so."));
    }

    [Test]
    public void Markers_in_texts_stop_the_sweep_unless_the_recipe_says_otherwise()
    {
        Write("train.jsonl", [.. Enumerable.Range(0, 20).Select(i => Row($"question {i} <|end|>", "yes", "no"))]);
        Assert.That(() => Read(""), Throws.TypeOf<RecipeException>().With.Message.Contain("train.jsonl(1): marker in text: the user's turn in the prompt holds <|end|>"));
        SweepData text = Read("\"markersInText\": \"text\", "), tokens = Read("\"markersInText\": \"tokens\", ");
        int end = text.Tokenizer.Eos;
        Assert.That(text.Training.Select(pair => pair.Prompt.Count(id => id == end)), Is.All.EqualTo(1), "the template's own");
        Assert.That(tokens.Training.Select(pair => pair.Prompt.Count(id => id == end)), Is.All.EqualTo(2));
        Assert.That(text.Facts.MarkersInText, Is.EqualTo("text"));
        Assert.That(text.TokenizerFingerprint, Is.EqualTo(tokens.TokenizerFingerprint + " markers as text"), "other ids of the same texts");
        Assert.That(text.TrainingTexts, Is.Empty, "nobody answers them");
    }

    [Test]
    public void A_folder_of_files_and_columns_of_other_names_are_read()
    {
        Directory.CreateDirectory(Path.Combine(Root, "parts"));
        foreach (int part in new[] { 0, 1 })
            Write($"parts/part-{part}.jsonl", [.. Enumerable.Range(0, 5).Select(i => $$"""{"q":"question {{part}} {{i}}","good":"yes","bad":"no"}""")]);
        SweepData data = Read("", train: """{ "format": "pairs", "file": "parts", "columns": { "prompt": "q", "chosen": "good", "rejected": "bad" } }""");
        Assert.That(data.Training, Has.Count.EqualTo(10));
        Assert.That(_log, Does.Contain("parts: read as pairs: prompt = q, chosen = good, rejected = bad; told by the recipe").And.Contain("parts: 10 rows, 10 kept"));
        Assert.That(Read("", train: """{ "format": "pairs", "file": "parts/part-1*.jsonl", "columns": { "prompt": "q", "chosen": "good", "rejected": "bad" } }""").Training, Has.Count.EqualTo(5));
        Assert.That(Read("", train: """{ "file": "parts", "columns": { "prompt": "q", "chosen": "good", "rejected": "bad" } }""").Facts.Files![0].ToldBy, Is.EqualTo("the recipe"));
    }

    private string Root => Path.GetDirectoryName(_folder.Path)!;

    private static string Row(string prompt, string chosen, string rejected) => JsonSerializer.Serialize(new { prompt, chosen, rejected });

    private void Write(string name, string[] lines) => File.WriteAllLines(Path.Combine(Root, name), lines);

    private SweepData Read(string data, string lengths = "", string train = """{ "format": "pairs", "file": "train.jsonl" }""", string? test = """, "test": { "format": "pairs", "file": "test.jsonl" }""")
    {
        string text = $$"""
            {
              "name": "mine", "seed": 7,
              "policy": { "folder": "model" },
              "data": { {{data}}"train": {{train}}{{test}} },
              "gold": { "folder": "gold", "maxLength": 64 },
              "lengths": { "maxPrompt": 64, "maxTotal": 120{{lengths}} },
              "sft": { "epochs": [1], "learningRate": [1e-3], "batchSize": 8 },
              "preference": { "epochs": [1], "learningRate": [1e-4], "batchSize": 8 },
              "methods": { "DPO": { "beta": [0.1] } },
              "generation": { "temperature": 0.7, "topP": 0.95, "maxNewTokens": 16 },
              "testPrompts": 10
            }
            """;
        return SweepData.Read(RecipeFile.Parse(text, Path.Combine(Root, "mine.json")), new SweepOptions { SweepsFolder = Root }, _log.Add);
    }
}
