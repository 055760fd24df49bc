using Alignment.Distributed;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Distributed;

public class NcclIdFileTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nccl-id").FullName;

    [TearDown]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task The_others_wait_for_what_rank_0_leaves_and_it_is_taken_away()
    {
        Task<byte[]> other = Task.Run(() => Of(1).Exchange(null));
        byte[] id = [7, 8, 9];
        Assert.That(Of(0).Exchange(id), Is.EqualTo(id));
        Assert.That(await other, Is.EqualTo(id));
        Of(1).Remove();
        Assert.That(Directory.EnumerateFiles(_folder), Has.One.Items);
        Of(0).Remove();
        Assert.That(Directory.EnumerateFiles(_folder), Is.Empty);
    }

    [Test]
    public void A_rank_that_is_left_alone_says_where_it_looked() => Assert.That(() => Of(1, TimeSpan.Zero).Exchange(null),
        Throws.TypeOf<TimeoutException>().With.Message.EqualTo($"rank 0 left no {Path.Combine(_folder, "nccl-a1")} in 0 s: do all ranks see this folder?"));

    private NcclIdFile Of(int rank, TimeSpan? patience = null) => new(_folder, new(rank, 2, rank, "a1"), patience ?? TimeSpan.FromMinutes(1));
}
