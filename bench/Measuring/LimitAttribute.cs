namespace Alignment.Bench.Measuring;

/// <summary>Names the benchmark of the same class that shows how fast this machine could do the same work.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LimitAttribute(string method) : Attribute
{
    public string Method => method;
}
