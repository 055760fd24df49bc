using Alignment.Distributed;
using Alignment.Tests.Unit.Distributed;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Training;

/// <summary>Five parameters of 3, 70, 64, 130 and 2 numbers, shared by ranks of this process.</summary>
[NonParallelizable]
public class ShardedPartTests
{
    private static readonly (string Name, long[] Shape)[] s_parameters = [("a", [3]), ("b", [2, 35]), ("c", [64]), ("d", [5, 26]), ("e", [1, 1, 2])];

    [TestCase(1, "a 0-3, b 0-70, c 0-64, d 0-130, e 0-2")]
    [TestCase(2, "a 0-3, b 0-70, c 0-64 | d 0-130, e 0-2")]
    [TestCase(3, "a 0-3, b 0-70 | c 0-64, d 0-128 | d 128-130, e 0-2")]
    [TestCase(4, "a 0-3, b 0-64 | b 64-70, c 0-64 | d 0-128 | d 128-130, e 0-2")]
    [TestCase(9, "a 0-3 | b 0-64 | b 64-70 | c 0-64 | d 0-64 | d 64-128 | d 128-130 | e 0-2 | ")]
    public void A_share_begins_at_a_multiple_of_64_and_each_number_is_in_one(int ranks, string expected)
    {
        string[] pieces = Run(ranks, (part, _) => string.Join(", ", part.Pieces().Where(piece => piece.Weight.numel() > 0)
            .Select(piece => $"{piece.Name} {piece.From}-{piece.From + piece.Weight.numel()}")));
        Assert.That(string.Join(" | ", pieces), Is.EqualTo(expected));
    }

    [Test]
    public void A_piece_holds_its_numbers_and_narrow_ones_a_master([Values] bool narrow)
    {
        string[][] pieces = Run(3, (part, _) => part.Pieces().Select(piece => piece.Master is { } master
            ? $"{piece.Key("x.")} {piece.Weight.dtype} {Text(piece.Weight)} {master.dtype} {Text(master)}" : $"{piece.Key("x.")} {piece.Weight.dtype} {Text(piece.Weight)}").ToArray(), narrow);
        Assert.That(pieces[2], Is.EqualTo(narrow
            ? new[] { "x.a@3 BFloat16  Float32 ", "x.b@70 BFloat16  Float32 ", "x.c@64 BFloat16  Float32 ", "x.d@128 BFloat16 131 132 Float32 131 132", "x.e@0 BFloat16 4 5 Float32 4 5" }
            : ["x.a@3 Float32 ", "x.b@70 Float32 ", "x.c@64 Float32 ", "x.d@128 Float32 131 132", "x.e@0 Float32 4 5"]));
    }

    [Test]
    public void Parameters_are_there_between_fetching_and_releasing_alone([Values(1, 2, 3)] int ranks, [Values] bool narrow)
    {
        string whole = string.Join(" | ", s_parameters.Select((_, i) => Text(Initial(i, narrow)))), none = " |  |  |  | ";
        string[][] states = Run(ranks, (part, parameters) =>
        {
            List<string> seen = [State()];
            foreach (Action act in new[] { part.Fetch, part.Fetch, part.Release, part.Release, part.Fetch, part.Release, part.GiveBack })
            {
                act();
                seen.Add(State());
            }
            Assert.That(parameters.Select(parameter => parameter.shape), Is.EqualTo(s_parameters.Select(one => one.Shape)));
            return seen.ToArray();

            string State() => string.Join(" | ", parameters.Select(Text));
        }, narrow);
        Assert.That(states, Is.All.EqualTo(new[] { none, whole, whole, none, none, whole, none, whole }));
    }

    [Test]
    public void What_is_fetched_is_not_fetched_again_and_what_is_given_back_leaves_no_share([Values] bool narrow)
    {
        using var scope = NewDisposeScope();
        Tensor[] parameters = [.. s_parameters.Select((_, i) => Initial(i, narrow))];
        DisposeScopeManager.Statistics.Reset();
        long Live() => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using var part = new ShardedPart([.. s_parameters.Zip(parameters, (one, parameter) => (one.Name, parameter))], new SingleProcess(CPU));
        Assert.That(part.Gradients(), Has.Exactly(s_parameters.Length).Items);
        part.Fetch();
        long fetched = Live();
        part.Fetch();
        Assert.That(Live(), Is.EqualTo(fetched));
        part.GiveBack();
        long left = Live();
        part.Dispose();
        Assert.That(Live(), Is.EqualTo(left));
    }

