using System.Security.Cryptography;
using System.Text;
using Alignment.Data;
using Alignment.Data.World;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Data.World;

/// <summary>Every published number of the world hangs on its words and on what is drawn from them: these bytes never change.</summary>
public class LockedWorldTests
{
    [TestCase("training", "e94ad11c23d65aeac54a3bcc956da7e32f13ce135280da6839549f182dc07f42")]
    [TestCase("test", "943eb501935c6c2dd3faef12e63d3ada5a4f633fc026d4bc38df22065a6ca6ad")]
    public void The_same_seed_gives_the_same_bytes(string which, string sha256)
    {
        IReadOnlyList<PreferencePair> pairs = which == "training" ? EmbeddedWorld.TrainingPairs(7, 200) : EmbeddedWorld.TestPrompts(7, 200);
        Assert.That(Hash(string.Concat(pairs.Select(pair => $"{pair.Source}\n{pair.Prompt[^1].Text}\n{pair.Chosen}\n{pair.Rejected}\n"))), Is.EqualTo(sha256));
    }

    [TestCase("tasks", "5935bf54329f649f2b013cdf967caa68ddcdcc720e21f606c205f3785e200ed6")]
    [TestCase("intents", "68fecc243f4af65c0abb049fde02c0dd04acdc45d6eac3c2807d90c28d2f4aa1")]
    [TestCase("sentences", "b2d571697771360a58fdce36d9aed7d9a200c2970156566c8efe843c4cff25d2")]
    [TestCase("annotators", "269db2ecd26260ad4e3905b253c895140fee2dcbb2e4a2fa6d01bb8abf836c52")]
    [TestCase("markers", "9b7d1bb58ab84ecfbff6f479b44f181c56c37028a75660044c37c18606083348")]
    public void The_words_of_the_world_are_those_it_had(string which, string sha256)
    {
        string text = which switch
        {
            "tasks" => string.Join('\n', [.. WorldTasks.Objects, .. WorldTasks.All.Select(task => $"{task.Verb}|{task.Place}|{task.Tool}|{task.Action}|{task.Result}")]),
            "intents" => string.Join('\n', [.. WorldIntents.Persons, .. WorldIntents.All.Select(intent => $"{intent.Act}|{intent.Moment}|{intent.Means}|{intent.Alternative}")]),
            "sentences" => string.Join('\n', WorldGrammar.Sentences.Select(sentence => $"{sentence.Kind}|{sentence.Text}|{sentence.Step}|{sentence.Slot}|{sentence.Subject}").Order(StringComparer.Ordinal)),
            "annotators" => string.Join('\n', new[] { WorldAnnotator.A, WorldAnnotator.B }.Select(one => FormattableString.Invariant(
                $"{one.Name}|{string.Join('|', one.Phrasings)}|{one.Determiner}|{one.HarmfulShare}|{one.LastTaskWeight}|{one.LeavesOutEvery}|{one.Verbosity}|{one.Care.Worst}|{one.Care.Best}|{one.Noise}|{one.LengthBias}"))),
            _ => string.Join('\n', WorldVocabulary.SpecialTokens),
        };
        Assert.That(Hash(text), Is.EqualTo(sha256), text);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
