using System.Diagnostics;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>Leases without any file lock: what two machines see of each other on a file system that shares none.</summary>
public sealed class LeaseTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);
    private readonly SteppedClock _clock = new();
    private readonly List<string> _lost = [];
    private TemporaryFolder _folder = null!;

    private string Lock => _folder.File("DPO-1.lock");

    [SetUp]
    public void Begin() => (_folder, _clock.Now) = (new(), TimeSpan.Zero);

    [TearDown]
    public void End()
    {
        _folder.Dispose();
        _lost.Clear();
    }

    [Test]
    public void It_is_held_by_one_until_it_is_given_back_and_no_turn_is_given_twice()
    {
        for (int turn = 1; turn <= 3; turn++)
        {
            using Lease? first = Take();
            Assert.That(first, Is.Not.Null);
            Assert.That(Names(), Does.Contain($"DPO-1.lock.{turn}.lease"));
            Assert.That(Take(), Is.Null);
            Assert.That(Lease.Holder(Lock, new(_clock)), Does.Match($@"^process {Environment.ProcessId} on .* since \d{{4}}-\d\d-\d\d "));
        }

        Assert.That(Names(), Is.EqualTo(new[] { "DPO-1.lock.lease" }));
        Assert.That(Lease.Holder(Lock, new(_clock)), Is.Null);
    }

    [Test]
    public void One_of_another_machine_is_over_when_it_has_not_beaten_for_two_minutes_by_the_clock_of_who_waits()
    {
        string other = Elsewhere(turn: 7, beat: 1);
        var watch = new LeaseWatch(_clock);
        Assert.That(Take(watch), Is.Null);
        _clock.Now += Lease.StaleAfter - s_second;
        Elsewhere(turn: 7, beat: 2);
        Assert.That(Take(watch), Is.Null, "it has beaten");
        _clock.Now += Lease.StaleAfter - s_second;
        Assert.That(Take(watch), Is.Null);
        _clock.Now += s_second;
        using Lease? mine = Take(watch);
        Assert.That(mine, Is.Not.Null);
        Assert.That(other, Does.Not.Exist);
        Assert.That(Names(), Is.EqualTo(new[] { "DPO-1.lock.8.lease" }));
    }

    [TestCase(-10), TestCase(10)]
    public void Clocks_that_are_hours_apart_change_nothing(int hours)
    {
        File.SetLastWriteTimeUtc(Elsewhere(turn: 1, beat: 1), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(hours));
        Assert.That(Take(), Is.Null);
    }

    [Test]
    public void One_that_nobody_has_touched_for_a_day_is_over()
    {
        File.SetLastWriteTimeUtc(Elsewhere(turn: 1, beat: 1), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-2));
        using Lease? mine = Take();
        Assert.That(mine, Is.Not.Null);
    }

    [Test]
    public void One_of_a_process_of_this_machine_that_has_died_is_over_at_once()
    {
        LeaseOwner dead = LeaseOwner.This(_clock);
        using (Process process = Process.Start("true"))
        {
            process.WaitForExit();
            dead = dead with { Process = process.Id };
        }

        File.WriteAllText(LeaseFile.Of(Lock, 1), LeaseFile.Content(3, dead));
        using Lease? mine = Take();
        Assert.That(mine, Is.Not.Null);
        File.WriteAllText(LeaseFile.Of(Lock, 3), LeaseFile.Content(3, LeaseOwner.This(_clock) with { Started = 1 }));
        Assert.That(Lease.Holder(Lock, new(_clock)), Is.Null, "the number is another process's by now");
    }

    [TestCase(""), TestCase("beat 1"), TestCase("beat 1\n{\"Machine\":"), TestCase("beat 1\nnull\n")]
    public void One_that_is_not_whole_is_held_and_goes_stale_as_any_other(string text)
    {
        File.WriteAllText(LeaseFile.Of(Lock, 1), text);
        var watch = new LeaseWatch(_clock);
        Assert.That(Take(watch), Is.Null);
        Assert.That(Lease.Holder(Lock, watch), Is.EqualTo("another process"));
        _clock.Now += Lease.StaleAfter;
        using Lease? mine = Take(watch);
        Assert.That(mine, Is.Not.Null);
    }

    [Test]
    public void Who_was_silent_for_so_long_that_another_took_over_is_told_once_and_takes_nothing_back()
    {
        using Lease first = Take()!;
        Assert.That(first.Beat());
        File.Delete(LeaseFile.Of(Lock, 1));
        string other = Elsewhere(turn: 2, beat: 1), text = File.ReadAllText(other);
        Assert.That(first.Beat(), Is.False);
        Assert.That(first.Beat(), Is.False);
        Assert.That(_clock.Ticking, Is.False);
        Assert.That(_lost, Is.EqualTo(new[] { "DPO-1.lock: this process has not shown for 2 minutes that it lives, and another one has taken its work over" }));
        first.Dispose();
        Assert.That(Names(), Is.EqualTo(new[] { "DPO-1.lock.2.lease" }));
        Assert.That(File.ReadAllText(other), Is.EqualTo(text));
    }

    [Test]
    public void A_later_turn_or_the_end_of_this_one_takes_it_from_its_holder_whose_file_then_stays_as_it_is()
    {
        using (Lease passed = Take()!)
        {
            Elsewhere(turn: 2, beat: 1);
            Assert.That(passed.Beat(), Is.False);
        }

        Assert.That(Names(), Is.EqualTo(new[] { "DPO-1.lock.1.lease", "DPO-1.lock.2.lease" }), "no end is noted of a turn that was another's");
        foreach (string name in Names())
            File.Delete(_folder.File(name));
        using Lease ended = Take()!;
        LeaseFile.End(Lock, 1);
        Assert.That((ended.Beat(), _lost.Count), Is.EqualTo((false, 2)));
    }

    [Test]
    public void A_process_that_has_died_and_that_nobody_has_waited_for_is_gone()
    {
        var start = new ProcessStartInfo("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"]) { RedirectStandardOutput = true };
        using Process parent = Process.Start(start)!;
        try
        {
            int child = int.Parse(parent.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
            Assert.That(() => File.ReadAllText($"/proc/{parent.Id}/comm"), Is.EqualTo("sleep\n").After(10_000, 5), "a shell might wait for it");
            using (Process dies = Process.GetProcessById(child))
                dies.Kill();
            string[] Stat() => File.ReadAllText($"/proc/{child}/stat").Split(' ');
            Assert.That(() => Stat()[2], Is.EqualTo("Z").After(10_000, 5));
            LeaseOwner dead = LeaseOwner.This(_clock) with { Process = child, Started = long.Parse(Stat()[21], System.Globalization.CultureInfo.InvariantCulture) };
            Assert.That(dead.IsGone);
        }
        finally
        {
            parent.Kill();
        }
    }

    [Test]
    public void Beats_are_seen_by_who_waits()
    {
        using Lease first = Take()!;
        string before = File.ReadAllText(LeaseFile.Of(Lock, 1));
        for (int beat = 1; beat <= 11; beat++)
            Assert.That(first.Beat());
        Assert.That(File.ReadAllText(LeaseFile.Of(Lock, 1)), Is.EqualTo(before.Replace("beat 0", "beat 11", StringComparison.Ordinal)));
    }

    [Test]
    public void Many_who_want_it_at_once_have_it_one_after_another()
    {
        const int Takers = 8, Turns = 40;
        int holders = 0, most = 0, taken = 0;
        Parallel.For(0, Takers, new() { MaxDegreeOfParallelism = Takers }, _ =>
        {
            while (Volatile.Read(ref taken) < Turns)
            {
                using Lease? mine = Take();
                if (mine == null)
                    continue;
                int now = Interlocked.Increment(ref holders);
                lock (_lost)
                    most = Math.Max(most, now);
                Interlocked.Increment(ref taken);
                Thread.Yield();
                Interlocked.Decrement(ref holders);
            }
        });
        Assert.That(most, Is.EqualTo(1));
        Assert.That(LeaseFile.Ended(Lock), Is.EqualTo(taken), "each turn once");
        Assert.That(_lost, Is.Empty);
    }

    [Test]
    public void A_lock_has_both_halves_and_frees_what_the_dead_have_held()
    {
        using (RunLock? held = RunLock.TryTake(Lock, _clock))
        {
            Assert.That(held, Is.Not.Null);
            Assert.That(RunLock.TryTake(Lock, _clock), Is.Null, "the file is locked");
            Assert.That(RunLock.FreeDead(_folder.Path, _clock), Is.Empty);
        }

        Elsewhere(turn: 2, beat: 5);
        Assert.That(RunLock.TryTake(Lock, _clock), Is.Null, "the file is not locked, and another machine has the lease");
        Assert.That(RunLock.Holder(Lock, _clock), Is.EqualTo("process 17 on node-3 since 2026-01-01 10:00:00Z"));
        Assert.That(RunLock.FreeDead(_folder.Path, _clock), Is.Empty);
        File.WriteAllText(LeaseFile.Of(Lock, 2), LeaseFile.Content(3, LeaseOwner.This(_clock) with { Started = 1 }));
        Assert.That(RunLock.FreeDead(_folder.Path, _clock), Is.EqualTo(new[] { Lock }));
        Assert.That(Names(), Is.EqualTo(new[] { "DPO-1.lock", "DPO-1.lock.lease" }));
    }

    [Test]
    public void A_holder_beats_by_its_clock_until_it_gives_the_turn_back()
    {
        string Beat() => File.ReadAllText(LeaseFile.Of(Lock, 1)).Split('\n')[0];
        using (Lease mine = Take()!)
        {
            Assert.That((Beat(), _clock.Every, _clock.After), Is.EqualTo(("beat 0", Lease.BeatEvery, Lease.BeatEvery)));
            _clock.Tick();
            Assert.That(Beat(), Is.EqualTo("beat 1"));
            Assert.That(_clock.Ticking);
        }

        Assert.That(_clock.Ticking, Is.False);
        _clock.Tick();
        Assert.That(Names(), Is.EqualTo(new[] { "DPO-1.lock.lease" }), "a beat that comes late brings nothing back");
        Assert.That(_lost, Is.Empty, "and nothing was lost");
    }

    [Test]
    public void A_turn_that_was_taken_and_given_back_meanwhile_is_not_taken_again()
    {
        LeaseFile.End(Lock, 3);
        Assert.That(LeaseFile.Ended(Lock), Is.EqualTo(3));
        LeaseFile.End(Lock, 2);
        Assert.That(LeaseFile.Ended(Lock), Is.EqualTo(3), "the last one counts");
        using (File.OpenRead(_folder.File("DPO-1.lock.lease")))
            Assert.That(LeaseFile.Ended(Lock), Is.EqualTo(3), "while another process reads it");
        Elsewhere(turn: 1, beat: 1);
        File.SetLastWriteTimeUtc(LeaseFile.Of(Lock, 1), DateTime.UnixEpoch);
        using Lease? mine = Take();
        Assert.That(Names(), Is.EqualTo(new[] { "DPO-1.lock.4.lease", "DPO-1.lock.lease" }));
        File.WriteAllText(LeaseFile.Of(Lock, 4).Replace(".4.", ".x.", StringComparison.Ordinal), "no turn");
        Assert.That(LeaseFile.All(Lock).Select(lease => lease.Turn), Is.EqualTo(new[] { 4 }));
        File.WriteAllText(_folder.File("note.3.txt"), "no lease");
        Assert.That(LeaseFile.Locks(_folder.Path), Is.EqualTo(new[] { Lock }));
        foreach (string name in new[] { "c", "a", "b" })
            File.WriteAllText(_folder.File($"{name}.lock.1.lease"), "");
        Assert.That(LeaseFile.Locks(_folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "DPO-1.lock", "a.lock", "b.lock", "c.lock" }));
        Assert.That(File.ReadAllText(_folder.File("DPO-1.lock.lease")), Is.EqualTo("3\n"));
        Assert.That((LeaseFile.Locks(_folder.File("none")).Count, LeaseFile.All(_folder.File("none/a.lock")).Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void A_disk_that_does_not_answer_a_beat_takes_no_lease_away()
    {
        using Lease lease = Take()!;
        Directory.Move(_folder.Path, _folder.Path + ".gone");
        Assert.That(lease.Beat(), Is.True);
        Directory.Move(_folder.Path + ".gone", _folder.Path);
        Assert.That((lease.Beat(), _lost.Count, Take()), Is.EqualTo((true, 0, (Lease?)null)));
    }

    [Test]
    public void A_holder_says_which_process_of_which_machine_it_is()
    {
        LeaseOwner mine = LeaseOwner.This(_clock);
        Assert.That(mine.Machine, Is.EqualTo($"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {new FileInfo("/proc/self/ns/pid").LinkTarget}"));
        Assert.That(LeaseOwner.Parse(mine.ToJson()), Is.EqualTo(mine));
        Assert.That((mine.IsGone, (mine with { Machine = "another" }).IsGone, (mine with { Process = int.MaxValue }).IsGone, (mine with { Process = 1 }).IsGone), Is.EqualTo((false, false, true, true)));
        Assert.That((mine with { Machine = "another", Started = 1 }).IsGone, Is.False, "of a process elsewhere nothing is known");
        foreach (string line in new[] { "", "null", "{}", "{\"Machine\":\"a\"}", "{\"Text\":\"a\"}" })
            Assert.That(LeaseOwner.Parse(line), Is.Null, line);
        Assert.That(mine.Machine.Split(' '), Has.Length.EqualTo(2).And.All.Not.Empty, "a start of a kernel, and a name space of processes");
        Assert.That(mine.Text, Does.Match($@"^process {Environment.ProcessId} on {Environment.MachineName} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\dZ$"));
    }

    private Lease? Take(LeaseWatch? watch = null) => Lease.TryTake(Lock, _clock, watch ?? new(_clock), _lost.Add);

    private string Elsewhere(int turn, int beat)
    {
        string file = LeaseFile.Of(Lock, turn);
        File.WriteAllText(file, LeaseFile.Content(beat, new("another machine", 17, 4, "process 17 on node-3 since 2026-01-01 10:00:00Z")));
        return file;
    }

    private string[] Names() => [.. Directory.EnumerateFiles(_folder.Path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
}
