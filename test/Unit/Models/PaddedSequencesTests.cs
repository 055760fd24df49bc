using Alignment.Data;
using Alignment.Models;
using Alignment.Training;
using NUnit.Framework;
using TorchSharp;

namespace Alignment.Tests.Unit.Models;

public class PaddedSequencesTests
{
    private static readonly TokenizedPair[] s_pairs = [new("a", [1, 2], [3, 9], [4, 5, 9], false, false), new("b", [6], [7], [8, 9], true, false)];

    [Test]
    public void Sft_rows_are_prompt_and_chosen_response_padded_on_the_right()
    {
        using PaddedSequences batch = PaddedSequences.Of(PairSequences.Sft(s_pairs), pad: 0, torch.CPU);
        Assert.That(batch.Tokens.data<long>().ToArray(), Is.EqualTo(new long[] { 1, 2, 3, 9, 6, 7, 0, 0 }));
        Assert.That(batch.AttentionMask.data<long>().ToArray(), Is.EqualTo(new long[] { 1, 1, 1, 1, 1, 1, 0, 0 }));
        Assert.That(batch.Labels.data<long>().ToArray(), Is.EqualTo(new long[] { -100, -100, 3, 9, -100, 7, -100, -100 }));
        Assert.That(batch.Tokens.shape, Is.EqualTo(new long[] { 2, 4 }));
    }

    [Test]
    public void Preference_rows_are_all_chosen_then_all_rejected_sequences()
    {
        using PaddedSequences batch = PaddedSequences.Of(PairSequences.Preference(s_pairs), pad: 0, torch.CPU);
        Assert.That(batch.Tokens.data<long>().ToArray(), Is.EqualTo(new long[] { 1, 2, 3, 9, 0, 6, 7, 0, 0, 0, 1, 2, 4, 5, 9, 6, 8, 9, 0, 0 }));
        Assert.That(batch.Labels.data<long>().ToArray(), Is.EqualTo(
            new long[] { -100, -100, 3, 9, -100, -100, 7, -100, -100, -100, -100, -100, 4, 5, 9, -100, 8, 9, -100, -100 }));
        Assert.That(batch.Tokens.dtype, Is.EqualTo(torch.int64));
    }

    [Test]
    public void An_empty_batch_is_refused()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => PaddedSequences.Of(PairSequences.Sft([]), 0, torch.CPU))!;
        Assert.That(e.Message, Does.StartWith("a batch needs at least one sequence"));
    }

    [Test]
    public void A_disposed_batch_leaves_no_tensor()
    {
        DisposeScopeManager.Statistics.Reset();
        PaddedSequences.Of(PairSequences.Preference(s_pairs), 0, torch.CPU).Dispose();
        Assert.That(DisposeScopeManager.Statistics.ThreadTotalLiveCount, Is.Zero);
    }
}
