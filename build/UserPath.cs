using NUnit.Framework;

/// <summary>Paths given with -p: are relative to the folder `dotnet test` was started in, not to the test host's.</summary>
internal static class UserPath
{
    public static string Resolve(string path) => Path.GetFullPath(path, TestContext.Parameters.Get("WorkingDirectory", Directory.GetCurrentDirectory())!);
}
