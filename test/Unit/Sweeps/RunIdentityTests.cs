using Alignment.Recipes;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Recipes;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

public class RunIdentityTests
{
    private static readonly InputFingerprints s_inputs = new()
    {
        Policy = "",
        Tokenizer = "tokenizer",
        Training = "training",
        EndTokens = [2],
        Prompts = "prompts",
        Test = "test",
        Judges = ["gold"],
    };

    private static RunNames[] Names(string text, InputFingerprints? inputs = null, string start = "SFT") =>
        Names(RecipeFile.Parse(text, "/somewhere/small.json"), inputs ?? s_inputs, start);

    private static RunNames[] Names(Recipe recipe, InputFingerprints inputs, string start = "SFT")
    {
        var identity = new RunIdentity(recipe, inputs);
        return [.. Grid.SftPoints(recipe).Select(point => identity.Of(point, null)), .. Grid.PreferencePoints(recipe).Select(point => identity.Of(point, start))];
    }

    private static readonly RunNames[] s_names = Names(RecipeText.Good);

    [Test]
    public void A_name_is_the_slug_and_a_hash()
    {
        Assert.That(Parts(s_names[2]), Has.All.Match("^DPO-b0.1-lr1e-4-e1-[0-9a-f]{10}$"));
        Assert.That(Parts(s_names[2]), Is.Unique);
    }

    [Test]
    public void White_space_comments_name_and_place_of_the_file_do_not_matter()
    {
        string other = RecipeText.With("\"name\": \"small\"", "\"name\": \"other\"").Replace("\n", "\n // so\n\n", StringComparison.Ordinal);
        Assert.That(Names(RecipeFile.Parse(other, "/elsewhere/copy.json"), s_inputs), Is.EqualTo(s_names));
    }

    [Test]
    public void The_limit_of_cut_shares_changes_no_run()
    {
        string limited = RecipeText.With("\"maxNewTokens\": 16", "\"maxNewTokens\": 16, \"maxCutShare\": 0.5");
        Assert.That(Names(limited), Is.EqualTo(s_names));
        Assert.That((RecipeFile.Parse(limited, "/a.json").MaxCutShare, RecipeFile.Parse(RecipeText.Good, "/a.json").MaxCutShare), Is.EqualTo((0.5, 0.1)));
    }

    [Test]
    public void The_names_of_a_round_on_policy_hold_all_that_decides_its_pairs_and_leave_the_other_runs_alone()
    {
        const string Round = "\"responses\": 4, \"judge\": { \"folder\": \"other\", \"maxLength\": 64 }";
        string text = RecipeText.With("\"trainingPairs\": 40 }", $"\"trainingPairs\": 40 }}, \"resample\": {{ {Round} }}");
        InputFingerprints inputs = s_inputs with { Judges = ["gold", "other"], TrainingPrompts = "prompts" };
        RunNames[] names = Names(text, inputs);
        Assert.That(names.Take(s_names.Length), Is.EqualTo(s_names));
        RunNames[] OnPolicy(string other, InputFingerprints of, string start = "SFT") => Names(other, of, start)[s_names.Length..];
        RunNames[] own = [.. names.Skip(s_names.Length)];
        Assert.That(own.Select(name => name.Weights), Has.None.AnyOf(s_names.Select(name => name.Weights).ToArray()).And.Unique);
        Assert.That(OnPolicy(text, inputs with { Training = "responses of other people" }), Is.EqualTo(own));
        foreach (RunNames[] other in new[]
        {
            OnPolicy(text, inputs, "another SFT"), OnPolicy(text, inputs with { Judges = ["gold", "another"] }), OnPolicy(text, inputs with { TrainingPrompts = "others" }),
            OnPolicy(text, inputs with { EndTokens = [2, 3] }), OnPolicy(text.Replace("\"responses\": 4", "\"responses\": 5", StringComparison.Ordinal), inputs),
            OnPolicy(text.Replace("\"responses\": 4", "\"responses\": 4, \"temperature\": 0.5", StringComparison.Ordinal), inputs), OnPolicy(text.Replace("\"topP\": 0.95", "\"topP\": 0.5", StringComparison.Ordinal), inputs),
            OnPolicy(text.Replace("\"seed\": 7", "\"seed\": 8", StringComparison.Ordinal), inputs),
        })
            Assert.That(other.Zip(own).Count(pair => pair.First.Weights == pair.Second.Weights), Is.Zero);
        var identity = new RunIdentity(RecipeFile.Parse(text, "/somewhere/small.json"), inputs);
        var more = new RunIdentity(RecipeFile.Parse(text.Replace("\"responses\": 4", "\"responses\": 5", StringComparison.Ordinal), "/somewhere/small.json"), inputs);
        Assert.That((more.Resampled("SFT").Responses, more.Resampled("SFT").Scores), Is.EqualTo((identity.Resampled("SFT").Responses, identity.Resampled("SFT").Scores)), "what is sampled and scored stays");
        Assert.That(more.Resampled("SFT").Pairs, Is.Not.EqualTo(identity.Resampled("SFT").Pairs));
    }

