using Alignment.Objectives;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Objectives;

/// <summary>
/// AlphaPO, SimPER, DPOP, beta-DPO, mixes and added NLLs beside numbers of another program: decimal arithmetic of 60 digits in Python, from the papers' formulas and
/// what TRL 1.9 adds up (`sigmoid`, `sft`, loss_weights; the mean over all chosen tokens of a batch), gradients of the mean loss by differences of 1e-20.
/// </summary>
public class FurtherObjectivesTests
{
    private static PairValues Values => new([-12, -30.5, -4.25], [-15.5, -22.5, -9.75], [-13.25, -28, -4.5], [-14, -20.5, -8], [10, 25, 3], [14, 9, 8]);

    private static readonly Mix s_everything = new(0.1)
    {
        LabelSmoothing = 0.1,
        Tau = 0.4,
        Sigmoid = 0.3,
        SigmoidNorm = 0.4,
        Hinge = 0.5,
        Ipo = 0.01,
        Robust = 0.2,
        ExoPair = 0.6,
        NcaPair = 0.7,
        BcoPair = 0.8,
        SppoHard = 0.02,
        ApoZero = 0.9,
        ApoDown = 1.1,
        Discopop = 0.15,
        Aot = 0.25,
        AotUnpaired = 0.35,
        Sft = 0.45,
    };

    private static IEnumerable<TestCaseData> Golden =>
    [
        Case(new AlphaPo(2.5, 0.1, 0.25), 0.696083454146238, [-0.0676085935010246, -0.000297821973274188, -0.272087923273131], [0.0471837038438204, 0.00113927474507002, 0.0971073280653901]),
        Case(new AlphaPo(2, 0.5, -1.5), 0.95594319053776, [-0.0069444085062471, -0.00247553680081488, -0.0168614039100808], [0.00570161964062787, 0.00100814147224821, 0.0085085621203943]),
        Case(new SimPer(), -0.0435863716477155, [-0.0100398070637401, -0.00393640222565352, -0.0269467860706276], [0.00786909296493926, 0.00304018513421847, 0.0123166431407238]),
        Case(new DpoPositive(0.3, 5), 1.57364812662428, [-0.0304703330652435, -0.588095816559553, -0.0354343693774205], [0.0304703330652435, 0.0980159694265923, 0.0354343693774205]),
        Case(new Dpo(0.1) { NllWeight = 0.7 }, 1.48840727222114, [-0.0328103865156373, -0.0355042991810526, -0.0334265860544964], [0.0143893338840584, 0.0170832465494737, 0.0150055334229174]),
        Case(new LnDpo(2) { NllWeight = 0.25 }, 0.808265776208265, [-0.0323102558386313, -0.0182907174928718, -0.0851102819621033], [0.0183795060501502, 0.032532694790141, 0.0294492504726308]),
        Case(new Mix(0.1) { Sigmoid = 0.8, BcoPair = 0.2, Sft = 1 }, 1.99656361435431, [-0.0409525274251059, -0.0437302300525018, -0.0416118850486881], [0.0145952681382884, 0.0166677039241624, 0.0150468354900867]),
        Case(new Mix(0.1) { Sigmoid = 0, Wpo = 0.8, Sft = 0.5 }, 0.803140535000742, [-0.0200902583250629, -0.0151615130407958, -0.0183641394422161], [0.00693236358822082, 0.0020036183039537, 0.00520624470537398]),
        Case(new Mix(0.1) { Sigmoid = 0.3, Wpo = 0.8, Aot = 0.25, Sft = 0.5 }, 1.1481132189329, [-0.028004391961295, -0.0245572986430063, -0.0266171828248207], [0.0148464972244529, 0.0113994039061642, 0.0134592880879786]),
        Case(s_everything, 7.31755366850775, [-0.13372500602564, -0.192238851314767, -0.158637309203229], [0.127061049412059, 0.126502221307282, 0.126724263682509]),
        Case(new BetaDpo(0.1, 0.6) { FilterRatio = 0 }, 0.58333738355504, [-0.0224145411980602, -0.0307138353233743, -0.0242778761345727], [0.0224145411980602, 0.0307138353233743, 0.0242778761345727]),
    ];

