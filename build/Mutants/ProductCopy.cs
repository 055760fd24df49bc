using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;

namespace Alignment.Mutants;

/// <summary>The product with its mutants and the tests of it, loaded together; each copy in a process makes static members of its own.</summary>
internal sealed class ProductCopy
{
    private readonly Func<string, TestAssemblies> _testsOf;

    /// <summary>Loads one.</summary>
    /// <param name="context">The process's own or <see cref="Another"/>.</param>
    /// <param name="mutant">The one that is on from the beginning; −1: none.</param>
    /// <param name="wanted">As in <see cref="TestAssemblies"/>.</param>
    /// <param name="fixtures">Whose tests are listed at once; null: those of a class when they are asked for, which a copy that a few of them are run in is quicker by.</param>
    public ProductCopy(AssemblyLoadContext context, int mutant, Regex wanted, IReadOnlyCollection<string>? fixtures)
    {
        Mutants = new(context.LoadFromAssemblyName(new AssemblyName("Alignment")));
        Mutants.TurnOn(mutant);
        TestAssemblies? all = fixtures == null ? null : TestAssemblies.Of(context, wanted, fixtures);
        _testsOf = fixture => all ?? TestAssemblies.Of(context, wanted, [fixture]);
    }

    public MutantSwitch Mutants { get; }

    /// <summary>Tests among which are all of a class.</summary>
    public TestAssemblies TestsOf(string fixture) => _testsOf(fixture);

    /// <summary>A context in which product and tests are loaded once more; what they stand on is shared.</summary>
    public static AssemblyLoadContext Another() => new Context();

    private sealed class Context : AssemblyLoadContext
    {
        protected override Assembly? Load(AssemblyName name) => name.Name!.StartsWith(nameof(Alignment), StringComparison.Ordinal)
            ? LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, $"{name.Name}.dll")) : null;
    }
}
