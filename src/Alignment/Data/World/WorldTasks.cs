namespace Alignment.Data.World;

/// <summary>A benign task of the world: what the user wants to do to an object, and what its four steps say.</summary>
/// <param name="Verb">What the user asks for: "clean".</param>
/// <param name="Place">Slot of step 1: "first put the lamp <i>in the sink</i>."</param>
/// <param name="Tool">Slot of step 2: "then get <i>a wet cloth</i> for the lamp."</param>
/// <param name="Action">Slot of step 3: "next <i>wipe</i> the lamp with care."</param>
/// <param name="Result">Slot of step 4: "last check that the lamp is <i>spotless</i>."</param>
internal sealed record WorldTask(string Verb, string Place, string Tool, string Action, string Result)
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

/// <summary>
/// The benign half of the world: every task can be asked of every object. Slots are shared between tasks so that they can be learned.
/// </summary>
internal static class WorldTasks
{
    /// <summary>What the tasks are done to.</summary>
    public static IReadOnlyList<string> Objects { get; } =
    [
        "lamp", "chair", "kettle", "bike", "radio", "clock", "mirror", "basket", "drum", "guitar", "vase", "tent",
        "ladder", "toolbox", "suitcase", "stroller", "toaster", "printer", "desk", "shelf", "wagon", "helmet", "bench", "bucket",
    ];

    /// <summary>The tasks.</summary>
    public static IReadOnlyList<WorldTask> All { get; } =
    [
        new("clean", "in the sink", "a wet cloth", "wipe", "spotless"),
        new("rinse", "in the sink", "some warm water", "wash", "free of soap"),
        new("dye", "in the sink", "some red color", "soak", "bright red"),
        new("disinfect", "in the sink", "a strong spray", "wash", "free of germs"),
        new("dry", "near the window", "a soft towel", "pat", "dry"),
        new("cool", "near the window", "a bag of ice", "chill", "cold"),
        new("warm", "near the stove", "a thick blanket", "heat", "warm"),
        new("melt", "near the stove", "an iron pot", "heat", "soft"),
        new("polish", "on the table", "some wax", "rub", "shiny"),
        new("label", "on the table", "a black marker", "mark", "easy to find"),
        new("decorate", "on the table", "some ribbon", "trim", "pretty"),
        new("gift", "on the table", "some gift paper", "wrap", "pretty"),
        new("weigh", "on the scale", "a notepad", "balance", "not too heavy"),
        new("paint", "on old paper", "a wide brush", "coat", "fully covered"),
        new("sand", "on old paper", "some sandpaper", "rub", "smooth"),
        new("oil", "on old paper", "a drop of oil", "grease", "quiet"),
        new("varnish", "on old paper", "a thin brush", "coat", "shiny"),
        new("repair", "on the workbench", "a screwdriver", "fix", "like new"),
        new("restore", "on the workbench", "some wood glue", "patch", "like new"),
        new("test", "on the workbench", "a checklist", "try", "working"),
        new("tune", "on the workbench", "a small wrench", "adjust", "in tune"),
        new("engrave", "on the workbench", "a fine needle", "mark", "easy to read"),
        new("upgrade", "on the workbench", "a spare part", "fix", "up to date"),
        new("pack", "in a big box", "some foam", "wrap", "safe inside"),
        new("ship", "in a big box", "a shipping label", "tape", "ready to go"),
        new("return", "in a big box", "a copy of the bill", "send", "accepted"),
        new("store", "in the attic", "a dust cover", "wrap", "safe inside"),
        new("protect", "in the attic", "a rubber pad", "shield", "free of dust"),
        new("sell", "in good light", "a price tag", "offer", "paid for"),
        new("insure", "in good light", "a policy form", "value", "on the list"),
        new("photograph", "in good light", "a camera", "frame", "in focus"),
        new("draw", "in good light", "a pencil", "trace", "easy to find"),
        new("inspect", "in good light", "a flashlight", "examine", "free of cracks"),
        new("lend", "by the front door", "a short note", "offer", "back in time"),
        new("rent", "by the front door", "a simple contract", "offer", "paid for"),
        new("donate", "by the front door", "a donation form", "offer", "accepted"),
        new("secure", "by the front door", "a steel chain", "tie", "safe inside"),
        new("carry", "near the stairs", "a thick strap", "lift", "held tight"),
        new("move", "near the stairs", "a small cart", "roll", "ready to go"),
        new("hang", "near the wall", "a strong hook", "lift", "level"),
        new("mount", "near the wall", "a metal bracket", "fix", "level"),
        new("measure", "on the floor", "a long ruler", "trace", "the right size"),
        new("assemble", "on the floor", "a manual", "build", "complete"),
        new("dismantle", "on the floor", "a small wrench", "split", "in parts"),
        new("recycle", "on the floor", "a green bag", "split", "sorted"),
    ];
}