    [TestCaseSource(nameof(Golden))]
    public void Mean_loss_and_gradients_are_those_of_another_program(Objective objective, double mean, double[] chosen, double[] rejected)
    {
        using var scope = NewDisposeScope();
        PairLogProbs pairs = Values.LogProbs();
        Tensor loss = objective.Loss(pairs).Losses.mean();
        loss.backward();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(loss.item<double>(), Is.EqualTo(mean).Within(1e-13 * Math.Abs(mean) + 1e-14));
            Assert.That(Pairs.Numbers(pairs.Chosen.grad!), Is.EqualTo(chosen).Within(1e-13));
            Assert.That(Pairs.Numbers(pairs.Rejected.grad!), Is.EqualTo(rejected).Within(1e-13));
        }
    }

    // what two places of a vocabulary of three say of each response: WPO's weight as its code has it, from the logits themselves
    [Test]
    public void A_weight_is_what_the_policy_makes_of_both_responses_and_never_above_one()
    {
        using var scope = NewDisposeScope();
        double[][] chosen = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2]], rejected = [[0.2, 0.2, 0.6]]; // the first of each place is the token that stands there
        double Sum(double[][] places, Func<double[], double> of) => places.Sum(place => Math.Log(of(place)));
        (double p, double q, double r, double s) = (Sum(chosen, place => place[0]), Sum(rejected, place => place[0]), Sum(chosen, Collision), Sum(rejected, Collision));
        PairLogProbs pairs = Pairs.Of([p], [q], [p - 0.4], [q + 0.9], [2], [1]) with { Collisions = new(tensor(new[] { r }), tensor(new[] { s })) };
        double weight = Math.Exp((p - r) / 2 + q - s), dpo = Math.Log(1 + Math.Exp(-0.3 * 1.3));
        Assert.That(weight, Is.InRange(0.5, 0.7));
        Tensor loss = new Wpo(0.3).Loss(pairs).Losses;
        loss.sum().backward();
        Assert.That(loss.item<double>(), Is.EqualTo(weight * dpo).Within(1e-14));
        Assert.That(pairs.Chosen.grad!.item<double>(), Is.EqualTo(-weight * 0.3 / (1 + Math.Exp(0.3 * 1.3))).Within(1e-14));
        Assert.That(Pairs.Numbers(new Wpo(0.3).Loss(pairs with { Collisions = new(tensor(new[] { -9.0 }), tensor(new[] { -9.0 })) }).Losses)[0], Is.EqualTo(dpo).Within(1e-14));

        static double Collision(double[] place) => place.Sum(share => share * share);
    }

    // a loss of another β each: 0.3 over 1.2, 1 and 0.8, then what the steps' mean makes of it
    [Test]
    public void Each_pair_has_a_beta_of_its_own_step_and_the_batch_moves_the_common_one()
    {
        using var scope = NewDisposeScope();
        var objective = new EpsilonDpo(0.3) { Epsilon = 0.2 };
        PairLogProbs pairs = Values.LogProbs() with { KlSteps = tensor(new double[] { 1, 0, -1 }) };
        double[] margins = [2.75, -0.5, 2], betas = [0.25, 0.3, 0.375];
        Assert.That(Pairs.Numbers(objective.Loss(pairs).Losses), Is.EqualTo(margins.Zip(betas, (margin, beta) => Math.Log(1 + Math.Exp(-beta * margin)))).Within(1e-14));
        Assert.That(Pairs.Numbers(objective.Loss(pairs with { Running = [0.6] }).Losses), Is.EqualTo(margins.Zip(betas, (margin, beta) => Math.Log(1 + Math.Exp(-2 * beta * margin)))).Within(1e-14));
        Assert.That(Pairs.Numbers(objective.Loss(pairs).ChosenRewards), Is.EqualTo(new[] { 1.25 * 0.25, -2.5 * 0.3, 0.25 * 0.375 }).Within(1e-14));
        Assert.That(objective.AfterSteps([0.6], 0.5), Is.EqualTo(new[] { 0.6 / 1.1 }).Within(1e-15));
        Assert.That(objective.RunningNumbers, Is.EqualTo(new[] { ("beta", 0.3) }));
    }

    // a micro-batch knows the tokens of its batch: the parts' losses add up to the whole's
    [Test]
    public void An_nll_over_all_tokens_of_a_batch_does_not_depend_on_how_the_batch_is_cut()
    {
        using var scope = NewDisposeScope();
        var objective = new Dpo(0.1) { NllWeight = 0.7 };
        double[] whole = Pairs.Numbers(objective.Loss(Values.LogProbs()).Losses);
        for (int i = 0; i < 3; i++)
        {
            PairValues one = new([Values.Chosen[i]], [Values.Rejected[i]], [Values.ReferenceChosen[i]], [Values.ReferenceRejected[i]], [Values.ChosenCounts[i]], [Values.RejectedCounts[i]]);
            Assert.That(Pairs.Numbers(objective.Loss(one.LogProbs() with { BatchChosenTokens = 38 / 3.0 }).Losses)[0], Is.EqualTo(whole[i]).Within(1e-14));
        }
    }

    [Test]
    public void Running_mean_deviation_and_beta_go_from_batch_to_batch()
    {
        using var scope = NewDisposeScope();
        var objective = new BetaDpo(0.1, 0.6) { FilterRatio = 0 };
        PairLosses first = objective.Loss(Values.LogProbs());
        Assert.That(first.Running, Is.EqualTo(new[] { 0.141666666666667, 0.170171482138851, 1 }).Within(1e-14));
        Assert.That(Pairs.Numbers(first.Losses), Is.EqualTo(new[] { 0.479623678830179, 0.738245372630548, 0.532143099204394 }).Within(1e-14));
        PairLosses second = objective.Loss(Moved(1.5, -0.5) with { Running = first.Running });
        Assert.That(second.Running, Is.EqualTo(new[] { 0.469166666666667, 0.323325816063817, 2 }).Within(1e-14));
        Assert.That(Pairs.Numbers(second.Losses), Is.EqualTo(new[] { 0.237806921213892, 0.506913207493689, 0.285492373747436 }).Within(1e-13));
        PairLosses third = objective.Loss(Moved(-30, 0) with { Running = second.Running }); // β would be below 0
        Assert.That(third.Running, Is.EqualTo(new[] { -2.43608333333333, 0.461164716596287, 3 }).Within(1e-14));
        Assert.That(Pairs.Numbers(third.Losses), Is.EqualTo(new[] { 0.706864998000717, 0.708513457303115, 0.707245177358779 }).Within(1e-14));
    }

    // gaps of −1, 0.5 and 2.5 about 0.4 with a deviation of 1.2: how often each is among two of three drawn one after the other, by enumeration
    [Test]
    public void Pairs_are_drawn_without_replacement_as_often_as_their_weights_say()
    {
        using var scope = NewDisposeScope();
        const int Draws = 4000;
        var objective = new BetaDpo(0.1, 0) { FilterRatio = 0.3, Momentum = 1 - 1e-12 };
        double[] kept = new double[3];
        for (ulong seed = 0; seed < Draws; seed++)
        {
            PairLogProbs pairs = Pairs.Of([-1, 0.5, 2.5], [0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 1], [1, 1, 1]) with { Running = [0.4, 1.2, 7], Seed = seed };
            double[] losses = Pairs.Numbers(objective.Loss(pairs).Losses);
            Assert.That(losses.Count(loss => loss > 0), Is.EqualTo(2));
            for (int i = 0; i < 3; i++)
                kept[i] += losses[i] > 0 ? 1.0 / Draws : 0;
        }

        Assert.That(kept, Is.EqualTo(new[] { 0.7430960158552938, 0.905096583561152, 0.3518074005835543 }).Within(0.03)); // four standard errors
    }

    [Test]
    public void A_batch_without_differences_is_filtered_evenly_and_a_single_pair_stays()
    {
        using var scope = NewDisposeScope();
        var objective = new BetaDpo(0.1, 0.6) { FilterRatio = 0.5 };
        double[] sums = [-1, -2, -3, -4];
        double[] equal = Pairs.Numbers(objective.Loss(Pairs.Of(sums, sums, sums, sums, [1, 1, 1, 1], [1, 1, 1, 1])).Losses);
        Assert.That(equal.Order(), Is.EqualTo(new[] { 0, 0, 2 * Math.Log(2), 2 * Math.Log(2) }).Within(1e-12));
        PairLosses single = objective.Loss(Pairs.Check());
        Assert.That(Pairs.Numbers(single.Losses)[0], Is.Positive.And.LessThan(Math.Log(2)));
        Assert.That(single.Running, Is.EqualTo(new[] { 0.1 * 2.75, 0, 1 }).Within(1e-12), "one pair tells no deviation");
        Assert.That(objective.RunningNumbers, Is.EqualTo(new[] { ("mean", 0.0), ("deviation", 0.0), ("batches", 0.0) }), "as checkpoints have them");
    }

    [Test]
    public void Which_of_equal_pairs_are_kept_is_drawn()
    {
        using var scope = NewDisposeScope();
        var objective = new BetaDpo(0.1, 0.6) { FilterRatio = 0.5 };
        double[] ones = [1, 1, 1, 1], none = [0, 0, 0, 0];
        HashSet<string> kept = [.. Enumerable.Range(0, 20).Select(seed => string.Concat(Pairs.Numbers(objective.Loss(
            Pairs.Of(ones, none, none, none, [1, 1, 1, 1], [1, 1, 1, 1]) with { Seed = (ulong)seed }).Losses).Select(loss => loss > 0 ? 'x' : '.')))];
        Assert.That(kept, Has.Count.GreaterThan(2).And.All.Length.EqualTo(4));
    }

    private static PairLogProbs Moved(double chosen, double rejected) =>
        (Values with { Chosen = [.. Values.Chosen.Select(sum => sum + chosen)], Rejected = [.. Values.Rejected.Select(sum => sum + rejected)] }).LogProbs();

    private static TestCaseData Case(Objective objective, double mean, double[] chosen, double[] rejected) =>
        new TestCaseData(objective, mean, chosen, rejected).SetArgDisplayNames(objective == s_everything ? "a mix of everything" : $"{objective}");
}
