using Alignment.Doctor;
using Alignment.Files;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Rewards;
using Alignment.Tokenization;
using Alignment.Training;

namespace Alignment.Sweeps;

/// <summary>
/// What is certain to fail, found before anything is trained and all at once: files that are missing or cannot be read, weights that do not fill their
/// model or hold NaN, a gold model without a tokenizer, lengths beyond the model's positions, parts of the data without a pair, schedules that train nothing. A
/// sweep begins here, and its dry run and the doctor ask here.
/// </summary>
internal static class Preflight
{
    /// <summary>The data of a sweep that can start.</summary>
    /// <exception cref="RecipeException">All that keeps it from starting.</exception>
    public static SweepData Read(Recipe recipe, SweepOptions options, FileHashes hashes, Action<string> log)
    {
        var faults = new SweepFaults();
        DecoderConfig? policy = recipe.Policy is PolicyFolder named ? faults.Try(() => Policy(recipe, named, options)) : null;
        if (recipe.Policy is not PolicyFolder || policy != null)
            faults.Try(() => PolicyModels.RequireTargets(recipe, options));
        List<(GoldFolder Gold, ModelTokenizer Tokenizer)> judges = [];
        foreach (GoldFolder gold in recipe.AllJudges.OfType<GoldFolder>())
            if (Gold(recipe, gold, options, faults) is { } tokenizer)
                judges.Add((gold, tokenizer));
        foreach (DecoderFolderGold begun in recipe.AllJudges.OfType<DecoderFolderGold>())
            Begun(recipe, begun, options, faults);
        if ((policy?.Shape ?? (recipe.Policy as NewPolicy)?.Shape) is { } shape
            && TruncationCheck.Positions(recipe.Lengths, recipe.Generation.MaxNewTokens, shape) is { Grade: Grade.Fail } beyond)
            faults.Add($"{recipe.At("$.lengths")}: {beyond.Text}: {beyond.Advice}");
        foreach (string fault in Beside(recipe, options))
            faults.Add(fault);
        SweepData? data = faults.Try(() => SweepData.Read(recipe, options, log));
        if (data != null)
        {
            foreach (string fault in LabelCheck.Faults(recipe, data))
                faults.Add(fault);
            if (data.Reward.Count == 0 && data.Labelled == null && recipe.AllJudges.Any(judge => judge is TrainedGold))
                faults.Add($"{recipe.At("$.data")} leaves no pair to train the gold model on: "
                    + (recipe.Data is WorldChoice ? "the embedded world sets none aside, give a judge by its \"folder\", or \"world\"" : "raise \"split.rewardModel\""));
            if (policy?.Shape.Vocabulary < data.Tokenizer.VocabularySize)
                faults.Add($"{recipe.At("$.policy.folder")}: the model knows {policy.Shape.Vocabulary} tokens and the tokenizer has "
                    + $"{data.Tokenizer.VocabularySize}; give the tokenizer this model was trained with");
            foreach ((GoldFolder gold, ModelTokenizer tokenizer) in judges)
                foreach (string refusal in Refusals(gold, tokenizer))
                    faults.Add($"{recipe.At($"$.{gold.Key}.folder")}: {refusal}");
            foreach (string fault in Schedules(recipe, Grid.SftPoints(recipe), data.SftRows.Count).Concat(Schedules(recipe, Grid.PreferencePoints(recipe), data.Training.Count))
                .Concat(Averages(recipe, Grid.PreferencePoints(recipe), data.Training.Count)))
                faults.Add(fault);
            if (recipe.Resample != null)
                foreach (string fault in ResampleCheck.Faults(recipe, options, data, hashes, judgesAreSound: faults.All.Count == 0))
                    faults.Add(fault);
        }

        bool sound = faults.All.Count == 0;
        MemoryPlan? memory = data == null || recipe.Policy is PolicyFolder && policy == null ? null : faults.Try(() => MemoryPlan.Of(recipe, options, data));
        if (memory != null || !sound) // weights that will not fit are not read
            foreach ((string place, string folder) in Weights(recipe, options, policy != null))
                Numbers(place, folder, hashes, faults, log);
        faults.Throw();
        return data!;

        IEnumerable<string> Refusals(GoldFolder gold, ModelTokenizer tokenizer) =>
            new[] { GoldInput.Refusal(tokenizer, data.Test), gold == recipe.Resample?.Judge ? GoldInput.Refusal(tokenizer, data.TrainingTexts, "training") : null }.OfType<string>();
    }

