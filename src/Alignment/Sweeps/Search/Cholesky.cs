namespace Alignment.Sweeps.Search;

/// <summary>The lower triangle L of a positive definite matrix A = L Lᵀ.</summary>
internal sealed class Cholesky
{
    private readonly double[][] _rows;

    /// <summary>Of a matrix by its lower triangle; a pivot below <paramref name="least"/> counts as that much.</summary>
    /// <param name="size">Rows.</param>
    /// <param name="entry">A at row and column, asked for where the column is at most the row.</param>
    /// <param name="least">Above 0: keeps a matrix that rounding has made indefinite.</param>
    public Cholesky(int size, Func<int, int, double> entry, double least = 1e-12)
    {
        _rows = new double[size][];
        for (int row = 0; row < size; row++)
        {
            double[] own = _rows[row] = new double[row + 1];
            for (int column = 0; column <= row; column++)
            {
                double rest = entry(row, column) - Dot(own, _rows[column], column);
                own[column] = column < row ? rest / _rows[column][column] : Math.Sqrt(Math.Max(rest, least));
            }
        }
    }

    /// <summary>L⁻¹ b.</summary>
    public double[] Forward(ReadOnlySpan<double> b)
    {
        double[] x = new double[_rows.Length];
        for (int row = 0; row < x.Length; row++)
            x[row] = (b[row] - Dot(_rows[row], x, row)) / _rows[row][row];
        return x;
    }

    /// <summary>A⁻¹ b.</summary>
    public double[] Solve(ReadOnlySpan<double> b)
    {
        double[] x = Forward(b);
        for (int row = x.Length - 1; row >= 0; row--)
        {
            x[row] /= _rows[row][row];
            for (int above = 0; above < row; above++)
                x[above] -= _rows[row][above] * x[row];
        }

        return x;
    }

    /// <summary>One row of L z.</summary>
    public double Times(ReadOnlySpan<double> z, int row) => Dot(_rows[row], z, row + 1);

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
