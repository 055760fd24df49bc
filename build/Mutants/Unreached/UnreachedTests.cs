using System.Reflection;
using NUnit.Framework;

namespace Alignment.Mutants.Unreached;

/// <summary>
/// The one test that Stryker runs: it passes by none of the mutants, so Stryker has none to try and leaves its assembly where it is. That a number is told at all
/// keeps Stryker from believing that it could not measure.
/// </summary>
public class UnreachedTests
{
    [Test]
    public void Nothing_is_passed_by() =>
        Assembly.Load("Alignment").GetTypes().FirstOrDefault(type => type.Name == "MutantControl")?.GetMethod("IsActive")!.Invoke(null, [int.MaxValue]);
}