    // a second whole model stands on one device
    private static IEnumerable<string> Beside(Recipe recipe, SweepOptions options)
    {
        foreach ((string method, bool moves) in Grid.Settings(recipe).Select(point => (point.Method, Objective: Methods.Objective(point)))
            .Where(point => point.Objective.NeedsModel).Select(point => (point.Method, point.Objective.Moves is not null)).Distinct())
        {
            if (moves && recipe.Policy.Lora is not null)
                yield return $"{recipe.At($"$.methods.{method}")}: its reference follows all weights, and policy.lora trains adapters alone: leave one of the two out";
            if (options.RankCount > 1)
                yield return $"{recipe.At($"$.methods.{method}")}: it takes a second model on one rank, and {options.RankCount} are given: leave it out, or give -p:Ranks=1";
        }
    }

    // headers only: no weight is read
    private static DecoderConfig Policy(Recipe recipe, PolicyFolder named, SweepOptions options)
    {
        ModelFolder folder = RecipePath.Policy(recipe, options, named);
        DecoderConfig config = folder.Config();
        folder.Require(config);
        return config;
    }

    // the folders whose weights a sweep reads, those that are there
    private static IEnumerable<(string Place, string Folder)> Weights(Recipe recipe, SweepOptions options, bool policyIsWhole)
    {
        if (policyIsWhole)
            foreach (string folder in RecipePath.Policy(recipe, options, (PolicyFolder)recipe.Policy).Folders)
                yield return (recipe.At("$.policy.folder"), folder);
        foreach (GoldFolder gold in recipe.AllJudges.OfType<GoldFolder>())
        {
            var faults = new SweepFaults(); // told already
            if (faults.Try(() => RecipePath.Find(recipe, options, gold.Folder, $"{gold.Key}.folder")) is { } folder && faults.Try(() => RewardFolder.Require(folder)) != null)
                yield return (recipe.At($"$.{gold.Key}.folder"), folder);
        }
    }

    // a file whose fingerprint is kept has come through here before: each is read for NaN once
    private static void Numbers(string place, string folder, FileHashes hashes, SweepFaults faults, Action<string> log)
    {
        if (ModelFingerprint.WeightFiles(folder).All(hashes.Knows))
            return;
        log($"reading the numbers of {folder}");
        string[] broken = [.. WeightsCheck.Broken(folder)];
        if (broken.Length > 0)
            faults.Add($"{place}: {broken[0]}{(broken.Length > 1 ? $", and so are some of {broken.Length - 1} more tensors" : "")}: get {folder} again from where it was made");
    }

    private static ModelTokenizer? Gold(Recipe recipe, GoldFolder gold, SweepOptions options, SweepFaults faults)
    {
        if (faults.Try(() => RecipePath.Find(recipe, options, gold.Folder, $"{gold.Key}.folder")) is not { } folder)
            return null;
        RewardSizes? sizes = faults.Try(() => RewardFolder.Require(folder));
        ModelTokenizer? tokenizer = faults.Try(() => GoldModel.Tokenizer(folder, gold).Tokenizer);
        if (tokenizer?.VocabularySize > sizes?.Vocabulary)
            faults.Add($"{recipe.At($"$.{gold.Key}.folder")}: the gold model knows {sizes.Vocabulary} tokens and its tokenizer has {tokenizer.VocabularySize}; "
                + "give the tokenizer it was trained with");
        if (gold.MaxLength > sizes?.MaxPositions)
            faults.Add($"{recipe.At($"$.{gold.Key}.maxLength")} {gold.MaxLength} is beyond the gold model's {sizes.MaxPositions} positions: lower it to {sizes.MaxPositions}");
        return tokenizer;
    }

