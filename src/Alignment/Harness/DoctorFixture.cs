using Alignment.Data;
using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Harness;

/// <summary>
/// One's own model folder, tokenizer and data, checked before hours are spent: <c>public sealed class MyDoctor : DoctorFixture;</c>, run by
/// <c>dotnet test --filter TestCategory=Doctor -p:Model=FOLDER -p:Data=FILE [-p:Recipe= -p:DataDir= -p:Template= -p:Format=]</c>.
/// </summary>
[TestFixture, NonParallelizable, Category("Doctor")]
public abstract class DoctorFixture
{
    private readonly OneMessage _failures = new("the doctor did not start");
    private Examination? _examination;
    private Func<IReadOnlyList<Verdict>> _start = () => [], _judges = () => [];

    private Examination Examination => _examination ?? throw new InvalidOperationException("nothing is examined");

    /// <summary>Opens what is examined; without model or data the tests are ignored with the reason.</summary>
    [OneTimeSetUp]
    public void Open() => _failures.Start(() =>
    {
        SweepOptions options = SweepParameters.Options("cpu", GetType().Assembly);
        if (Input(options) is not { } input)
            throw new IgnoreException("give -p:Model=FOLDER (config.json, weights, tokenizer) and -p:Data=FILE (or a folder of files) "
                + "to have them checked");
        TestContext.Progress.WriteLine($"{input.Model} with {input.Data} "
            + (input.Recipe is { } recipe ? $"for recipe {recipe.Name}" : "and no recipe: what depends on one is not judged; give -p:Recipe=FILE"));
        _examination = new(input);
        (_start, _judges) = (() => StartCheck.Of(input, options), () => JudgeCheck.Of(input, options));
    });

    /// <summary>Frees the model.</summary>
    [OneTimeTearDown]
    public void Close() => _examination?.Dispose();

    /// <summary>Each weight is there, of its shape, and finite.</summary>
    [Test, Order(1)]
    public void Weights_fill_the_model_and_are_finite() => Report(() => Examination.Weights());

    /// <summary>Ids lie within the embedding, and responses end where generation stops.</summary>
    [Test, Order(2)]
    public void Tokenizer_and_model_agree_on_the_vocabulary_and_the_end() => Report(() => Examination.SpecialTokens());

    /// <summary>Faulty rows, by reason.</summary>
    [Test, Order(3)]
    public void Rows_are_whole_and_say_what_is_preferred() => Report(() => Examination.Rows());

    /// <summary>Text to tokens to text.</summary>
    [Test, Order(4)]
    public void Conversations_come_back_from_template_and_tokenizer() => Report(() => Examination.Template());

    /// <summary>How much the recipe's lengths cut.</summary>
    [Test, Order(5)]
    public void Lengths_cut_little_and_fit_the_positions() => Report(() => Examination.Truncation());

    /// <summary>Which tokens of a pair count.</summary>
    [Test, Order(6)]
    public void Responses_and_nothing_else_are_scored() => Report(() => Examination.ResponseMasks());

    /// <summary>An estimate against what the machine has.</summary>
    [Test, Order(7)]
    public void The_sweep_fits_the_memory() => Report(() => Examination.Memory());

    /// <summary>DPO and LN-DPO begin at ln 2.</summary>
    [Test, Order(8)]
    public void The_first_loss_is_log_two() => Report(() => Examination.FirstLoss());

    /// <summary>What the sweep itself refuses before anything is trained, with this model and data in place of the recipe's.</summary>
    [Test, Order(9)]
    public void The_sweep_can_start() => Report(() => _start());

    /// <summary>Each judge of the recipe is whole, gives numbers and prefers what people preferred; loads one after the other.</summary>
    [Test, Order(10)]
    public void Judges_prefer_what_people_prefer() => Report(() => _judges());

    // null where model or data is not given
    private static ExaminationInput? Input(SweepOptions options)
    {
        if (Parameters.FullPath("Model") is not { } model || Parameters.FullPath("Data") is not { } data)
            return null;
        Recipe? recipe = Parameters.Text("Recipe") is { } name ? RecipeFile.Load(name, Parameters.WorkingFolder) : null;
        FileChoice? files = recipe?.Data as FileChoice;
        return new()
        {
            Model = model,
            Data = data,
            Recipe = recipe,
            Base = recipe?.Policy is PolicyFolder { Base: { } given } ? Place(recipe, options, given) : null,
            Judges = recipe == null ? [] : new(recipe.AllJudges.OfType<GoldFolder>().Select(judge => (judge.Name, Place: Place(recipe, options, judge.Folder)))
                .Where(judge => judge.Place != null).Select(judge => KeyValuePair.Create(judge.Name, judge.Place!))),
            Device = options.Device,
            MicroBatch = options.RowsAtOnce,
            TokenBudget = options.TokenBudget ?? long.MaxValue,
            Open = options.Open,
            Recompute = options.Recompute,
            OptimiserOnHost = options.OptimiserOnHost,
            GenerationBatch = options.Open.Responses ? OpenSizes.MostResponses : options.ResponsesAtOnce,
            Template = Parameters.Text("Template") ?? files?.Template,
            TemplateSettings = files?.TemplateSettings ?? new(),
            Columns = files?.Train.Columns,
            Labels = files?.Train.Labels,
            Axis = files?.Train.Axis ?? default,
            Markers = files?.Markers ?? default,
            Format = Parameters.Text("Format") is { } format ? Format(format) : null,
        };
    }

    private static string? Place(Recipe recipe, SweepOptions options, string named) => new[] { options.DataFolder, recipe.PathsFolder }.OfType<string>()
        .Select(folder => Path.GetFullPath(named, folder)).FirstOrDefault(Directory.Exists);

    private static PairFormat Format(string name) => PairFormats.ByName.TryGetValue(name, out PairFormat format) ? format
        : throw new ArgumentException($"-p:Format must be {string.Join(" or ", PairFormats.ByName.Keys)}, was {name}");

    private void Report(Func<IReadOnlyList<Verdict>> check)
    {
        string title = TestContext.CurrentContext.Test.MethodName!.Replace('_', ' ');
        _failures.Run(title, () =>
        {
            TestContext.Progress.WriteLine(title);
            IReadOnlyList<Verdict> verdicts = check();
            foreach (Verdict verdict in verdicts)
                TestContext.Progress.WriteLine($"  {verdict}");
            Verdict[] failed = [.. verdicts.Where(verdict => verdict.Grade == Grade.Fail)];
            if (failed.Length > 0)
                throw new ToldFailure(string.Join('\n', failed.Select(verdict => verdict.ToString())));
        });
    }
}
