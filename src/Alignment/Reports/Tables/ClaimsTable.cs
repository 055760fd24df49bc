using Alignment.Reports.Numbers;

namespace Alignment.Reports.Tables;

/// <summary>The paper's findings beside what this sweep shows of them.</summary>
internal static class ClaimsTable
{
    /// <summary>claims: a row a claim whose methods the sweep has.</summary>
    public static ReportTable Of(ReportData data) => new("claims", "The paper's claims on your data",
        "Findings of Ahrabian et al. 2024 and what the paper reports, beside the same comparison on this sweep: 95 % over seeds and prompts, or over settings. "
        + "Supported: the whole interval agrees. Contradicted: the whole of it disagrees. The paper's figures are of its own models and data; none of them is in a number of this report.",
        new Table(
            [new("claim"), Column.Text("in the paper", "paper"), Column.Estimates("here", "here", 2), new("unit"), new("verdict")],
            [
                .. PaperClaims.Of(data).Select(claim => (IReadOnlyList<Cell>)
                    [claim.Claim, claim.Paper, claim.Here is { } here ? here : Cell.Empty, claim.Unit, claim.SeedsAreKnown ? claim.Verdict : $"{claim.Verdict}: noise of seeds unknown"]),
            ]));
}
