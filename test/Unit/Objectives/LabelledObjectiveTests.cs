using Alignment.Files;
using Alignment.Objectives;
using Alignment.Recipes;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>
/// Objectives on responses labelled one by one beside numbers of another program: PyTorch in float64, from the papers' formulas and TRL's order of steps (the two
/// labels apart, z clamped after the mean and without a gradient, the mean over all responses).
/// </summary>
internal sealed class LabelledObjectiveTests
{
    private const string Labels = "duddu", Desirable = "ddddd", Undesirable = "uuuuu"; // a letter a response

    private static readonly double[] s_policy = [-12, -30.5, -4.25, -15.5, -22.5], s_reference = [-13.25, -28, -4.5, -14, -23.5];
    private static readonly double[] s_mismatched = [-40, -33.5, -21.25, -18, -52], s_mismatchedReference = [-42.5, -33.25, -20, -19.5, -53.75]; // 0.85 apart on the mean

    private static IEnumerable<TestCaseData> Golden =>
    [
        Case(Kto(0.1, 1, 1), Labels, 0, 0.85, 0.496850484533098, [-0.00499800053321247, 0.00486230148000209, -0.00499550269862365, -0.0049315991897599, 0.00499971876054654]),
        Case(Kto(0.1, 1.5, 0.75), Labels, 0, 0.85, 0.607159555476464, [-0.00749700079981871, 0.00364672611000157, -0.00749325404793547, -0.00739739878463986, 0.0037497890704099]),
        Case(Kto(0.5, 1, 1.33), Labels, 0, 0.85, 0.537680198030066, [-0.024751657271186, 0.0176718275306397, -0.0244458311690746, -0.0180278865041197, 0.0332032859880434]),
        Case(Kto(2, 1, 3), Labels, 0, 0.85, 0.759310550003473, [-0.0855638786081178, 0.00147346464036883, -0.0711577762587223, -0.00357282364009696, 0.293349974028895]),
        Case(Kto(0.1, 1, 1), Labels, -2, 0, 0.492554696812725, [-0.00498051950027235, 0.00492268165475197, -0.004999218831373, -0.00497198013355086, 0.00498752080385784]),
        Case(Kto(0.1, 1, 2), Desirable, 0, 0.85, 0.528540694337945, [-0.00499800053321247, -0.00486230148000209, -0.00499550269862365, -0.0049315991897599, -0.00499971876054654]),
        Case(Kto(0.1, 1, 2), Undesirable, 0, 0.85, 0.94291861132411, [0.00999600106642494, 0.00972460296000419, 0.00999100539724729, 0.00986319837951981, 0.00999943752109308]),
        Case(new LabelledApoZero(0.1), Labels, 0, null, 0.492554696812725, [-0.00498051950027235, 0.00492268165475197, -0.004999218831373, -0.00497198013355086, 0.00498752080385784]),
        Case(new LabelledApoZero(0.7), Labels, 0, null, 0.461517230861584, [-0.0290713531245369, 0.0176580915261317, -0.0347333930966714, -0.0268838427093353, 0.0310398022610353]),
        Case(new LabelledApoZero(0.1), Desirable, 0, null, 0.507433622175468, [-0.00498051950027235, -0.00492268165475197, -0.004999218831373, -0.00497198013355086, -0.00498752080385784]),
    ];

