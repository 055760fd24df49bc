using Alignment.Files;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Page;

/// <summary>curves.html: the training curves of a store, of what is trained and of what is being trained; while a sweep runs the page loads itself again.</summary>
/// <param name="folder">The store.</param>
internal sealed class CurvesPage(string folder)
{
    /// <summary>Its file.</summary>
    public const string Name = "curves.html";

    /// <summary>Seconds between two versions.</summary>
    public const int Seconds = 5;

    private const string Work = RunStore.Work;
    private readonly Dictionary<string, Row> _known = [];

    /// <summary>Writes the page, the newest on top.</summary>
    /// <param name="standing">Where the sweep stands, in words.</param>
    /// <param name="runs">It still runs.</param>
    public void Write(string standing, bool runs)
    {
        foreach (string model in Models())
            Read(model);
        string title = $"Sweep {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}: training";
        HtmlText page = ReportPage.Open(title, runs ? $"<meta http-equiv=\"refresh\" content=\"{Digits.Fixed(Seconds, 0)}\">\n" : "");
        page.Element("p", standing, "class=\"lead\"").Raw("<div class=\"scroll\"><table><thead><tr>");
        foreach (string heading in new[] { "model", "state", "steps" }.Concat(RunCurves.Names))
            page.Element("th", heading, "scope=\"col\"");
        page.Raw("</tr></thead><tbody>\n");
        foreach (Row row in _known.Values.OrderByDescending(row => row.Written).ThenBy(row => row.Model, StringComparer.Ordinal))
        {
            page.Raw("<tr>").Element("th", row.Model, "scope=\"row\"").Element("td", row.Trains && runs ? "training" : row.Trains ? "stopped" : "trained").Element("td", Digits.Fixed(row.Steps, 0));
            foreach (string curve in row.Curves)
                page.Raw("<td>").Raw(curve).Raw("</td>");
            page.Raw("</tr>\n");
        }

        AtomicFile.WriteText(Path.Combine(folder, Name), ReportPage.Close(page.Raw("</tbody></table></div>\n")));
    }

    private IEnumerable<string> Models() => Path.Combine(folder, "weights") is var root && Directory.Exists(root) ? Directory.EnumerateDirectories(root) : [];

    // what has not grown since is not read again; what is being written or moved away is read the next time
    private void Read(string home)
    {
        bool trains = home.EndsWith(Work, StringComparison.Ordinal);
        string model = trains ? Path.GetFileName(home)[..^Work.Length] : Path.GetFileName(home);
        string path = Path.Combine(trains ? Path.Combine(home, "training") : home, "steps.jsonl");
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0 || (_known.TryGetValue(model, out Row? known) && known.Length == file.Length && known.Trains == trains))
            return;
        try
        {
            (int steps, IReadOnlyList<string> curves) = RunCurves.Read(path);
            _known[model] = new(model, file.Length, trains, file.LastWriteTimeUtc, steps, curves);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
        }
    }

    private sealed record Row(string Model, long Length, bool Trains, DateTime Written, int Steps, IReadOnlyList<string> Curves);
}
