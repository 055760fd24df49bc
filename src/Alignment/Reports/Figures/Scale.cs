namespace Alignment.Reports.Figures;

/// <summary>A linear axis that ends on round numbers.</summary>
public sealed class Scale
{
    private readonly double _from, _to;

    /// <summary>Maps values from <paramref name="low"/> … <paramref name="high"/>, widened to round numbers, to pixels.</summary>
    public Scale(double low, double high, double fromPixel, double toPixel)
    {
        if (!(high > low))
            (low, high) = (low - 0.5, low + 0.5);
        double raw = (high - low) / 5, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step = power * (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        int first = (int)Math.Floor(low / step + 1e-9), last = (int)Math.Ceiling(high / step - 1e-9);

        Decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step) + 1e-9));
        Ticks = [.. Enumerable.Range(first, last - first + 1).Select(i => i * step)];
        (_from, _to) = (fromPixel, toPixel);
    }

    /// <summary>Round values from one end of the axis to the other.</summary>
    public IReadOnlyList<double> Ticks { get; }

    /// <summary>Decimals that tell the ticks apart.</summary>
    public int Decimals { get; }

    /// <summary>Where <paramref name="value"/> is, in pixels.</summary>
    public double Pixel(double value) => _from + (value - Ticks[0]) / (Ticks[^1] - Ticks[0]) * (_to - _from);
}