    [TestCaseSource(nameof(Golden))]
    public void Mean_loss_gradients_and_baseline_are_those_of_another_program(LabelledObjective objective, string labels, double shift, double? baseline, double mean, double[] gradient)
    {
        using var scope = NewDisposeScope();
        LabelledLogProbs responses = Responses(labels, shift);
        LabelledLosses losses = objective.Loss(responses);
        Tensor loss = losses.Losses.mean();
        loss.backward();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(loss.item<double>(), Is.EqualTo(mean).Within(1e-14));
            Assert.That(Pairs.Numbers(responses.Policy.grad!), Is.EqualTo(gradient).Within(1e-15));
            Assert.That(losses.Baseline?.item<double>(), baseline == null ? Is.Null : Is.EqualTo(baseline).Within(1e-14));
            Assert.That(losses.Losses.shape, Is.EqualTo(new long[] { 5 }));
            Assert.That((losses.Rewards.requires_grad, losses.Baseline?.requires_grad ?? false), Is.EqualTo((false, false)));
        }
    }

    // the two labels apart, each response's term by plain arithmetic
    [Test]
    public void Each_loss_is_the_one_of_its_label([Values(1e-3, 0.1, 5)] double beta, [Values(0.5, 1, 2.5)] double desirable, [Values(0.25, 1, 4)] double undesirable)
    {
        using var scope = NewDisposeScope();
        LabelledLosses losses = Kto(beta, desirable, undesirable).Loss(Responses(Labels));
        double[] wanted = [.. Labels.Select((label, i) => (s_policy[i] - s_reference[i] - 0.85) * beta is var value && label == 'd'
            ? desirable * (1 - 1 / (1 + Math.Exp(-value))) : undesirable * (1 - 1 / (1 + Math.Exp(value))))];
        Assert.That(Pairs.Numbers(losses.Losses), Is.EqualTo(wanted).Within(1e-14));
        Assert.That(Pairs.Numbers(losses.Rewards), Is.EqualTo(s_policy.Zip(s_reference, (p, r) => beta * (p - r))).Within(1e-13));
    }

    [Test]
    public void The_twin_of_operators_on_each_label_by_itself_gives_the_same_losses_and_gradients()
    {
        using var scope = NewDisposeScope();
        var random = new SeededRandom(5, "test/labels");
        double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => -30 * random.NextDouble())];
        double[] policy = Numbers(40), reference = Numbers(40), mismatched = Numbers(40), mismatchedReference = Numbers(40);
        string labels = new([.. Enumerable.Range(0, 40).Select(_ => random.NextDouble() < 0.3 ? 'd' : 'u')]);
        Tensor leaf = tensor(policy, requires_grad: true), twin = tensor(policy, requires_grad: true);
        Kto(0.2, 1.75, 0.8).Loss(Of(leaf, tensor(reference), labels, (tensor(mismatched), tensor(mismatchedReference)))).Losses.sum().backward();

        Tensor kl = max(tensor(0.0), (tensor(mismatched) - tensor(mismatchedReference)).mean());
        long[] good = [.. Enumerable.Range(0, 40).Where(i => labels[i] == 'd').Select(i => (long)i)], bad = [.. Enumerable.Range(0, 40).Where(i => labels[i] == 'u').Select(i => (long)i)];
        Tensor ratios = twin - tensor(reference);
        Tensor chosen = 1 - ((ratios.index_select(0, tensor(good)) - kl) * 0.2).sigmoid(), rejected = 1 - ((kl - ratios.index_select(0, tensor(bad))) * 0.2).sigmoid();
        (chosen.sum() * 1.75 + rejected.sum() * 0.8).backward();
        Assert.That(Pairs.Numbers(leaf.grad!), Is.EqualTo(Pairs.Numbers(twin.grad!)).Within(1e-15));
    }

    // z is a constant of the batch, however far the mismatched responses have moved
    [Test]
    public void No_gradient_reaches_the_mismatched_responses()
    {
        using var scope = NewDisposeScope();
        Tensor mismatched = tensor(s_mismatched, requires_grad: true);
        LabelledLogProbs responses = Responses(Labels) with { Mismatched = (mismatched, tensor(s_mismatchedReference)) };
        Kto(0.1, 1, 1).Loss(responses).Losses.sum().backward();
        Assert.That(mismatched.grad, Is.Null);
    }

    [Test]
    public void Mismatched_responses_may_be_of_any_number_and_their_mean_counts()
    {
        using var scope = NewDisposeScope();
        LabelledLogProbs one = Responses(Labels) with { Mismatched = (tensor(new[] { -3.15 }), tensor(new[] { -4.0 })) };
        Assert.That(Pairs.Numbers(Kto(0.1, 1, 1).Loss(one).Losses), Is.EqualTo(Pairs.Numbers(Kto(0.1, 1, 1).Loss(Responses(Labels)).Losses)).Within(1e-15));
    }

    [Test]
    public void Margins_of_ten_thousand_nats_have_finite_losses_and_gradients([Values(-1e4, 1e4)] double far, [Values('d', 'u')] char label)
    {
        using var scope = NewDisposeScope();
        Tensor policy = tensor(new[] { (float)far }, requires_grad: true);
        LabelledLogProbs responses = Of(policy, zeros(1), label.ToString(), (tensor(new[] { 1f }), zeros(1)));
        Tensor loss = Kto(1, 1, 1).Loss(responses).Losses;
        loss.backward();
        Assert.That((loss.item<float>(), policy.grad!.item<float>()), Is.EqualTo(((far > 0) == (label == 'd') ? 0f : 1f, 0f)));
        Assert.That(loss.dtype, Is.EqualTo(ScalarType.Float32));
    }

    [Test]
    public void Kto_without_mismatched_responses_is_refused_and_apo_zero_needs_none()
    {
        using var scope = NewDisposeScope();
        LabelledLogProbs alone = Responses(Labels) with { Mismatched = null };
        Assert.That(() => Kto(0.1, 1, 1).Loss(alone), Throws.ArgumentException.With.Message.EqualTo("KTO needs the log-probs of mismatched responses, and these labelled responses have none"));
        Assert.That(new LabelledApoZero(0.1).Loss(alone).Baseline, Is.Null);
    }

    [Test]
    public void A_loss_leaves_no_tensors_behind_but_its_result([Values] bool isKto)
    {
        using var scope = NewDisposeScope();
        LabelledLogProbs responses = Responses(Labels);
        LabelledObjective objective = isKto ? Kto(0.1, 1, 1) : new LabelledApoZero(0.1);
        objective.Loss(responses);
        DisposeScopeManager.Statistics.Reset();
        objective.Loss(responses);
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.EqualTo(isKto ? 3 : 2));
    }

    [Test]
    public void The_form_on_labels_has_the_name_and_the_hyperparameters_of_the_one_on_pairs()
    {
        Assert.That(new Kto(0.3) { DesirableWeight = 1.2, UndesirableWeight = 0.9 }.OnLabels, Is.EqualTo(Kto(0.3, 1.2, 0.9)));
        Assert.That(new ApoZero(0.3).OnLabels, Is.EqualTo(new LabelledApoZero(0.3)));
        Assert.That(Methods.OnLabels, Is.EqualTo(new[] { "KTO", "APO-zero" }));
        Assert.That((Kto(1, 1, 1).Name, Kto(1, 1, 1).NeedsMismatched), Is.EqualTo(("KTO", true)));
        Assert.That((new LabelledApoZero(1).Name, new LabelledApoZero(1).NeedsMismatched), Is.EqualTo(("APO-zero", false)));
    }

    // APO-zero of a pair is what its two responses have each by itself
    [Test]
    public void Apo_zero_of_a_pair_is_the_sum_of_its_labelled_halves()
    {
        using var scope = NewDisposeScope();
        PairValues pairs = Pairs.Random(3, 6);
        Tensor whole = new ApoZero(0.3).Loss(pairs.LogProbs()).Losses;
        Tensor good = new LabelledApoZero(0.3).Loss(Of(tensor(pairs.Chosen), tensor(pairs.ReferenceChosen), "dddddd", null)).Losses;
        Tensor bad = new LabelledApoZero(0.3).Loss(Of(tensor(pairs.Rejected), tensor(pairs.ReferenceRejected), "uuuuuu", null)).Losses;
        Assert.That(Pairs.Numbers(good + bad), Is.EqualTo(Pairs.Numbers(whole)).Within(1e-7)); // the pair's values are rounded to float32 on the way
    }

    private static TestCaseData Case(LabelledObjective objective, string labels, double shift, double? baseline, double mean, double[] gradient) =>
        new TestCaseData(objective, labels, shift, baseline, mean, gradient).SetArgDisplayNames(objective.ToString(), labels, $"{shift}");

    private static LabelledKto Kto(double beta, double desirable, double undesirable) => new() { Beta = beta, DesirableWeight = desirable, UndesirableWeight = undesirable };

    private static LabelledLogProbs Responses(string labels, double shift = 0) => Of(tensor(s_policy, requires_grad: true), tensor(s_reference), labels,
        (tensor([.. s_mismatched.Select(sum => sum + shift)]), tensor(s_mismatchedReference)));

    private static LabelledLogProbs Of(Tensor policy, Tensor reference, string labels, (Tensor, Tensor)? mismatched) => new()
    {
        Policy = policy,
        Reference = reference,
        Desirable = tensor([.. labels.Select(label => label == 'd')]),
        Mismatched = mismatched,
    };
}
