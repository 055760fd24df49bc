using Alignment.Files;

namespace Alignment.Sweeps;

/// <summary>
/// The trained models of a sweep's folder: weights/ID, each a model's folder with its steps.jsonl and training.json. Runs that differ only in
/// sampling, prompts or gold model share one; <c>weights</c> in a run's folder is a link to it.
/// </summary>
internal sealed class WeightStore(string sweep, TimeProvider clock)
{
    private const string Dropped = "dropped.txt";
    private static readonly string[] s_records = ["steps.jsonl", "training.json", Dropped];

    /// <summary>The folder that holds all of them.</summary>
    public string Root => Path.Combine(sweep, "weights");

    /// <summary>Where weights of a name are, or will be.</summary>
    public string Folder(string name) => Path.Combine(Root, name);

    /// <summary>Where they are worked on.</summary>
    public string WorkFolder(string name) => Folder(name) + RunStore.Work;

    /// <summary>Where TensorBoard finds their training.</summary>
    public string EventFolder(string name) => Path.Combine(sweep, "tensorboard", name);

    /// <summary>They are there to be loaded.</summary>
    public bool Has(string name) => Directory.Exists(Folder(name)) && !WereDropped(name);

    /// <summary>They were trained, and only the record of that was kept.</summary>
    public bool WereDropped(string name) => IsDropped(Folder(name));

    /// <summary>A folder of <see cref="Drop"/>.</summary>
    public static bool IsDropped(string folder) => File.Exists(Path.Combine(folder, Dropped));

    /// <summary>Takes weights to train or to remove; waits while another process does.</summary>
    public RunLock Take(string name, Action<string> waiting, CancellationToken cancel) =>
        RunLock.Take(Path.Combine(sweep, "locks", LockOf(name) + ".lock"), clock, waiting, cancel);

    /// <summary>Takes weights, or gives null where another process does.</summary>
    public RunLock? TryTake(string name) => RunLock.TryTake(Path.Combine(sweep, "locks", LockOf(name) + ".lock"), clock);

    /// <summary>The name of their lock, without the extension.</summary>
    public static string LockOf(string name) => $"weights-{name}";

    /// <summary>Puts a folder in place; what was dropped before is replaced.</summary>
    public void Complete(string name, string folder)
    {
        if (Directory.Exists(Folder(name)))
            Directory.Delete(Folder(name), recursive: true);
        Directory.Move(folder, Folder(name));
    }

    /// <summary>Deletes weights and keeps how they were trained; what a killed process began to delete is finished.</summary>
    /// <returns>Bytes freed.</returns>
    public long Drop(string name, string reason)
    {
        AtomicFile.WriteText(Path.Combine(Folder(name), Dropped), reason + "\n");
        FileInfo[] large = [.. new DirectoryInfo(Folder(name)).EnumerateFiles().Where(file => !s_records.Contains(file.Name))];
        long bytes = large.Sum(file => file.Length);
        foreach (FileInfo file in large)
            file.Delete();
        return bytes;
    }

    /// <summary>Makes <c>weights</c> in a run's folder a link to its weights, where the file system has links.</summary>
    public void Link(string run, string name)
    {
        string link = Path.Combine(run, "weights");
        if (!Directory.Exists(Folder(name)) || Path.Exists(link) || new FileInfo(link).LinkTarget != null)
            return;
        try
        {
            Directory.CreateSymbolicLink(link, Path.Combine("..", "weights", name));
        }
        catch (IOException) // run.json names them, too
        {
        }
    }
}
