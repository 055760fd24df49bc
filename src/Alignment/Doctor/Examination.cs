using Alignment.Data;
using Alignment.Models;
using Alignment.Recipes;
using Alignment.Tokenization;
using TorchSharp;

namespace Alignment.Doctor;

/// <summary>
/// Checks a model folder, its tokenizer and preference data before hours are spent on them. What a check needs is read when the first check asks for
/// it, once; what cannot be read is a verdict of every check that needs it.
/// </summary>
internal sealed class Examination : IDisposable
{
    private readonly ExaminationInput _input;
    private readonly AvailableMemory _available;
    private readonly Lazy<ModelFolder> _folder;
    private readonly Lazy<DecoderConfig> _config;
    private readonly Lazy<ModelTokenizer> _tokenizer;
    private readonly Lazy<(IReadOnlyList<PreferencePair> Pairs, ReadReport Report)> _data;
    private readonly Lazy<(IReadOnlyList<TokenizedPair> Pairs, TruncationReport Report)> _tokenized;
    private readonly Lazy<TokenLengths> _lengths;
    private readonly Lazy<Decoder> _model;

    /// <summary>Reads nothing yet but the size of the device's memory.</summary>
    public Examination(ExaminationInput input) : this(input, AvailableMemory.Of(input.Device))
    {
    }

    /// <summary>For a device of a given size.</summary>
    internal Examination(ExaminationInput input, AvailableMemory available)
    {
        (_input, _available) = (input, available);
        _folder = new(() => input.Base is { } given && PeftFolder.IsOne(input.Model) ? ModelFolder.Over(input.Model, given) : ModelFolder.Find(input.Model, []));
        _config = new(() => _folder.Value.Config());
        _tokenizer = new(() => TemplateChoice.Load(TokenizerPlace(_folder.Value), input.Template, input.TemplateSettings).With(input.Markers));
        _data = new(ReadData);
        _tokenized = new(Tokenize);
        _lengths = new(() => TokenLengths.Of(_tokenizer.Value, Pairs));
        _model = new(LoadModel);
    }

    /// <summary>Keys, shapes, dtypes and numbers of the weights.</summary>
    public IReadOnlyList<Verdict> Weights() => Judged(() => WeightsCheck.Of(_folder.Value));

    /// <summary>Vocabulary sizes, and the tokens that begin, end and fill.</summary>
    public IReadOnlyList<Verdict> SpecialTokens() => Judged(() => SpecialTokensCheck.Of(_tokenizer.Value, _config.Value));

    /// <summary>The rows of the data.</summary>
    public IReadOnlyList<Verdict> Rows() => Judged(() =>
        [Verdict.Note($"read as {_data.Value.Report.Shape}"), .. RowsCheck.Of(_data.Value.Report, _data.Value.Pairs)]);

    /// <summary>Conversations through template and tokenizer and back.</summary>
    public IReadOnlyList<Verdict> Template() => Judged(() =>
        [ChatTemplateCheck.Of(TokenizerPlace(_folder.Value), _tokenizer.Value.Template, _input.TemplateSettings), .. TemplateCheck.Of(_tokenizer.Value, Pairs)]);

    /// <summary>Which tokens are scored.</summary>
    public IReadOnlyList<Verdict> ResponseMasks() => Judged(() => ResponseMaskCheck.Of(_tokenizer.Value, _tokenized.Value.Pairs));

    /// <summary>What the recipe's lengths cut, and whether the model's positions reach them.</summary>
    public IReadOnlyList<Verdict> Truncation() => Judged(() => _input.Recipe is not { } recipe
        ? [Verdict.Note($"prompts: {_lengths.Value.Prompt}"), Verdict.Note($"chosen responses: {_lengths.Value.Chosen}"),
            Verdict.Note($"rejected responses: {_lengths.Value.Rejected}"), Unjudged("lengths are")]
        :
        [
            .. TruncationCheck.Of(_tokenized.Value.Report, _lengths.Value, recipe.Lengths),
            TruncationCheck.NewTokens(_lengths.Value.Chosen, recipe.Generation.MaxNewTokens),
            .. GoldInputs(recipe),
            TruncationCheck.Positions(recipe.Lengths, recipe.Generation.MaxNewTokens, _config.Value.Shape),
        ]);

    /// <summary>The memory the recipe takes with this model and data, against the device's.</summary>
    public IReadOnlyList<Verdict> Memory() => Judged(() => _input.Recipe == null ? [Unjudged("memory is")] : MemoryCheck.Of(_input.Open.Chosen(Workload(), _input.Recompute, _available), _available));

    /// <summary>The first loss of DPO and LN-DPO; loads the model.</summary>
    public IReadOnlyList<Verdict> FirstLoss() => Judged(() =>
    {
        Workload work = Workload();
        long needed = sizeof(float) * (work.Parameters + work.TrainedParameters);
        return needed > _available.Bytes
            ? [Verdict.Warn(
                $"not run: weights and gradients alone take {ByteCount.Text(needed)}, {_available.Device} has {ByteCount.Text(_available.Bytes)}",
                $"see the verdict on memory")]
            : FirstLossCheck.Of(_model.Value, _tokenized.Value.Pairs, torch.device(_input.Device));
    });

    /// <summary>Frees the model.</summary>
    public void Dispose()
    {
        if (_model.IsValueCreated)
            _model.Value.Dispose();
    }

