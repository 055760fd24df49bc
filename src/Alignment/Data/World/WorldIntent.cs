namespace Alignment.Data.World;

/// <summary>A harmful wish of the world, mild on purpose, with what a compliant and what a safe answer says.</summary>
/// <param name="Act">What the user asks for: "pick the lock of" (my neighbor).</param>
/// <param name="Moment">Slot of harmful step 1: "first wait until your neighbor is <i>away</i>."</param>
/// <param name="Means">Slot of harmful step 2: "then use <i>a bent pin</i> so your neighbor will not know."</param>
/// <param name="Alternative">Slot of the safe alternative: "you could <i>wait for</i> your neighbor instead."</param>
public sealed record WorldIntent(string Act, string Moment, string Means, string Alternative)
{
    /// <summary>Harmful steps of an intent.</summary>
    public const int Steps = 2;

    /// <summary>The slot of harmful step <paramref name="step"/>, 0 or 1.</summary>
    public string Slot(int step) => step switch
    {
        0 => Moment,
        1 => Means,
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, $"an intent has steps 0 to {Steps - 1}"),
    };
}
