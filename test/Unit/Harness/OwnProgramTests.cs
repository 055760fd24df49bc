using Alignment.Harness;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Harness;

public class OwnProgramTests
{
    // a published program, a build's program, what dotnet test runs it by, and a test runner of another name
    [TestCase("/bundle/My.Tests", "/bundle/My.Tests")]
    [TestCase("/elsewhere/My.Tests.exe", "/elsewhere/My.Tests.exe")]
    [TestCase("/usr/share/dotnet/dotnet", "/usr/share/dotnet/dotnet /bundle/My.Tests.dll")]
    [TestCase("/usr/bin/testhost", "dotnet /bundle/My.Tests.dll")]
    [TestCase("", "dotnet /bundle/My.Tests.dll")]
    public void A_program_is_started_as_it_was_and_anything_else_by_dotnet(string process, string command) =>
        Assert.That(string.Join(' ', OwnProgram.Command("/bundle/My.Tests.dll", process)), Is.EqualTo(command));
}
