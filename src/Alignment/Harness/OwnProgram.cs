using System.Reflection;

namespace Alignment.Harness;

/// <summary>How a test project is started once more, as a program.</summary>
internal static class OwnProgram
{
    private const string DotNet = "dotnet";

    /// <summary>
    /// The command, and the words it begins with. A process that was started as the program itself, which may have been published with a runtime of its own, is
    /// started so again; one of dotnet's, or of a test runner's, by dotnet.
    /// </summary>
    /// <param name="program">The test project's assembly.</param>
    public static IReadOnlyList<string> Command(Assembly program) => Command(program.Location, Environment.ProcessPath ?? "");

    /// <summary>As <see cref="Command(Assembly)"/>.</summary>
    /// <param name="assembly">The assembly's file.</param>
    /// <param name="process">The file that this process was started from.</param>
    internal static IReadOnlyList<string> Command(string assembly, string process)
    {
        string name = Path.GetFileNameWithoutExtension(assembly);
        if (process.Length > 0 && (Path.GetFileName(process) == name || Path.GetFileName(process) == name + ".exe"))
            return [process];
        return [Path.GetFileNameWithoutExtension(process) == DotNet ? process : DotNet, assembly];
    }
}
