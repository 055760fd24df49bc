using Alignment.Data;
using Alignment.Kernels.Optimiser;
using Alignment.Models;
using Alignment.Objectives;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Doctor;

/// <summary>
/// Whether training begins where it must: as long as policy and reference are one model, the loss of DPO and of LN-DPO is ln 2 (Rafailov et al. 2024,
/// eq. 7 with Δ = 0), and on labelled responses KTO's is 1/2. Runs the reference pass and a training batch, backward pass included, on a few pairs.
/// </summary>
internal static class FirstLossCheck
{
    /// <summary>Largest deviation from ln 2, as in float32.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>As <see cref="Tolerance"/>, of a model in bfloat16, whose log-probs change with the company of a sequence by about 0.01 a token.</summary>
    public const double NarrowTolerance = 0.05;

    private const int Pairs = 8;
    private static readonly Objective[] s_objectives = [new Dpo(0.1), new LnDpo(2)];
    private static readonly (double, string) s_logTwo = (Math.Log(2), "ln 2");

    /// <summary>Takes the first pairs through reference pass and training batch.</summary>
    /// <param name="model">The weights are left as they are; adapters on it are trained instead of them.</param>
    /// <param name="pairs">The data.</param>
    /// <param name="device">Where the model is.</param>
    public static IReadOnlyList<Verdict> Of(ILanguageModel model, IReadOnlyList<TokenizedPair> pairs, Device device)
    {
        TokenizedPair[] few = [.. pairs.Take(Pairs)];
        if (few.Length == 0)
            return [Verdict.Fail($"no pair to begin with", $"see the verdicts on the rows")];
        int highest = few.SelectMany(pair => pair.Prompt.Concat(pair.Chosen).Concat(pair.Rejected)).Max();
        if (highest >= model.Shape.Vocabulary)
            return
            [
                Verdict.Fail($"the pairs have token {highest}, and the model knows {model.Shape.Vocabulary} tokens",
                    $"give the tokenizer this model was trained with"),
            ];
        if (few[0].IsLabelled)
            return OfLabels(model, pairs, device);
        // other micro-batches than in training: what differs with a pair's company would show
        ReferenceLogProbs reference = ReferencePass.Compute(model, few, new SpeedSettings { MicroBatch = Pairs, Device = device });
        return [.. s_objectives.Select(objective => First(model, new PreferenceGoal(objective, few, reference), s_logTwo, device))];
    }

    // one of another prompt than the first is among them
    private static IReadOnlyList<Verdict> OfLabels(ILanguageModel model, IReadOnlyList<TokenizedPair> rows, Device device)
    {
        TokenizedPair[] few = [.. rows.Take(Pairs - 1), .. rows.Skip(Pairs - 1).Where(row => !row.Prompt.AsSpan().SequenceEqual(rows[0].Prompt)).Take(1)];
        LabelledRows labelled = LabelledRows.Of(few, few.Max(row => row.Prompt.Length + row.Response.Length) + 1);
        if (!labelled.HasMismatched)
            return [Verdict.Fail($"all rows have the same prompt, and KTO compares with responses to others", $"give rows with at least two prompts")];
        ReferenceLogProbs reference = ReferencePass.Compute(model, labelled, new SpeedSettings { MicroBatch = Pairs, Device = device });
        return [First(model, new LabelledGoal(new Kto(0.1).OnLabels, labelled, reference), (0.5, "1/2"), device)];
    }

    private static Verdict First(ILanguageModel model, IPolicyGoal goal, (double Value, string Text) wanted, Device device)
    {
        using var scope = NewDisposeScope();
        try
        {
            int[] rows = [.. Enumerable.Range(0, goal.Rows.Count)];
            var gradient = new BatchGradient(model, goal, new SpeedSettings { MicroBatch = Pairs / 2 - 1, Device = device });
            double loss = gradient.Add(rows).Loss;
            double norm = GradientNorm.Of([.. model.Trained.Values.Select(parameter => parameter.grad).OfType<Tensor>()]);
            return Judged(goal, wanted, (loss, model.Head.dtype == ScalarType.BFloat16 ? NarrowTolerance : Tolerance), norm);
        }
        catch (NotFiniteNumberException e)
        {
            return Verdict.Fail($"{goal.Name}: the first loss is {e.OffendingNumber}",
                $"the weights hold NaN or infinities, or overflow: see the verdicts on the weights");
        }
        finally
        {
            foreach (Tensor parameter in model.Trained.Values)
                parameter.grad = null;
        }
    }

    private static Verdict Judged(IPolicyGoal goal, (double Value, string Text) wanted, (double Value, double Tolerance) first, double norm)
    {
        double loss = first.Value;
        string rows = $"{goal.Rows.Count} {(goal is LabelledGoal ? "labelled responses" : "pairs")}";
        if (!(Math.Abs(loss - wanted.Value) <= first.Tolerance))
            return Verdict.Fail($"{goal.Name}: the first loss over {rows} is {loss:F6} instead of {wanted.Text} = {wanted.Value:F6}",
                $"the model does not give the same log-probs twice: reference and policy are not one model, or it computes in too few digits");
        return double.IsFinite(norm) && norm > 0
            ? Verdict.Ok($"{goal.Name}: the first loss over {rows} is {loss:F6} ({wanted.Text}), the gradient's norm {norm:G3}")
            : Verdict.Fail($"{goal.Name}: the first loss is {wanted.Text}, and the gradient's norm {norm}",
                $"nothing would be learned: see the verdicts on the weights");
    }
}
