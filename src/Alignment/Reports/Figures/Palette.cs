namespace Alignment.Reports.Figures;

/// <summary>Colours that stay apart for colour-blind readers, on white and on dark (Okabe and Ito 2008).</summary>
public static class Palette
{
    private static readonly string[] s_colors = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"];

    /// <summary>The colour of the method at <paramref name="position"/>; they repeat after six.</summary>
    public static string Of(int position) => s_colors[position % s_colors.Length];
}
