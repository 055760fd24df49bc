using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Harness;

namespace Alignment.Tests.Regression;

/// <summary>Where the golden vectors are: -p:GoldenDir=PATH, else the copy beside this file.</summary>
internal static class GoldenSet
{
    public static string Root { get; } = Parameters.FullPath("GoldenDir") ?? Beside();

    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Reads numbers that are not finite from their names.</summary>
    public static JsonSerializerOptions Json { get; } = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The root of a JSON file, which remembers what tests used of it.</summary>
    public static GoldenJson Document(params string[] parts) => GoldenUse.Document(string.Join('/', parts),
        () => new(JsonDocument.Parse(System.IO.File.ReadAllBytes(File(parts))).RootElement, ""));

    private static string Beside([CallerFilePath] string source = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "../Golden"));
}
