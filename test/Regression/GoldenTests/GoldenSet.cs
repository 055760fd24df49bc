using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Harness;

namespace Alignment.Tests.Regression;

/// <summary>
/// Where the golden vectors are: the first set in Golden, and folders of models in GoldenModels, beside this file. -p:GoldenDir=PATH takes the place of
/// that whose layout it has.
/// </summary>
internal static class GoldenSet
{
    private static readonly string? s_given = Parameters.FullPath("GoldenDir");

    /// <summary>The first set.</summary>
    public static string Root { get; } = s_given is { } given && IsFirst(given) ? given : Beside("Golden");

    /// <summary>The folders of models.</summary>
    public static string Models { get; } = s_given is { } given && !IsFirst(given) ? given : Beside("GoldenModels");

    /// <summary>Files of the first set that one which is given may lack.</summary>
    public static string[] Optional { get; } = s_given is { } own && IsFirst(own) ? ["sampling-bf16.json"] : [];

    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Reads numbers that are not finite from their names.</summary>
    public static JsonSerializerOptions Json { get; } = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The root of a JSON file, which remembers what tests used of it.</summary>
    public static GoldenJson Document(params string[] parts) => GoldenUse.Document(string.Join('/', parts),
        () => new(JsonDocument.Parse(System.IO.File.ReadAllBytes(File(parts))).RootElement, ""));

    private static bool IsFirst(string root) => System.IO.File.Exists(Path.Combine(root, "losses.json"));

    private static string Beside(string name, [CallerFilePath] string source = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "..", name));
}
