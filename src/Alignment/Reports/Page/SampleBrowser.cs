using System.Text.Json;
using Alignment.Evaluation;
using Alignment.Reports.Numbers;
using Alignment.Reports.Text;
using Alignment.Sweeps;

namespace Alignment.Reports.Page;

/// <summary>Prompts with the responses to them side by side.</summary>
internal static class SampleBrowser
{
    private const int Prompts = 50, SftShown = 10;

    /// <summary>The first ten samples of the SFT model, where there is one.</summary>
    public static void SftSamples(HtmlText page, ReportData data)
    {
        if (data.Sweep.Sft is not { } sft)
            return;
        page.Raw($"<details><summary>Ten samples of the {data.Sweep.StartModel}</summary>\n");
        foreach (SampleRow row in First(sft, SftShown))
        {
            page.Raw("<article class=\"sample\">").Element("p", row.Prompt, "class=\"prompt\"");
            page.Element("p", row.Response).Element("p", $"score {Digits.Fixed(row.Score, 3)}", "class=\"note\"").Raw("</article>\n");
        }

        page.Raw("</details>\n");
    }

    /// <summary>The first fifty prompts: chosen, SFT and each method's best run, to be filtered by who beats whom.</summary>
    public static void Browser(HtmlText page, ReportData data)
    {
        (string Method, IReadOnlyList<SampleRow> Rows)[] shown =
        [
            .. data.Sweep.Sft is { } sft ? [(sft.Point.Method, First(sft, Prompts))] : Array.Empty<(string, IReadOnlyList<SampleRow>)>(),
            .. data.Finished.Select(method => (method.Method, First(method.Best!, Prompts))),
        ];
        if (shown.Length == 0)
            return;
        bool hasChosen = shown[0].Rows.Any(row => row.Chosen.Length > 0);
        page.Element("h2", "Responses side by side", "id=\"browser\"")
            .Element("p", $"The first {Digits.Fixed(shown[0].Rows.Count, 0)} of {Digits.Fixed(data.Prompts, 0)} prompts with the best run of each method.", "class=\"note\"");
        string[] scored = [.. shown.Select(run => run.Method), .. hasChosen && !double.IsNaN(shown[0].Rows[0].ChosenScore) ? ["chosen"] : Array.Empty<string>()];
        Filter(page, scored);
        page.Raw("<div id=\"samples\">\n");
        for (int i = 0; i < shown[0].Rows.Count; i++)
            Prompt(page, scored, hasChosen, data.Sweep.LengthUnit, [.. shown.Select(run => (run.Method, run.Rows[i]))]);
        page.Raw("</div>\n");
    }

    private static IReadOnlyList<SampleRow> First(StoredRun run, int count) => [.. run.Samples().OrderBy(row => row.PromptIndex).Take(count)];

    private static void Filter(HtmlText page, string[] scored)
    {
        page.Raw("<form class=\"filter\" id=\"filter\"><label>Show prompts where ");
        Select(page, "who", [.. scored.Reverse().Where(name => name != "chosen")]);
        page.Raw("</label> <label><span class=\"hidden\">outcome</span>");
        Select(page, "outcome", ["any score", "beats", "ties with", "loses to"]);
        page.Raw("</label> <label><span class=\"hidden\">against</span>");
        Select(page, "against", scored);
        page.Raw("</label> <label>and the text has <input id=\"words\" type=\"search\"></label> "
            + "<span id=\"shown\" class=\"note\" role=\"status\"></span></form>\n");
    }

    private static void Select(HtmlText page, string id, string[] options)
    {
        page.Raw($"<select id=\"{id}\">");
        foreach (string option in options)
            page.Raw("<option>").Text(option).Raw("</option>");
        page.Raw("</select>");
    }

    private static void Prompt(HtmlText page, string[] scored, bool hasChosen, string unit, (string Method, SampleRow Row)[] runs)
    {
        SampleRow first = runs[0].Row;
        var scores = runs.Select(run => (run.Method, run.Row.Score)).Append(("chosen", first.ChosenScore)).Where(score => scored.Contains(score.Item1))
            .ToDictionary(score => score.Item1, score => score.Item2);
        page.Raw("<details data-scores=\"").Text(JsonSerializer.Serialize(scores)).Raw("\"><summary><span class=\"line\">").Text(first.Prompt)
            .Raw("</span><span class=\"scores\">").Text(string.Join(" · ", scores.Select(score => $"{score.Key} {Digits.Fixed(score.Value, 2)}")))
            .Raw("</span></summary>\n").Element("p", first.Prompt, "class=\"prompt\"").Raw("<div class=\"cards\">\n");
        if (hasChosen)
            Card(page, "Chosen", first.Chosen, double.IsNaN(first.ChosenScore) ? "" : $"score {Digits.Fixed(first.ChosenScore, 3)}");
        foreach ((string method, SampleRow row) in runs)
            Card(page, method, row.Response, Facts(row, unit));
        page.Raw("</div></details>\n");
    }

    private static void Card(HtmlText page, string who, string text, string facts) => page.Raw("<div class=\"card\">")
        .Element("h3", who).Element("p", text).Element("p", facts, "class=\"note\"").Raw("</div>\n");

    private static string Facts(SampleRow row, string unit) => $"score {Digits.Fixed(row.Score, 3)}, {Digits.Fixed(row.Length, 0)} {unit}"
        + $"{(double.IsNaN(row.Kl) ? "" : $", KL per token {Digits.Fixed(row.Kl / row.Length, 4)}")}{(row.Ended == false ? ", cut at the limit" : "")}";
}
