using Alignment.Evaluation;
using Alignment.Files;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Evaluation;

public sealed class SignFlipTestTests
{
    // below, at and beyond a word of random bits and a vector
    [TestCase(14)]
    [TestCase(63)]
    [TestCase(64)]
    [TestCase(131)]
    public void Drawn_sign_patterns_are_those_of_the_slow_twin(int prompts)
    {
        const int Draws = 999;
        var noise = new SeededRandom((ulong)prompts, "test/differences");
        double[] differences = [.. Enumerable.Range(0, prompts).Select(_ => 0.2 + noise.NextNormal())];
        var random = new SeededRandom(6, "sign-flip");
        double observed = Math.Abs(differences.Sum());
        int asFar = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            double sum = 0;
            ulong bits = 0;
            for (int i = 0; i < prompts; i++)
            {
                bits = i % 64 == 0 ? random.NextUInt64() : bits >> 1;
                sum += (bits & 1) == 1 ? -differences[i] : differences[i];
            }
            asFar += Math.Abs(sum) >= observed - 1e-9 ? 1 : 0;
        }
        Assert.That(SignFlipTest.P(differences, seed: 6, Draws), Is.EqualTo((1.0 + asFar) / (1 + Draws)));
    }

    [Test]
    public void Thirteen_prompts_are_gone_through_wholly() =>
        Assert.That(SignFlipTest.P([.. Enumerable.Repeat(0.3, 13)], seed: 1), Is.EqualTo(2 / 8192.0));
}
