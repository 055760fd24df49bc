using Alignment.Kernels.Optimiser;
using Alignment.Models;
using static TorchSharp.torch;

namespace Alignment.Training;

/// <summary>
/// The one training loop, for SFT and every preference objective. Its result depends on model, goal and settings alone: not on micro-batch (up to
/// rounding), interruptions (bit for bit) or speed.
/// </summary>
/// <param name="model">Trained in place, in its own dtype.</param>
/// <param name="goal">Data and loss.</param>
/// <param name="settings">What decides the result.</param>
/// <param name="run">Where files go and whom to tell.</param>
public sealed class Trainer(ILanguageModel model, ITrainingGoal goal, TrainingSettings settings, TrainingRun run)
{
    private readonly TrainingSettings _settings = settings.Checked();
    private readonly BatchPlan _plan = new(goal.Rows.Count, settings);
    private readonly CheckpointTimer _timer = new(run.Clock, run.Speed);

    /// <summary>Trains to the last step, from the newest checkpoint in the run's folder if there is one.</summary>
    /// <param name="cancel">Asked before each step; a checkpoint is written first.</param>
    /// <exception cref="NonFiniteLossException">A loss or gradient is NaN or infinite.</exception>
    /// <exception cref="OperationCanceledException">The run was asked to stop; it can go on later.</exception>
    /// <exception cref="InvalidDataException">The folder holds the checkpoint of another run.</exception>
    public TrainingResult Train(CancellationToken cancel = default)
    {
        Directory.CreateDirectory(run.Folder);
        using var optimiser = new FusedAdamW(model.Trained.Select(item => (item.Key, item.Value)), _settings.Rates());
        CheckpointState state = Checkpoint.Load(run.Folder, Fresh(), model.Trained, optimiser.State()) ?? Fresh();
        using var log = StepLog.Open(Path.Combine(run.Folder, "steps.jsonl"), state.Step);
        var speed = new Speedometer(run.Clock, state);
        StepRow? last = null;
        while (state.Step < _plan.Steps)
        {
            if (cancel.IsCancellationRequested || _timer.Due(state.Step))
                Save(state, optimiser, log);
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            ArraySegment<int> batch = _plan.Rows(state.Step);

            BatchSums sums = ForwardBackward(batch, state.Step, last);
            double norm = GradientNorm.Clip(optimiser.Gradients(), _settings.MaxGradientNorm);
            if (!double.IsFinite(norm))
                throw NonFinite(FormattableString.Invariant($"gradient norm is {norm}"), state.Step, batch, last);
            double learningRate = _settings.LearningRate * _settings.Schedule.Share(state.Step, _plan.Steps);
            optimiser.Step(learningRate);
            optimiser.ZeroGradients();

            state = speed.After(state, batch.Sum(goal.Tokens));
            last = new()
            {
                Step = state.Step,
                Epoch = _plan.Epochs(state.Step),
                Loss = sums.Loss,
                Means = sums.Means,
                GradientNorm = norm,
                LearningRate = learningRate,
                Tokens = state.Tokens,
                TokensPerSecond = speed.TokensPerSecond,
            };
            log.Write(last);
            run.Progress?.Report(new(goal.Stage, state.Step, state.Steps, last.Loss, last.TokensPerSecond, speed.TimeLeft(state)));
        }
        log.Sync();
        optimiser.ReleaseGradients(); // sampling and scoring need their memory
        return new(state.Step, state.Tokens, state.Seconds);
    }

    private BatchSums ForwardBackward(ArraySegment<int> batch, long step, StepRow? last)
    {
        var gradient = new BatchGradient(model, goal, run.Speed);
        try
        {
            return gradient.Add(batch);
        }
        catch (NotFiniteNumberException notFinite)
        {
            throw NonFinite(FormattableString.Invariant($"loss is {notFinite.OffendingNumber}"), step, batch, last);
        }
    }

    private void Save(CheckpointState state, FusedAdamW optimiser, StepLog log)
    {
        log.Sync();
        Checkpoint.Save(run.Folder, state, model.Trained, optimiser.State());
        _timer.Saved(state.Step);
    }

    private NonFiniteLossException NonFinite(string what, long step, ArraySegment<int> batch, StepRow? last)
    {
        model.Module.zero_grad();
        return new(what, goal.Stage, step + 1, [.. batch.Select(row => goal.Rows[row].Source)], last);
    }

    private CheckpointState Fresh() => new()
    {
        Stage = goal.Stage,
        Rows = goal.Rows.Count,
        Steps = _plan.Steps,
        Seed = _settings.Seed,
        Step = 0,
        Tokens = 0,
        Seconds = 0,
    };
}