    // in one order, for names that are stored
    [Test]
    public void End_tokens_are_ascending_and_training_prompts_are_told_where_a_round_on_policy_asks_them()
    {
        using SweepFolder plain = new(), round = ResampleSweepTests.Folder();
        plain.Write("model/generation_config.json", """{ "eos_token_id": [9, 2, 5] }""");
        InputFingerprints of = Of(plain), asked = Of(round);
        Assert.That((of.EndTokens, of.TrainingPrompts), Is.EqualTo((new[] { 2, 5, 9, 767 }, "")));
        round.With("pairs.jsonl", File.ReadLines(round.PathOf("pairs.jsonl")).First() + "\n", "");
        Assert.That(Of(round).TrainingPrompts, Is.Not.EqualTo(asked.TrainingPrompts).And.Not.Empty);

        static InputFingerprints Of(SweepFolder folder) => InputFingerprints.Of(folder.Load(), folder.Options, folder.Data(), folder.Options.Hashes(TimeProvider.System, _ => { }));
    }

    [Test]
    public void A_recipe_uses_every_judge_that_it_trains_and_the_pairs_of_its_round_on_policy()
    {
        const string Gold = "\"gold\": { \"folder\": \"gold\", \"maxLength\": 64 }", Template = "\"template\": \"phi-3\"";
        static string Neox(string name, int width) => $"{{ \"name\": \"{name}\", \"neox\": {{ \"width\": {width}, \"layers\": 1, \"heads\": 1, \"mlpWidth\": 8, \"maxLength\": 64 }} }}";
        string judged = SweepFolder.Recipe.Replace(Gold, $"\"gold\": [ {{ \"folder\": \"gold\", \"maxLength\": 64 }}, {Neox("one", 8)}, {Neox("two", 16)} ]", StringComparison.Ordinal);
        string round = judged.Replace(Template, $"{Template}, \"resample\": {{ \"responses\": 2, \"judge\": {Neox("chooser", 32)} }}", StringComparison.Ordinal);
        InputFingerprints inputs = s_inputs with { Judges = ["weights", "gold-1", "gold-2", "gold-3"], TrainingPrompts = "prompts" };
        (Recipe plain, Recipe resampled) = (RecipeFile.Parse(judged, "/own.json"), RecipeFile.Parse(round, "/own.json"));
        RunIdentity identity = new(resampled, inputs);
        RecipeUse without = RecipeUse.Of(plain, new(plain, inputs), "SFT"), use = RecipeUse.Of(resampled, identity, "SFT");
        Assert.That((without.Gold, string.Join(' ', without.FurtherGolds), without.Judged!.Count, without.Resampled), Is.EqualTo(("gold-1", "gold-2", 3, (IReadOnlyList<string>?)null)));
        Assert.That((use.Gold, string.Join(' ', use.FurtherGolds), use.Judged!.Count), Is.EqualTo(("gold-1", "gold-2 gold-3", 4)));
        Assert.That(use.Resampled, Is.EqualTo(new[] { identity.Resampled("SFT").Responses }));
    }

