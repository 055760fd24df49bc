using NUnit.Framework;

namespace Alignment.Tests.Regression.Ranks;

/// <summary>The MPI engine in real processes; each expected sum is formed here by one loop, in the order of the ranks.</summary>
public sealed class CollectivesTests
{
    [TestCase(2), TestCase(3), TestCase(4)]
    public void Sums_are_those_of_one_process_bit_for_bit_and_bytes_arrive_as_they_are(int ranks)
    {
        List<string> expected = [];
        for (int rank = 0; rank < ranks; rank++)
        {
            foreach (int length in new[] { 1, 37, 600_011 })
            {
                float[][] values = [.. Enumerable.Range(0, ranks).Select(of => RankCases.Values(of, length))];
                float[] sum = [.. values[0]], part = RankCases.Values(100 + rank, length);
                foreach (float[] other in values[1..])
                    Add(sum, other);
                for (int of = 0; of < ranks; of++)
                    Add(part, RankCases.Values(of, length * ranks)[(rank * length)..((rank + 1) * length)]);
                Expect("sum", sum);
                Expect("all", [.. values.SelectMany(one => one)]);
                Expect("last", values[^1]);
                Expect("part", part);

                void Expect(string what, float[] numbers) => expected.Add($"rank {rank} {length} {what} {RankCases.Bits(numbers)}");
            }

            expected.Add($"rank {rank} bytes {string.Join(' ', Enumerable.Range(0, ranks).Select(of => $"{of} 7 9"))}");
            expected.Add($"rank {rank} messages {string.Join(' ', Enumerable.Range(0, ranks))} 0 0");
            expected.Add($"rank {rank} any True False");
        }

        Assert.That(Mpirun.Run(ranks, "collectives"), Is.EqualTo(expected.Order(StringComparer.Ordinal)));
    }

    private static void Add(float[] sum, float[] other)
    {
        for (int i = 0; i < sum.Length; i++)
            sum[i] += other[i];
    }
}
