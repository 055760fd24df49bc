using System.Globalization;
using Alignment.Files;
using Alignment.Recipes;
using Alignment.Reports;
using Alignment.Sweeps;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>-p:Edits=200 makes more of them than a test run by default.</summary>
[NonParallelizable]
public class EditedSweepTests
{
    private static readonly string[] s_deserialisers = ["LineNumber", "BytePosition", "System.", "Could not find", "The given key", "The requested operation", "could not be converted", "Object reference", "Parameter '"];

    [Test]
    public void An_edited_sweep_runs_or_ends_in_one_short_message_before_anything_is_trained()
    {
        int edits = int.Parse(TestContext.Parameters.Get("Edits", "20")!, CultureInfo.InvariantCulture), ran = 0;
        List<string> faults = [];
        for (int edit = 0; edit < edits; edit++)
        {
            using var folder = new SweepFolder();
            string what = SweepEdit.Make(folder, new SeededRandom(11, $"test/edits/{edit}"));
            string? message = null;
            try
            {
                Run(folder);
                ran++;
            }
            catch (Exception e) when (SweepFaults.Explains(e))
            {
                message = e.Message;
            }
            catch (Exception e)
            {
                faults.Add($"{edit}: {what}: {e.GetType().Name} {e.Message} {e.StackTrace?.Split('\n').FirstOrDefault()}");
            }

            TestContext.Out.WriteLine($"{edit}: {what}: {message ?? "runs"}");
            if (message == null)
                continue;
            if (message.Split('\n').Length >= 15 || message.Length == 0 || s_deserialisers.Any(text => message.Contains(text, StringComparison.Ordinal)))
                faults.Add($"{edit}: {what}: no sentence for a person: {message}");
            if (folder.Log.Any(line => line.Contains("train: step", StringComparison.Ordinal)))
                faults.Add($"{edit}: {what}: told after training began: {message}");
        }

        TestContext.Out.WriteLine($"{edits} edits: {ran} ran, {edits - ran} were refused");
        Assert.That(faults, Is.Empty, string.Join('\n', faults));
        Assert.That(ran, Is.InRange(1, edits - edits / 3), "some edits run and many are refused, or they are no test");
    }

    private static void Run(SweepFolder folder)
    {
        using Sweep sweep = folder.Open();
        foreach (GridPoint point in Grid.PreferencePoints(folder.Load()))
            sweep.Run(point, CancellationToken.None);
        ReportWriter.Write(sweep.Collect(CancellationToken.None));
    }
}
