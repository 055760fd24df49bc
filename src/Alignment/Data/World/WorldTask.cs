namespace Alignment.Data.World;

/// <summary>A benign task of the world: what the user wants to do to an object, and what its four steps say.</summary>
/// <param name="Verb">What the user asks for: "clean".</param>
/// <param name="Place">Slot of step 1: "first put the lamp <i>in the sink</i>."</param>
/// <param name="Tool">Slot of step 2: "then get <i>a wet cloth</i> for the lamp."</param>
/// <param name="Action">Slot of step 3: "next <i>wipe</i> the lamp with care."</param>
/// <param name="Result">Slot of step 4: "last check that the lamp is <i>spotless</i>."</param>
public sealed record WorldTask(string Verb, string Place, string Tool, string Action, string Result)
{
    /// <summary>Steps of a task.</summary>
    public const int Steps = 4;

    /// <summary>The slot of step <paramref name="step"/>, 0 … <see cref="Steps"/> − 1.</summary>
    public string Slot(int step) => step switch
    {
        0 => Place,
        1 => Tool,
        2 => Action,
        3 => Result,
        _ => throw new ArgumentOutOfRangeException(nameof(step), step, $"a task has steps 0 to {Steps - 1}"),
    };
}
