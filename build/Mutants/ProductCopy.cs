using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;

namespace Alignment.Mutants;

/// <summary>The product with its mutants and the tests of it, loaded together; each copy in a process makes static members of its own.</summary>
internal sealed class ProductCopy
{
    /// <summary>Loads one and lists its tests.</summary>
    /// <param name="context">The process's own or <see cref="Another"/>.</param>
    /// <param name="mutant">The one that is on from the beginning; −1: none.</param>
    /// <param name="wanted">As in <see cref="TestAssemblies"/>.</param>
    /// <param name="fixtures">As there.</param>
    public ProductCopy(AssemblyLoadContext context, int mutant, Regex wanted, IReadOnlyCollection<string> fixtures)
    {
        Mutants = new(context.LoadFromAssemblyName(new AssemblyName("Alignment")));
        Mutants.TurnOn(mutant);
        Tests = TestAssemblies.Of(context, wanted, fixtures);
    }

    public MutantSwitch Mutants { get; }

    public TestAssemblies Tests { get; }

    /// <summary>A context in which product and tests are loaded once more; what they stand on is shared.</summary>
    public static AssemblyLoadContext Another() => new Context();

    private sealed class Context : AssemblyLoadContext
    {
        protected override Assembly? Load(AssemblyName name) => name.Name!.StartsWith(nameof(Alignment), StringComparison.Ordinal)
            ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, $"{name.Name}.dll")) : null;
    }
}
