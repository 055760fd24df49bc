namespace Alignment.Bench.Measuring;

/// <summary>Marks a limit or a second baseline: it measures the machine or libtorch, not this library.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class UntrackedAttribute : Attribute;