    [Test]
    public void What_ranks_step_comes_back_rounded([Values] bool narrow, [Values] bool giveBack)
    {
        string[] sums = Run(3, (part, parameters) =>
        {
            using IDisposable noGrad = no_grad();
            foreach (ShardedPiece piece in part.Pieces())
                (piece.Master ?? piece.Weight).add_(0.001f).add_(1);
            if (!giveBack)
                part.Round();
            Action come = giveBack ? part.GiveBack : part.Fetch;
            come();
            return string.Join(" | ", parameters.Select(Text));
        }, narrow);
        Assert.That(sums, Is.All.EqualTo(string.Join(" | ", s_parameters.Select((_, i) => Text((Initial(i, false) + 0.001f + 1).to(narrow ? ScalarType.BFloat16 : ScalarType.Float32))))));
    }

    [Test]
    public void Gradients_of_all_ranks_are_added_to_the_pieces_and_taken_off_the_parameters([Values(1, 2, 3)] int ranks, [Values] bool narrow)
    {
        (string[] Pieces, double[] Norms)[] all = Run(ranks, (part, parameters) =>
        {
            Tensor[] gradients = [.. part.Gradients()];
            part.Fetch();
            for (int times = 0; times < 2; times++)
            {
                foreach ((int i, Tensor parameter) in parameters.Index().Where(one => one.Index != 2)) // one has no gradient
                    parameter.grad = Initial(i, narrow);
                part.Reduce();
                Assert.That(parameters.Select(parameter => parameter.grad), Is.All.Null);
            }
            double[] norms = [.. part.Norms().Select(one => (double)one.Norm.item<float>())];
            string[] texts = [.. part.Pieces().Zip(gradients, (piece, gradient) => $"{piece.Key()} {Text(gradient)}")];
            Assert.That(part.Gradients().Select(Text), Is.All.Matches<string>(text => text.Split(' ').All(number => number is "0" or "")));
            return (texts, norms);
        }, narrow);
        string[] expected = [.. all[^1].Pieces.Select(_ => "")];
        for (int i = 0; i < s_parameters.Length; i++)
        {
            Tensor sum = (i == 2 ? Initial(i, false) * 0 : Initial(i, false)) * (2 * ranks);
            Assert.That(string.Join(' ', all.Select(rank => rank.Pieces[i].Split(' ', 2)[1]).Where(text => text.Length > 0)), Is.EqualTo(Text(sum)));
            Assert.That(all.Select(rank => rank.Norms[i]), Is.All.EqualTo(sum.norm().item<float>()));
        }
    }

    private static T[] Run<T>(int ranks, Func<ShardedPart, Tensor[], T> work, bool narrow = false)
    {
        return ranks == 1 ? [Of(new SingleProcess(CPU))] : RanksInTurn.Run(ranks, Of);

        T Of(ICollectives own)
        {
            using var scope = NewDisposeScope();
            Tensor[] parameters = [.. s_parameters.Select((_, i) => Initial(i, narrow).requires_grad_())];
            using var part = new ShardedPart([.. s_parameters.Zip(parameters, (one, parameter) => (one.Name, parameter))], own);
            return work(part, parameters);
        }
    }

    // i, i + 1, …; of whole numbers below 256 bfloat16 has every one
    private static Tensor Initial(int i, bool narrow)
    {
        long count = s_parameters[i].Shape.Aggregate((x, y) => x * y);
        return arange(i, i + count, ScalarType.Float32).view(s_parameters[i].Shape).to(narrow ? ScalarType.BFloat16 : ScalarType.Float32);
    }

    private static string Text(Tensor numbers) => numbers.numel() == 0 ? ""
        : FormattableString.Invariant($"{string.Join(' ', numbers.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray())}");
}
