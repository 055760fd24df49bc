using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Regression;

/// <summary>
/// Every folder of <see cref="GoldenSet.Models"/> against transformers, from the folder alone. What is in it says what is checked: a check passes over a
/// folder that has nothing for it, and what no check used fails the folder.
/// </summary>
[Category("Golden")]
[NonParallelizable]
public class GoldenModelsTests
{
    // class of transformers, by its end → what is checked of it
    private static readonly (string End, Action<GoldenFolder, GoldenTally>[] Checks)[] s_checks =
    [
        ("ForCausalLM", [GoldenConfigs.Check, GoldenLogits.Check, GoldenLongRope.Check, GoldenRotary.Check, GoldenGreedy.Check, GoldenGradients.Check]),
        ("ForSequenceClassification", [GoldenRewards.CheckFolder, GoldenRewards.Check, GoldenRewards.CheckGradients, GoldenRotary.Check]),
    ];

    // where the numbers come from, how far two references are from each other, where to compare
    private static readonly string[] s_told =
    [
        "schema", "set", "versions", "compare_only_where", "checks", "max_abs_logit", "std_logit", "largest_logit_change_of_common_mistakes", "note_on_versions",
        "bf16weights", "bf16compute", "window", "loss_definition", "pooling_rule",
        "eospad.note", "interior.note",
    ];

    private static IEnumerable<string> Folders => Directory.EnumerateDirectories(GoldenSet.Models).Where(folder => File.Exists(Path.Combine(folder, "expected.json")))
        .Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Folders))]
    public void A_folder_gives_the_numbers_of_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        using var folder = new GoldenFolder(name);
        var tally = new GoldenTally(name);
        (string _, Action<GoldenFolder, GoldenTally>[] checks) = s_checks.FirstOrDefault(kind => folder.Class.EndsWith(kind.End, StringComparison.Ordinal));
        Assert.That(checks, Is.Not.Null, $"{name}: nothing here checks a {folder.Class}");
        foreach (Action<GoldenFolder, GoldenTally> check in checks!)
            check(folder, tally);
        foreach (string told in s_told)
            folder.Expected.Find(told)?.Told();
        tally.Begin("everything in the folder is used");
        tally.Same("unused", folder.Unused(), []);
        tally.Finish();
    }

    [Test]
    public void There_are_folders() => Assert.That(Folders, Is.Not.Empty, $"{GoldenSet.Models} holds no folder with expected.json");
}
