using Alignment.Distributed;
using Alignment.Kernels.Native;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// The one training loop, for SFT, every preference objective and reward models. Its result depends on goal and settings alone: not on micro-batch
/// (up to rounding), interruptions (bit for bit) or speed.
/// </summary>
internal sealed class Trainer
{
    private readonly ITrainingGoal _goal;
    private readonly TrainingRun _run;
    private readonly TrainingPlan _plan;
    private readonly ICollectives _ranks;

    /// <summary>Trains a policy.</summary>
    /// <param name="model">Trained in place, in its own dtype.</param>
    /// <param name="goal">Data and loss.</param>
    /// <param name="settings">What decides the result.</param>
    /// <param name="run">Where files go and whom to tell.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public Trainer(ILanguageModel model, IPolicyGoal goal, TrainingSettings settings, TrainingRun run)
        : this(run.Speed.Ranks.Ranks == 1 ? new PolicyTraining(model, goal, settings, run.Speed) : new ShardedTraining(model, goal, settings, run.Speed), run)
    {
    }

    /// <summary>Trains whatever the goal says.</summary>
    internal Trainer(ITrainingGoal goal, TrainingRun run) => (_goal, _run, _plan, _ranks) = (goal, run, goal.Plan, run.Speed.Ranks);

    /// <summary>Trains to the last step, from the newest checkpoint in the run's folder if there is one.</summary>
    /// <param name="cancel">Asked before each step; a checkpoint is written first.</param>
    /// <exception cref="NonFiniteLossException">A loss or gradient is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The run was asked to stop; it can go on later.</exception>
    /// <exception cref="InvalidDataException">The folder holds the checkpoint of another run.</exception>
    public TrainingResult Train(CancellationToken cancel = default)
    {
        using var sharded = _goal as ShardedTraining; // made here
        TrainingResult result = Steps(cancel);
        _goal.Finish();
        return result;
    }

    private TrainingResult Steps(CancellationToken cancel)
    {
        Directory.CreateDirectory(_run.Folder);
        using var parameters = new ParameterGroups(_goal.Parameters, _run.Speed);
        using var averages = new WeightAverages(_run.Averages, _plan.Steps, () => _goal.Averaged(parameters));
        CheckpointState state = Load(parameters, averages) ?? Fresh();
        using StepLog? log = _ranks.Rank == 0 ? StepLog.Open(Path.Combine(_run.Folder, "steps.jsonl"), state.Step) : null;
        using EventLog? events = _ranks.Rank == 0 && _run.EventFolder is { } folder ? EventLog.Open(folder, state.Step, _run.Clock) : null;
        var speed = new Speedometer(_run.Clock, state);
        var timer = new CheckpointTimer(_run.Clock, _run.Speed, parameters.Bytes + averages.Bytes);
        StepRow? last = null;
        while (state.Step < _plan.Steps)
        {
            bool stop = _ranks.Any(cancel.IsCancellationRequested);
            if (_ranks.Any(stop || timer.Due(state.Step)))
                timer.Save(state.Step, () => Save(state, parameters, averages, log));
            if (stop)
                throw new OperationCanceledException(cancel);
            CollectionPoint.Pass();
            using var scope = NewDisposeScope();
            int[] batch = _plan.Rows(state.Step);
            (BatchSums sums, double norm) = Gradient(batch, parameters, state.Step, last);
            double learningRate = _plan.Rate(state.Step);
            parameters.Step(learningRate);

            state = speed.After(state, batch.Sum(_goal.Tokens));
            _goal.EndStep(state.Step);
            averages.EndStep(state.Step);
            last = new()
            {
                Step = state.Step,
                Epoch = _plan.EpochsAfter(state.Step),
                Loss = sums.Loss,
                Means = sums.Means,
                GradientNorm = norm,
                LearningRate = learningRate,
                Tokens = state.Tokens,
                TokensPerSecond = speed.TokensPerSecond,
            };
            log?.Write(last);
            events?.Write(last);
            _run.Progress?.Report(new(_goal.Name, state.Step, state.Steps, last.Loss, last.TokensPerSecond, speed.TimeLeft(state)));
            if (_plan.EndsEpoch(state.Step) && _goal.EndEpoch())
                break;
        }
        log?.Sync();
        averages.Write(_run.Folder, _ranks);
        parameters.ReleaseGradients(); // sampling and scoring need their memory
        return new(state.Step, state.Tokens, state.Seconds);
    }

    // the batch's gradient, clipped, is the optimisers'; its norm before
    private (BatchSums Sums, double Norm) Gradient(int[] batch, ParameterGroups parameters, long step, StepRow? last)
    {
        try
        {
            BatchSums sums = _goal.AddGradient(batch, parameters.Gather);
            double norm = parameters.Clip(_plan.MaxGradientNorm, _goal.GradientNorm());
            return double.IsFinite(norm) ? (sums, norm) : throw NonFinite(FormattableString.Invariant($"gradient norm is {norm}"));
        }
        catch (NotFiniteNumberException notFinite)
        {
            throw NonFinite(FormattableString.Invariant($"loss is {notFinite.OffendingNumber}"));
        }

        NonFiniteLossException NonFinite(string what)
        {
            parameters.ReleaseGradients();
            return new(what, _goal.Name, step + 1, [.. batch.Select(row => _goal.Sources[row])], last);
        }
    }

    private void Save(CheckpointState state, ParameterGroups parameters, WeightAverages averages, StepLog? log)
    {
        using var scope = NewDisposeScope();
        log?.Sync();
        Checkpoint.Save(_run.Folder, state, Parts(parameters, averages, _goal.State()), _ranks);
    }

    private CheckpointState? Load(ParameterGroups parameters, WeightAverages averages)
    {
        using var scope = NewDisposeScope();
        IReadOnlyDictionary<string, Tensor> own = _goal.State();
        CheckpointState? state = Checkpoint.Load(_run.Folder, Fresh(), Parts(parameters, averages, own), _ranks);
        if (state != null)
            _goal.Restore(own);
        return state;
    }

    private Dictionary<string, IReadOnlyDictionary<string, Tensor>> Parts(ParameterGroups parameters, WeightAverages averages, IReadOnlyDictionary<string, Tensor> goal) =>
        new(_goal.Checkpointed(parameters)) { ["goal"] = goal, ["averages"] = averages.State() };

    private CheckpointState Fresh() => new()
    {
        Goal = _goal.Name,
        Rows = _goal.Sources.Count,
        Steps = _plan.Steps,
        Seed = _plan.Seed,
        Step = 0,
        Tokens = 0,
        Seconds = 0,
    };
}