    [Test]
    public void Points_added_to_a_method_leave_the_other_names() =>
        Assert.That(Names(RecipeText.With("\"beta\": [0.1]", "\"beta\": [0.1, 0.3]")), Is.SupersetOf(s_names));

    [Test]
    public void A_preference_run_holds_the_SFT_weights_it_starts_from_and_not_the_grid_they_were_chosen_from()
    {
        Assert.That(Names(RecipeText.With("\"epochs\": [1, 2]", "\"epochs\": [1]"))[1..], Is.EqualTo(s_names[2..]));
        RunNames[] other = Names(RecipeText.Good, start: "another SFT");
        Assert.That(other[..2], Is.EqualTo(s_names[..2]));
        Assert.That(other[2..].Select(name => name.Weights).Intersect(s_names.Select(name => name.Weights)), Is.Empty);
    }

    [TestCase("\"seed\": 7", "\"seed\": 8"), TestCase("\"width\": 32", "\"width\": 64")]
    public void What_changes_the_first_weights_changes_every_SFT_run(string piece, string replacement) =>
        Assert.That(Weights(Names(RecipeText.With(piece, replacement)))[..2].Intersect(Weights(s_names)), Is.Empty);

    [Test]
    public void What_changes_training_changes_weights_and_all_that_comes_of_them()
    {
        RunNames[] batch = Names(RecipeText.With("\"batchSize\": 8, \"warmupRatio\"", "\"batchSize\": 4, \"warmupRatio\""));
        foreach (RunNames[] other in new[] { batch, Names(RecipeText.Good, s_inputs with { Training = "other" }), Names(RecipeText.Good, s_inputs with { Tokenizer = "other" }) })
            Assert.That(Parts(other[2]).Intersect(Parts(s_names[2])), Is.Empty);
    }

    [TestCase("\"temperature\": 0.7", "\"temperature\": 0.8")]
    [TestCase("\"maxNewTokens\": 16", "\"maxNewTokens\": 8")]
    public void Sampling_leaves_the_weights(string piece, string replacement)
    {
        RunNames[] other = Names(RecipeText.With(piece, replacement));
        Assert.That(Weights(other), Is.EqualTo(Weights(s_names)));
        Assert.That(Parts(other[2])[1..].Intersect(Parts(s_names[2])), Is.Empty);
    }

    [Test]
    public void End_tokens_are_part_of_sampling()
    {
        RunNames[] other = Names(RecipeText.Good, s_inputs with { EndTokens = [2, 7] });
        Assert.That(Weights(other), Is.EqualTo(Weights(s_names)));
        Assert.That(Parts(other[2])[1..].Intersect(Parts(s_names[2])), Is.Empty);
    }

    [Test]
    public void Factors_that_are_rounded_to_fewer_bits_give_other_weights_and_nothing_changes_where_they_cannot_be()
    {
        var cpu = new SweepOptions { SweepsFolder = "", Tf32 = true };
        Assert.That((cpu.Rounding, (cpu with { Device = "cuda:1", Tf32 = false }).Rounding), Is.EqualTo(("", "")));
        string rounding = (cpu with { Device = "cuda:1" }).Rounding;
        Assert.That(Names(RecipeText.Good, s_inputs with { Rounding = rounding }).SelectMany(Parts).Intersect(s_names.SelectMany(Parts)), Is.Empty);
        string narrow = In("bfloat16");
        Assert.That(Names(narrow, s_inputs with { Rounding = rounding }), Is.EqualTo(Names(narrow)), "no factor is in float32");
    }

    [Test]
    public void Prompts_leave_weights_and_the_file_of_responses()
    {
        RunNames other = Names(RecipeText.Good, s_inputs with { Prompts = "other" })[2];
        Assert.That(Parts(other)[..2], Is.EqualTo(Parts(s_names[2])[..2]));
        Assert.That(Parts(other)[2..].Intersect(Parts(s_names[2])), Is.Empty);
    }