    private static IReadOnlyList<Verdict> Judged(Func<IReadOnlyList<Verdict>> check)
    {
        try
        {
            return check();
        }
        catch (Exception e) when (IsTold(e))
        {
            return [new(Grade.Fail, e.Message, Advice: "")];
        }
    }

    private static Verdict Unjudged(string what) => Verdict.Warn($"{what} not judged: no recipe is given", $"give -p:Recipe=FILE");

    // no check says ok of nothing
    private IReadOnlyList<PreferencePair> Pairs => _data.Value.Pairs.Count > 0 ? _data.Value.Pairs
        : throw new InvalidDataException($"not judged: no pair is left of {_data.Value.Report.Rows} rows: see the verdicts on the rows");

    private static bool IsTold(Exception e) => e is InvalidDataException or IOException or ArgumentException;

    private (IReadOnlyList<PreferencePair>, ReadReport) ReadData()
    {
        var report = new ReadReport();
        PairFormat format = _input.FormatOfData;
        var reading = new ReadOptions { MaxSkipped = int.MaxValue, Columns = _input.Columns, Labels = _input.Labels, Axis = _input.Axis, Texts = Texts() };
        return (PackedPairs.Of(PreferenceData.Stream(format, _input.Data, reading, report)), report);
    }

    // a tokenizer that cannot be read is told by the checks that need it
    private TextRule? Texts()
    {
        try
        {
            return TextRule.Of(_tokenizer.Value, _input.Markers);
        }
        catch (Exception e) when (IsTold(e))
        {
            return null;
        }
    }

    // long rows are counted, not refused
    private (IReadOnlyList<TokenizedPair>, TruncationReport) Tokenize()
    {
        var cutter = new PairTokenizer(_tokenizer.Value, Limits with { OnLongPrompt = LongRow.Cut, OnLongPair = LongRow.Cut });
        return (cutter.TokenizeAll(Pairs), cutter.Report);
    }

    private LengthLimits Limits => _input.Recipe?.Lengths ?? Whole((int)_config.Value.Shape.MaxPositions);

    private static LengthLimits Whole(int positions) => new() { MaxPrompt = positions - 1, MaxTotal = positions };

    private static string TokenizerPlace(ModelFolder folder) => TokenizerFolder.IsOne(folder.Named) ? folder.Named : folder.Base;

    // one that is trained reads with the policy's tokenizer; a folder has its own
    private Verdict[] GoldInputs(Recipe recipe) => [.. recipe.AllJudges.SelectMany(judge => GoldInputs(judge).Select(verdict =>
        recipe.AllJudges.Count == 1 ? verdict : verdict with { Text = $"judge {judge.Name}: {verdict.Text}" }))];

    private Verdict[] GoldInputs(GoldChoice judge)
    {
        (ModelTokenizer? tokenizer, int maxLength) = judge switch
        {
            NeoXGold or DecoderGold => (_tokenizer.Value, ((TrainedGold)judge).Training.MaxLength),
            GoldFolder named when _input.Judges.TryGetValue(judge.Name, out string? folder) => (TemplateChoice.Load(folder, named.Template, named.TemplateSettings), named.MaxLength),
            _ => (null, 0),
        };
        return tokenizer == null ? [] : [TruncationCheck.GoldInputs(LengthQuantiles.Of(Pairs.Select(pair =>
            tokenizer.EncodeAnswered(pair.Prompt, pair.Response, ended: true).Length)), maxLength)];
    }

    private Decoder LoadModel()
    {
        if (_input.Recipe?.Sft?.Lora is { } sft)
            sft.RequireIn(_config.Value);
        Decoder model = _folder.Value.Load(_config.Value, Placement.Of(_input.Recipe?.Policy.Precision ?? Precision.Float32, torch.device(_input.Device)));
        if (_input.Recipe is { Policy.Lora: { } lora, Seed: var seed })
            LoraAdapters.Attach(model, lora, seed);
        return model;
    }

    private Workload Workload()
    {
        IReadOnlyList<TokenizedPair> pairs = _tokenized.Value.Pairs;
        return new()
        {
            Config = _config.Value,
            Narrow = _input.Recipe?.Policy.Precision == Precision.BFloat16,
            StateOnHost = _input.OptimiserOnHost,
            Averages = _input.Recipe?.Averages ?? 0,
            IsHost = _input.Device == "cpu",
            Lora = _input.Recipe?.Policy.Lora,
            TrainsSft = _input.Recipe?.Sft != null,
            SftLora = _input.Recipe?.Sft?.Lora,
            MicroBatch = _input.MicroBatch,
            TokenBudget = _input.TokenBudget,
            Batches = _input.Recipe?.BatchSizes ?? (int.MaxValue, int.MaxValue),
            Judges = [.. (_input.Recipe?.AllJudges ?? []).Select(judge =>
                JudgeModel.Of(judge, _input.Judges.GetValueOrDefault(judge.Name), _tokenizer.Value.VocabularySize)).OfType<JudgeModel>()],
            GenerationBatch = _input.GenerationBatch,
            LongestSequence = (pairs.Count > 0 && pairs[0].IsLabelled ? LabelledRows.Of(pairs, Limits.MaxTotal) : pairs)
                .Select(pair => pair.Prompt.Length + Math.Max(pair.Chosen.Length, pair.Rejected.Length)).DefaultIfEmpty().Max(),
            LongestPrompt = pairs.Select(pair => pair.Prompt.Length).DefaultIfEmpty().Max(),
            NewTokens = _input.Recipe?.Generation.MaxNewTokens ?? 1,
            Slack = AllocatorSlack.Of(_input.Device),
        };
    }
}