    // the folder that a judge's training begins with
    private static void Begun(Recipe recipe, DecoderFolderGold gold, SweepOptions options, SweepFaults faults)
    {
        string key = $"{gold.Key}.decoder";
        if (faults.Try(() => RecipePath.Find(recipe, options, gold.Folder, $"{key}.folder")) is not { } folder || faults.Try(() => DecoderConfig.ReadFolder(folder)) is not { } config)
            return;
        faults.Try(() =>
        {
            if (DecoderReward.IsOne(folder))
                DecoderReward.Require(config, folder);
            else
                new ModelFolder(folder, null).Require(config);
        });
        ModelTokenizer? tokenizer = faults.Try(() => GoldModel.Tokenizer(folder, gold.Template, gold.TemplateSettings).Tokenizer);
        if (tokenizer?.VocabularySize > config.Shape.Vocabulary)
            faults.Add($"{recipe.At($"$.{key}.folder")}: the model knows {config.Shape.Vocabulary} tokens and its tokenizer has {tokenizer.VocabularySize}; give the tokenizer it was trained with");
        if (gold.Training.MaxLength > config.Shape.MaxPositions)
            faults.Add($"{recipe.At($"$.{key}.maxLength")} {gold.Training.MaxLength} is beyond the model's {config.Shape.MaxPositions} positions: lower it to {config.Shape.MaxPositions}");
    }

    /// <summary>Schedules that train nothing: one fault a stage, whatever its learning rates and methods.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="points">Its points.</param>
    /// <param name="pairs">What they train on.</param>
    public static IEnumerable<string> Schedules(Recipe recipe, IEnumerable<GridPoint> points, int pairs) => points
        .Where(point => point.Method != Grid.Start)
        .Select(point => (point.Method, Epochs: (int)PointValues.Of(point)[Grid.Epochs.Name], Grid.Stage(recipe, point)!.Training))
        .GroupBy(at => (Path: at.Method == Grid.Sft ? "$.sft" : "$.preference", at.Epochs, at.Training.BatchSize, at.Training.Schedule))
        .Where(stage => !Trains(stage.Key.Schedule, Steps(pairs, stage.Key.BatchSize, stage.Key.Epochs)))
        .Select(stage =>
        {
            ((string path, int epochs, int batch, LearningRateSchedule schedule), string methods) = (stage.Key, string.Join(", ", stage.Select(at => at.Method).Distinct()));
            return FormattableString.Invariant($"{recipe.At(path)} ({methods}): {pairs} pairs in batches of {batch}, {epochs} time(s): ")
                + FormattableString.Invariant($"no step of {Steps(pairs, batch, epochs)} has a learning rate above 0 with warmupRatio {schedule.WarmupRatio}, ")
                + "so nothing would be trained: lower batchSize, raise epochs, or set warmupRatio to 0";
        });

    // one fault an average, whatever its learning rates and methods
    public static IEnumerable<string> Averages(Recipe recipe, IEnumerable<GridPoint> points, int pairs) => points.Where(point => point.IsAverage)
        .Select(point => (point.Method, Average: Grid.Average(recipe, point)!, Steps: Steps(pairs, Grid.Stage(recipe, point)!.Training.BatchSize, (int)PointValues.Of(point)[Grid.Epochs.Name])))
        .Where(at => at.Average.StepsOf(at.Steps).Count == 0).GroupBy(at => (at.Average, at.Steps), at => at.Method)
        .Select(at => FormattableString.Invariant($"{recipe.At("$.preference")} ({string.Join(", ", at.Distinct())}): averages {at.Key.Average.Checkpoints}: ")
            + FormattableString.Invariant($"the last {at.Key.Average.Over} of {at.Key.Steps} steps are {at.Key.Average.LastOf(at.Key.Steps)}, fewer than are averaged: ")
            + "lower averages, raise averageOver or epochs, or lower batchSize");

    private static long Steps(int pairs, int batchSize, int epochs) => (pairs + batchSize - 1L) / batchSize * epochs;

    private static bool Trains(LearningRateSchedule schedule, long steps)
    {
        for (long step = 0; step < steps; step++)
            if (schedule.Share(step, steps) > 0)
                return true;
        return false;
    }
}