    [Test]
    public void A_gold_model_or_the_data_sets_own_responses_change_the_run_alone()
    {
        foreach (InputFingerprints other in new[] { s_inputs with { Judges = ["other"] }, s_inputs with { Test = "other" } })
        {
            RunNames name = Names(RecipeText.Good, other)[2];
            Assert.That(name with { Run = "" }, Is.EqualTo(s_names[2] with { Run = "" }));
            Assert.That(name.Run, Is.Not.EqualTo(s_names[2].Run));
        }
    }

    [Test]
    public void Another_policy_folder_is_another_SFT_run_wherever_it_lies()
    {
        const string Shape = "\"width\": 32, \"layers\": 2, \"heads\": 2, \"keyValueHeads\": 1, \"mlpWidth\": 64, \"maxPositions\": 128";
        string Folder(string name) => RecipeText.With(Shape, $"\"folder\": \"{name}\"");
        string[] first = Weights(Names(Folder("a"), s_inputs with { Policy = "bytes" }));
        Assert.That(Weights(Names(Folder("b"), s_inputs with { Policy = "bytes" })), Is.EqualTo(first));
        Assert.That(Weights(Names(Folder("a"), s_inputs with { Policy = "other bytes" }))[..2].Intersect(first), Is.Empty);
    }

    [Test]
    public void Adapters_change_the_preference_runs_and_leave_the_SFT_runs()
    {
        RunNames[] after = Names(RecipeText.With("\"maxPositions\": 128", "\"maxPositions\": 128, \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"o_proj\"] }"));
        RunNames[] other = Names(RecipeText.With("\"maxPositions\": 128", "\"maxPositions\": 128, \"lora\": { \"rank\": 2, \"alpha\": 4, \"targets\": [\"qkv_proj\"] }"));
        Assert.That(after[..2], Is.EqualTo(s_names[..2]));
        Assert.That(Weights(after)[2..].Intersect([.. Weights(s_names), .. Weights(other)]), Is.Empty);
    }

    [Test]
    public void Another_precision_is_another_run_and_float32_said_aloud_is_not()
    {
        Assert.That(Names(In("float32")), Is.EqualTo(s_names));
        Assert.That(Names(In("bfloat16")).SelectMany(Parts).Intersect(s_names.SelectMany(Parts)), Is.Empty);
    }

    [Test]
    public void Averages_leave_all_names_and_follow_the_weights_they_are_of()
    {
        static string With(string more, string over = "") => RecipeText.With("\"warmupRatio\": 0.2", $"\"warmupRatio\": 0.2, \"averages\": [{more}]{over}");
        RunNames[] four = Names(With("4")), both = Names(With("4, 8"));
        Assert.That(four, Is.SupersetOf(s_names));
        Assert.That(both, Is.SupersetOf(four));
        Assert.That(both, Has.Length.EqualTo(2 + 3 * (s_names.Length - 2)));
        Assert.That(Weights(both), Is.Unique);
        Assert.That(Names(With("4", ", \"averageOver\": 0.5")), Is.EqualTo(four), "the default said aloud");
        Assert.That(Names(With("4", ", \"averageOver\": 0.25")).Intersect(four), Is.EquivalentTo(s_names));
        Assert.That(Weights(Names(With("4"), s_inputs with { Training = "other" })).Intersect(Weights(four)), Is.Empty);
        Assert.That(Weights(Names(With("4"), start: "another SFT"))[2..].Intersect(Weights(four)), Is.Empty);
    }

    [Test]
    public void The_names_of_float32_stay() => Assert.That(Names(RecipeText.Good)[0].Weights, Is.EqualTo("SFT-lr1e-3-e1-2b157ef582"), "stores that are there are found again");

    private static string In(string precision) => RecipeText.With("\"maxPositions\": 128", $"\"maxPositions\": 128, \"precision\": \"{precision}\"");

    private static string[] Weights(RunNames[] names) => [.. names.Select(name => name.Weights)];

    private static string[] Parts(RunNames names) => [names.Weights, names.Sampling, names.Responses, names.Run];
}
