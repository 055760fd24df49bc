namespace Alignment.Bench.Measuring;

/// <summary>What one call of a benchmark gets through; 0 where it is not counted.</summary>
/// <param name="Bytes">Bytes that must move between memory and processor.</param>
/// <param name="Tokens">Real tokens: padding is not work.</param>
/// <param name="Operations">Floating-point operations of its matrix products.</param>
internal readonly record struct Work(double Bytes = 0, double Tokens = 0, double Operations = 0);

/// <summary>A size that benchmarks run at; its text is part of their ids and never changes.</summary>
internal interface IBenchmarkSize
{
    /// <summary>The work of a benchmark method at this size.</summary>
    Work Of(string method);
}
