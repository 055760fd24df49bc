using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Text;
using System.Xml.Linq;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// The product as its users get it: packed, restored from a folder into a project outside the repository, and run there. Every other package
/// comes from what this repository has restored, so that no network is needed.
/// </summary>
[NonParallelizable, Category("Package")]
public sealed class PackageTests
{
    private const long LargestBin = 40_000_000;
    private const string Remote = "https://someone:secret@example.org/alignment.git";

    private static readonly string s_repository = Metadata("Alignment.RepoRoot");

    private readonly string _root = Directory.CreateTempSubdirectory("alignment-package").FullName;

    private string Feed => Path.Combine(_root, "feed");

    private string Project => Path.Combine(_root, "user");

    private DateTime _linked;

    [OneTimeSetUp]
    public void Pack()
    {
        _linked = Linked;
        DotNet(s_repository, $"pack src/Alignment -o {Feed} --artifacts-path {_root}/pack -p:Version=1.2.3 -p:PrivateRepositoryUrl={Remote} -p:UseSharedCompilation=false -p:RunAnalyzers=false");
    }

    [OneTimeTearDown]
    public void Clean() => Directory.Delete(_root, recursive: true);

    [Test]
    public void A_project_outside_the_repository_runs_a_recipe_with_one_package_and_one_line()
    {
        WriteProject();
        string output = DotNet(_root, "test user -p:Recipe=user/my.json -p:Threads=1 -p:UseSharedCompilation=false");
        string sweep = Path.Combine(Project, "artifacts", "sweeps", "micro");
        Assert.That(File.ReadAllText(Path.Combine(sweep, "table1.md")), Does.Contain("LN-DPO"), output);
        Assert.That(Path.Combine(sweep, "report.html"), Does.Exist);
        Assert.That(output, Does.Contain("Passed: 5"), "SFT, three methods, the report");
        long bin = Directory.EnumerateFiles(Path.Combine(Project, "bin"), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        TestContext.Out.WriteLine($"bin of the user's project: {bin / 1e6:F1} MB");
        Assert.That(bin, Is.LessThan(LargestBin));
    }

    [Test]
    public void A_build_leaves_the_libtorch_alone_that_other_processes_start_from() => Assert.That(Linked, Is.EqualTo(_linked), "links were made anew");

    [Test]
    public void The_package_brings_the_packages_that_read_data_files()
    {
        var dependencies = Specification().Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);
        foreach (string name in new[] { "Parquet.Net", "Snappier", "ZstdSharp.Port" })
            Assert.That(dependencies, Does.ContainKey(name).WithValue(Version(name)));
    }

    [Test]
    public void The_package_tells_its_repository_by_the_remote_without_a_password()
    {
        XElement repository = Specification().Single(element => element.Name.LocalName == "repository");
        Assert.That((repository.Attribute("type")!.Value, repository.Attribute("url")!.Value), Is.EqualTo(("git", "https://example.org/alignment.git")));
    }

    [Test]
    public void No_path_of_the_packing_machine_is_in_the_package()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] paths = [s_repository.TrimEnd('/'), home, _root, .. PackageFolders.Select(folder => folder.TrimEnd('/'))];
        using ZipArchive package = ZipFile.OpenRead(Directory.EnumerateFiles(Feed, "*.nupkg").Single());
        Assert.That(package.Entries.Select(entry => entry.FullName), Is.SupersetOf(new[] { "README.md", "lib/net10.0/Alignment.dll", "buildTransitive/Alignment.targets" }));
        foreach (ZipArchiveEntry entry in package.Entries)
        {
            using var bytes = new MemoryStream();
            using (Stream stream = entry.Open())
                stream.CopyTo(bytes);
            foreach (byte[] path in paths.Where(path => path.Length > 1).SelectMany(path => new[] { Encoding.UTF8.GetBytes(path + "/"), Encoding.Unicode.GetBytes(path + "/") }))
                Assert.That(bytes.GetBuffer().AsSpan(0, (int)bytes.Length).IndexOf(path), Is.EqualTo(-1), $"{entry.FullName} has {string.Join(" or ", paths)}");
        }
    }

    // when a file of the folder that this repository's projects share was last made or deleted
    private static DateTime Linked => Directory.GetLastWriteTimeUtc(Metadata("Alignment.NativeDirectory"));

    private IReadOnlyList<XElement> Specification()
    {
        using ZipArchive package = ZipFile.OpenRead(Directory.EnumerateFiles(Feed, "*.nupkg").Single());
        using Stream stream = package.Entries.Single(entry => entry.FullName == "Alignment.nuspec").Open();
        return [.. XDocument.Load(stream).Descendants()];
    }

    private void WriteProject()
    {
        Directory.CreateDirectory(Project);
        File.Copy(MicroSweep.RecipePath, Path.Combine(Project, "my.json"));
        File.WriteAllText(Path.Combine(Project, "MySweep.cs"), "public sealed class MySweep() : Alignment.Harness.SweepFixture(\"cpu\");");
        File.WriteAllText(Path.Combine(Project, "My.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Alignment" Version="1.2.3" />
                <PackageReference Include="NUnit" Version="{Version("NUnit")}" />
                <PackageReference Include="NUnit3TestAdapter" Version="{Version("NUnit3TestAdapter")}" />
                <PackageReference Include="Microsoft.NET.Test.Sdk" Version="{Version("Microsoft.NET.Test.Sdk")}" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(_root, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="feed" value="{Feed}" /></packageSources>
              <fallbackPackageFolders><clear />{string.Concat(PackageFolders.Select((folder, index) => $"<add key=\"{index}\" value=\"{folder}\" />"))}</fallbackPackageFolders>
            </configuration>
            """);
    }

    // in a process of its own that leaves no server behind; a failure shows all it printed
    private string DotNet(string folder, string arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        // packing has the repository's own sources and cache; the user's project has a folder of its own
        if (folder == _root)
            start.Environment["NUGET_PACKAGES"] = Path.Combine(_root, "packages");
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, output);
        return output;
    }

    private static string Version(string package) => XDocument.Load(Path.Combine(s_repository, "Directory.Packages.props")).Descendants("PackageVersion")
        .First(version => (string?)version.Attribute("Include") == package).Attribute("Version")!.Value;

    private static string[] PackageFolders => Metadata("Alignment.PackageFolders").Split(';', StringSplitOptions.RemoveEmptyEntries);

    private static string Metadata(string key) =>
        typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(attribute => attribute.Key == key).Value!;
}
