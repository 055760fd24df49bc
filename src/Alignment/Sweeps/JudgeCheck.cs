using Alignment.Data;
using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Rewards;

namespace Alignment.Sweeps;

/// <summary>The doctor's question of each judge a recipe names: is its folder whole, what does it read by, are its scores numbers, and does it prefer what people prefer?</summary>
internal static class JudgeCheck
{
    // pairs of the test set that are scored: their accuracy is known to about 0.1
    private const int Probes = 100;

    /// <summary>Verdicts on each judge; loads one after the other.</summary>
    public static IReadOnlyList<Verdict> Of(ExaminationInput input, SweepOptions options)
    {
        if (StartCheck.Examined(input) is not { } recipe)
            return [Verdict.Warn($"judges are not judged: no recipe for data from files is given", $"give -p:Recipe=FILE")];
        var faults = new SweepFaults();
        SweepData? data = faults.Try(() => Preflight.Read(recipe, options, options.Hashes(TimeProvider.System, _ => { }), _ => { }));
        return data == null ? [Verdict.Warn($"judges are not judged: the sweep cannot start", $"see the verdict on its start")]
            : [.. recipe.AllJudges.SelectMany(judge => Of(judge, recipe, options, data))];
    }

    private static IReadOnlyList<Verdict> Of(GoldChoice judge, Recipe recipe, SweepOptions options, SweepData data)
    {
        if (judge is not GoldFolder) // it is trained, then: the world's judge scores no data from files
            return [Verdict.Note($"judge {judge.Name}: {GoldModel.Describe(judge)}, so its accuracy is known when the sweep has trained it")];
        List<string> told = [];
        var faults = new SweepFaults();
        using GoldModel? gold = faults.Try(() => GoldModel.Open(judge, new(recipe, options, data, told.Add), ("", ""), CancellationToken.None));
        if (gold == null)
            return [.. faults.All.Select(fault => Verdict.Fail($"judge {judge.Name}: {fault}", $""))];
        PreferencePair[] pairs = [.. data.Test.Take(Probes)];
        (IReadOnlyList<RewardScore> chosen, IReadOnlyList<RewardScore> rejected) = data.TestHasPairs ? gold.ScoreSides(pairs)
            : (gold.Score(pairs, pairs.Select(pair => (pair.Response, true))), []);
        int odd = chosen.Concat(rejected).Count(score => !double.IsFinite(score.Value));
        return
        [
            .. told.Select(line => Verdict.Ok($"judge {judge.Name}: {line}")),
            odd > 0 ? Verdict.Fail($"judge {judge.Name}: {odd} of {chosen.Count + rejected.Count} scores are no finite numbers", $"its weights are damaged, or too large for their type")
                : !data.TestHasPairs ? Verdict.Warn($"judge {judge.Name}: its {chosen.Count} scores are finite, and the test set has no pairs that tell whether it prefers what people prefer",
                    $"give test pairs (\"test\" in the recipe's data): every conclusion rests on it")
                : Accuracy(judge.Name, PairAccuracy.Count([.. chosen.Select(score => score.Value)], [.. rejected.Select(score => score.Value)])),
        ];
    }

    private static Verdict Accuracy(string name, PairAccuracy accuracy) => accuracy switch
    {
        { Low: > 0.5 } => Verdict.Ok($"judge {name}: it prefers what the test set prefers, accuracy {accuracy}"),
        { High: < 0.5 } => Verdict.Warn($"judge {name}: it prefers what the test set rejects, accuracy {accuracy}", $"see that its template and tokenizer are those it was trained with"),
        _ => Verdict.Warn($"judge {name}: it is not told apart from a coin, accuracy {accuracy}", $"give more test pairs, or another judge: every conclusion rests on it"),
    };
}
