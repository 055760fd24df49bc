using System.Reflection;

namespace Alignment.Mutants;

/// <summary>What Stryker compiles into the assembly: which mutant is on, and which were passed by.</summary>
internal sealed class MutantSwitch
{
    private readonly FieldInfo _active;
    private readonly FieldInfo _capture;
    private readonly MethodInfo _coverage;

    /// <exception cref="InvalidOperationException">The assembly has no mutants.</exception>
    public MutantSwitch(Assembly mutated)
    {
        Type control = mutated.GetTypes().SingleOrDefault(type => type.Name == "MutantControl")
            ?? throw new InvalidOperationException($"{mutated.Location} has no mutants in it");
        _active = control.GetField("ActiveMutant")!;
        _capture = control.GetField("CaptureCoverage")!;
        _coverage = control.GetMethod("GetCoverageData")!;
    }

    /// <summary>Turns one mutant on, with −1 all off.</summary>
    public void TurnOn(int number) => _active.SetValue(null, number);

    /// <summary>While it is captured, mutants are off.</summary>
    public void Capture(bool on) => _capture.SetValue(null, on);

    /// <summary>The mutants passed by since the last call, and those of them passed by while a static member was made.</summary>
    public (int[] All, int[] Static) PassedBy()
    {
        var lists = (IList<int>[])_coverage.Invoke(null, null)!;
        return ([.. lists[0]], [.. lists[1]]);
    }
}
