using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Alignment.Mutants;

/// <summary>Tests of all assemblies given, run in this process: what is loaded once serves every mutant.</summary>
internal sealed class TestAssemblies
{
    private readonly List<(NUnitTestAssemblyRunner Runner, Dictionary<string, object> Settings)> _runners = [];
    private readonly ILookup<string, ITest> _byName;

    /// <summary>Lists the tests.</summary>
    /// <param name="assemblies">All that have tests.</param>
    /// <param name="wanted">Of a test's full name and its categories, as `Alignment.Tests.Unit.X.Y [Golden]`.</param>
    /// <param name="fixtures">The classes to look at; none: all.</param>
    private TestAssemblies(IEnumerable<Assembly> assemblies, Regex wanted, IReadOnlyCollection<string> fixtures)
    {
        foreach (Assembly assembly in assemblies)
        {
            // events come on the test's own thread: what was passed by belongs to the test that runs
            Dictionary<string, object> settings = new() { ["NumberOfTestWorkers"] = 0, ["SynchronousEvents"] = true, ["RandomSeed"] = 1, ["LOAD"] = fixtures.ToList() };
            NUnitTestAssemblyRunner runner = new(new DefaultTestAssemblyBuilder());
            Tests.AddRange(Leaves(runner.Load(assembly, settings)).Where(test => wanted.IsMatch($"{test.FullName} [{string.Join(' ', Categories(test))}]")));
            _runners.Add((runner, settings));
        }
        _byName = Tests.ToLookup(test => test.FullName);
    }

    public List<ITest> Tests { get; } = [];

    /// <summary>Lists the tests of both projects.</summary>
    public static TestAssemblies Of(AssemblyLoadContext context, Regex wanted, IReadOnlyCollection<string> fixtures) =>
        new(new[] { "Alignment.Tests.Unit", "Alignment.Tests.Regression" }.Select(name => context.LoadFromAssemblyName(new AssemblyName(name))), wanted, fixtures);

    /// <summary>The class that a test is in, itself included: tests of one are run together, for what they set up once. Null outside of every class.</summary>
    public static string? Fixture(ITest? test) => test is null or { TestType: "TestFixture" } ? test?.FullName : Fixture(test.Parent);

    /// <summary>Runs some tests in their fixtures' order; a mutant that is on while tests are listed may have taken some away.</summary>
    public void Run(IReadOnlySet<string> names, ITestListener listener, bool stopAtFirstFailure)
    {
        Chosen chosen = new([.. names.SelectMany(name => _byName[name]).SelectMany(WithParents).Select(test => test.Id)]);
        foreach ((NUnitTestAssemblyRunner runner, Dictionary<string, object> settings) in _runners)
        {
            settings.Remove("StopOnError");
            if (stopAtFirstFailure)
                settings["StopOnError"] = true;
            if (chosen.Pass(runner.LoadedTest!))
                runner.Run(listener, chosen);
        }
    }

    private static IEnumerable<ITest> Leaves(ITest test) => test.IsSuite ? test.Tests.SelectMany(Leaves) : [test];

    private static IEnumerable<object?> Categories(ITest? test) =>
        test == null ? [] : [.. test.Properties["Category"], .. Categories(test.Parent)];

    private static IEnumerable<ITest> WithParents(ITest test) => test.Parent == null ? [test] : [test, .. WithParents(test.Parent)];

    // of tests and what they are in: NUnit's own way of looking for matches below every suite would take longer than most tests
    private sealed class Chosen(HashSet<string> ids) : TestFilter
    {
        public override bool Match(ITest test) => ids.Contains(test.Id);

        public override bool Pass(ITest test, bool negated) => Match(test);

        public override TNode AddToXml(TNode parentNode, bool recursive) => parentNode.AddElement("chosen");
    }
}
