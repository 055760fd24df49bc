using System.Globalization;
using Alignment.Recipes;

namespace Alignment.Sweeps.Search;

/// <summary>
/// The points a search picks from, in the recipe's order, and how alike their scores are taken to be. Learning rate and epochs are scaled to 0 … 1 over
/// all methods, a method's own hyperparameters within it, each on a log scale where it has no value below or at 0.
/// Covariance: .35 m(learning rate, epochs) + same method · (.15 + .50 m(learning rate, epochs, own)) + same point · .10, m a Matérn 5/2 of the distance.
/// The last is what a point has of its own and another seed of it shares. Lengths and weights were found by simulation over families of surfaces and on stored grids.
/// </summary>
internal sealed class SearchSpace
{
    private const double SharedWeight = 0.35, MethodWeight = 0.15, OwnWeight = 0.50, PointWeight = 0.10;
    private const double RateLength = 0.4, EpochsLength = 0.8, FirstOwnLength = 0.8, FurtherOwnLength = 1.5;
    private readonly Place[] _places;
    private readonly double[]?[] _covariances;

    private SearchSpace(IReadOnlyList<GridPoint> points, Place[] places) =>
        (Points, _places, _covariances, Methods) = (points, places, new double[places.Length][], [.. points.Select(point => point.Method).Distinct()]);

    /// <summary>The points, without seeds.</summary>
    public IReadOnlyList<GridPoint> Points { get; }

    /// <summary>The methods in the order of their first points.</summary>
    public IReadOnlyList<string> Methods { get; }

    /// <summary>How many points there are.</summary>
    public int Count => Points.Count;

    /// <summary>The variance of a score before anything is seen, in units of the scores' own.</summary>
    public static double Variance => SharedWeight + MethodWeight + OwnWeight + PointWeight;

    /// <summary>Of a recipe's points, or of those that a store has; no two differ in their seed alone.</summary>
    public static SearchSpace Of(IReadOnlyList<GridPoint> points)
    {
        double[] rates = Scaled(points, Grid.LearningRate.Name), epochs = Scaled(points, Grid.Epochs.Name);
        var places = new Place[points.Count];
        foreach (var method in points.Index().GroupBy(point => point.Item.Method))
        {
            GridPoint[] own = [.. method.Select(point => point.Item)];
            double[][] axes = [.. OwnNames(own).Select(name => Scaled(own, name))];
            foreach ((int position, (int index, _)) in method.Index())
                places[index] = new(rates[index], epochs[index], [.. axes.Select(axis => axis[position])]);
        }

        return new(points, places);
    }

    /// <summary>[points] the covariance of every point's score with one's, in units of the scores' variance.</summary>
    public double[] Covariances(int point) => _covariances[point] ??= [.. Enumerable.Range(0, Count).Select(other => Covariance(other, point))];

    /// <summary>
    /// Where a search begins: the lower of the two middle learning rates at the middle of the first own hyperparameter (the upper middle of an even number),
    /// then the higher rate at the lower quarter of it, so that six runs tell of both; each over all methods, all other hyperparameters and the epochs at the lower middle.
    /// </summary>
    public IReadOnlyList<int> Start()
    {
        double[] rates = Levels(_places.Select(place => place.Rate));
        (double Rate, Func<IEnumerable<double>, double> First)[] rounds = [(rates[Math.Max(0, rates.Length / 2 - 1)], Upper), (rates[rates.Length / 2], Quarter)];
        return [.. rounds.SelectMany(_ => Methods, (round, method) => Nearest(method, round.Rate, round.First)).Distinct()];
    }

    // a method whose own grid lacks a level begins with the nearest that it has
    private int Nearest(string method, double rate, Func<IEnumerable<double>, double> first)
    {
        int[] own = [.. Enumerable.Range(0, Count).Where(index => Points[index].Method == method)];
        double epochs = Lower(own.Select(index => _places[index].Epochs));
        double[] values = [.. _places[own[0]].Own.Select((_, axis) =>
            axis == 0 ? first(own.Select(index => _places[index].Own[0])) : Lower(own.Select(index => _places[index].Own[axis])))];
        return own.MinBy(index => (Math.Abs(_places[index].Rate - rate), Math.Abs(_places[index].Epochs - epochs),
            _places[index].Own.Zip(values, (at, wanted) => Math.Abs(at - wanted)).Sum()));
    }

    private double Covariance(int first, int second)
    {
        (Place a, Place b) = (_places[first], _places[second]);
        double shared = Square((a.Rate - b.Rate) / RateLength) + Square((a.Epochs - b.Epochs) / EpochsLength);
        double covariance = SharedWeight * Matern(shared) + (first == second ? PointWeight : 0);
        return Points[first].Method != Points[second].Method ? covariance
            : covariance + MethodWeight + OwnWeight * Matern(shared + a.Own.Zip(b.Own, (x, y) => x - y).Select((d, axis) => Square(d / (axis == 0 ? FirstOwnLength : FurtherOwnLength))).Sum());
    }

    private static double Matern(double squaredDistance)
    {
        double scaled = Math.Sqrt(5 * squaredDistance);
        return (1 + scaled + scaled * scaled / 3) * Math.Exp(-scaled);
    }

    /// <summary>A method's own hyperparameters; of γ and γ/β, which follow from each other, the one with fewer values is the recipe's own.</summary>
    internal static IEnumerable<string> OwnNames(IReadOnlyList<GridPoint> points)
    {
        string[] names = [.. points[0].Parameters.Select(parameter => parameter.Key).Where(name => name != Grid.LearningRate.Name && name != Grid.Epochs.Name && name != Grid.Seed)];
        int Values(string name) => points.Select(point => point.Spelling(name)).Distinct().Count();
        return names.Where(name => !(Recipes.Methods.TimesBeta(name) is { } whole && names.Contains(whole) && Values(whole) <= Values(name))
            && !(Recipes.Methods.OverBeta(name) is { } ratio && names.Contains(ratio) && Values(ratio) < Values(name)));
    }

    // what is no number has the places of its values' order
    private static double[] Scaled(IReadOnlyList<GridPoint> points, string name)
    {
        string?[] spelled = [.. points.Select(point => point.Spelling(name))];
        double[] values = [.. spelled.Select(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN)];
        if (values.Any(double.IsNaN))
            values = [.. spelled.Select(text => (double)Array.IndexOf([.. spelled.Distinct()], text))];
        if (values.Min() > 0)
            values = [.. values.Select(value => Math.Log(value))];
        (double low, double high) = (values.Min(), values.Max());
        return [.. values.Select(value => high > low ? (value - low) / (high - low) : 0)];
    }

    private static double[] Levels(IEnumerable<double> values) => [.. values.Distinct().Order()];

    private static double Upper(IEnumerable<double> values) => Levels(values) is var levels ? levels[levels.Length / 2] : 0;

    private static double Quarter(IEnumerable<double> values) => Levels(values) is var levels ? levels[(levels.Length + 1) / 4] : 0;

    private static double Lower(IEnumerable<double> values) => Levels(values) is var levels ? levels[(levels.Length - 1) / 2] : 0;

    private static double Square(double value) => value * value;

    /// <param name="Rate">Learning rate, 0 … 1.</param>
    /// <param name="Epochs">0 … 1.</param>
    /// <param name="Own">The method's own hyperparameters, 0 … 1 each.</param>
    private sealed record Place(double Rate, double Epochs, double[] Own);
}
