using Alignment.Bench.Peers;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Bench;

public class PeerAgreementTests
{
    private static readonly PeerResult s_own = new([new("loss", [0.5, -200], 1e-3)], []);

    [TestCase(0.5, -200)]
    [TestCase(0.5009, -200)]
    [TestCase(0.4991, -200.19)]
    public void Numbers_within_their_share_of_the_value_agree(double first, double second) => Assert.That(() => PeerAgreement.Require("steps", s_own, Losses(first, second)), Throws.Nothing);

    [TestCase(0.5011, -200, "loss 0 is 0.5 here and 0.5011 there")]
    [TestCase(0.5, -200.3, "loss 1 is -200 here and -200.3 there")]
    [TestCase(double.NaN, -200, "loss 0 is 0.5 here and NaN there")]
    public void Numbers_beyond_it_are_named_and_nothing_is_timed(double first, double second, string named) =>
        Assert.That(() => PeerAgreement.Require("steps", s_own, Losses(first, second)), Refuses($"steps: {named}; 0.001 times max(1, |value|) is allowed, so nothing is timed"));

    [Test]
    public void Numbers_that_are_missing_are_other_work()
    {
        Assert.That(() => PeerAgreement.Require("steps", s_own, Losses(0.5)), Refuses("steps: the peer gives 1 of loss, 2 are wanted: it did other work"));
        Assert.That(() => PeerAgreement.Require("steps", s_own, new PeerAnswer { Seconds = 1 }), Refuses("steps: the peer gives 0 of loss, 2 are wanted: it did other work"));
    }

    [TestCase(1, 0, true)]
    [TestCase(31, 1, false)]
    [TestCase(32, 1, true)]
    [TestCase(32, 2, false)]
    [TestCase(64, 2, true)]
    public void One_response_in_thirty_two_may_part(int rows, int parted, bool agrees)
    {
        int[][] own = [.. Enumerable.Range(0, rows).Select(row => new[] { row, 1, 2, 3, 4, 5 })];
        int[][] peer = [.. own.Select((tokens, row) => row < parted ? [.. tokens[..4], 9, 9] : tokens)];
        string refusal = $"sampling: {parted} of {rows} responses part from the library's, that of prompt 0 after 4 tokens; one in 32 may, after 4 tokens or more, so nothing is timed";
        Assert.That(() => PeerAgreement.Require("sampling", new([], own), Drawn(peer)), agrees ? Throws.Nothing : Refuses(refusal));
    }

    [Test]
    public void A_response_that_parts_at_once_or_has_another_length_is_refused()
    {
        int[][] own = [.. Enumerable.Range(0, 32).Select(row => new[] { row, 1, 2, 3, 4, 5 })];
        Assert.That(() => PeerAgreement.Require("sampling", new([], own), Drawn([[0, 1, 2, 9, 9, 9], .. own[1..]])), Refuses("sampling: 1 of 32 responses part", whole: false));
        Assert.That(() => PeerAgreement.Require("sampling", new([], own), Drawn([[0, 1], .. own[1..]])), Refuses("sampling: the peer's responses are not 32 of the same lengths: it did other work"));
        Assert.That(() => PeerAgreement.Require("sampling", new([], own), Drawn(own[1..])), Refuses("sampling: the peer's responses are not 32 of the same lengths: it did other work"));
    }

    [Test]
    public void A_line_that_is_none_of_the_peers_is_quoted()
    {
        Assert.That(PeerLine.Parse<PeerAnswer>("""{"seconds": 0.5, "numbers": {"loss": [1.0, 2]}, "responses": [[1], []]}"""), Has.Property("Seconds").EqualTo(0.5));
        Assert.That(() => PeerLine.Parse<PeerAnswer>("Traceback"), Throws.InvalidOperationException.With.Message.EndsWith("): Traceback"));
        Assert.That(() => PeerLine.Parse<PeerAnswer>("{}"), Throws.InvalidOperationException.With.Message.Contains("seconds"));
    }

    private static PeerAnswer Losses(params double[] losses) => new() { Seconds = 1, Numbers = new Dictionary<string, double[]> { ["loss"] = losses } };

    private static PeerAnswer Drawn(int[][] responses) => new() { Seconds = 1, Responses = responses };

    private static NUnit.Framework.Constraints.Constraint Refuses(string message, bool whole = true) =>
        whole ? Throws.InvalidOperationException.With.Message.EqualTo(message) : Throws.InvalidOperationException.With.Message.StartsWith(message);
}
