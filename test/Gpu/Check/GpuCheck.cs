using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Alignment.Distributed;
using Alignment.Files;
using Alignment.Harness;
using Alignment.Kernels.Native;
using TorchSharp;

namespace Alignment.Tests.Gpu.Check;

/// <summary>
/// One command that measures a GPU: <c>gpu-check [FOLDER] [Device=cuda:1]</c> writes gpu-check.json and gpu-check.md into FOLDER, in at most ten minutes. A part
/// that fails is told with its error, and the others go on. <c>Device=cpu</c> tries the check itself, at a tiny scale.
/// </summary>
internal static class GpuCheck
{
    private const string Folder = "gpu-check", FileName = "gpu-check", DeviceKey = "Device=";
    private const int Format = 1;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Runs the check, or a part of it in its own process.</summary>
    /// <returns>0; 1 where a part failed or there is no device; 2 where the words are none.</returns>
    public static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["section", var name, var device, var folder]:
                return Answer(CheckSection.All.First(section => section.Name == name), new(device, folder));
            case ["rank", "cpu", var folder]:
                return RankProcess.Run(new("cpu", folder), RankPlace.Of(Environment.GetEnvironmentVariable)!);
            case ["rank", var device, var folder, var rank, var ranks]:
                return RankProcess.Run(new(device, folder), new(Number(rank), Number(ranks), Number(rank), Path.GetFileName(folder)));
        }
        string[] words = [.. arguments.Where(word => !word.StartsWith(DeviceKey, StringComparison.Ordinal))];
        string named = arguments.FirstOrDefault(word => word.StartsWith(DeviceKey, StringComparison.Ordinal))?[DeviceKey.Length..] ?? "cuda:0";
        if (words.Length > 1 || words.Any(word => word.StartsWith('-') || word.Contains('=', StringComparison.Ordinal)))
        {
            Console.Error.WriteLine("give gpu-check [FOLDER] [Device=cuda:1]");
            return 2;
        }
        if (named != "cpu" && CudaDevice.Missing(named, torch.cuda.is_available() ? torch.cuda.device_count() : 0) is { } missing)
        {
            Console.Error.WriteLine($"{missing}: gpu-check measures a GPU through a libtorch with CUDA ({TorchLibrary.ExternalVariable}=…/torch/lib of an installed PyTorch)");
            return 1;
        }
        return Whole(named == "cuda" ? "cuda:0" : named, words.FirstOrDefault() ?? Folder);
    }

    private static int Whole(string device, string folder)
    {
        var clock = Stopwatch.StartNew();
        Directory.CreateDirectory(folder);
        string scratch = Directory.CreateTempSubdirectory("gpu-check-").FullName;
        var sections = new JsonObject();
        try
        {
            foreach (CheckSection section in CheckSection.All)
            {
                JsonObject answer = Asked(section, new(device, scratch), s_limit - clock.Elapsed);
                sections.Add(section.Name, answer);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{section.Title}: {answer["status"]}, {clock.Elapsed.TotalSeconds:F0} s"));
            }
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
        var result = new JsonObject { ["format"] = Format, ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 1), ["sections"] = sections };
        AtomicFile.WriteText(Path.Combine(folder, FileName + ".json"), result.ToJsonString(s_json) + "\n");
        AtomicFile.WriteText(Path.Combine(folder, FileName + ".md"), CheckPage.Of(result));
        Console.WriteLine($"{Path.Combine(folder, FileName)}.json and {FileName}.md hold what was found: no name of a user or machine, and no path");
        return sections.Any(section => $"{section.Value!["status"]}" == CheckStatus.Failed) ? 1 : 0;
    }

    private static JsonObject Asked(CheckSection section, CheckSetting setting, TimeSpan left)
    {
        TimeSpan limit = TimeSpan.FromSeconds(Math.Min(section.Seconds, left.TotalSeconds));
        if (limit <= TimeSpan.Zero)
            return new() { ["status"] = CheckStatus.LeftOut, ["reason"] = "the ten minutes were over" };
        var clock = Stopwatch.StartNew();
        using Process process = CheckProgram.Start("section", section.Name, setting.DeviceName, setting.Folder);
        string? fault = CheckProgram.Fault([process], limit);
        JsonObject answer = fault is null ? (JsonObject)JsonNode.Parse(File.ReadAllText(AnswerFile(section, setting)))!
            : new() { ["status"] = CheckStatus.Failed, ["error"] = Anonymous.Text(fault) };
        answer["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 1);
        return answer;
    }

    // a part's own process: its result, or why there is none
    private static int Answer(CheckSection section, CheckSetting setting)
    {
        JsonObject answer;
        try
        {
            RefusalText.IsRead = true;
            if (!setting.OnCpu)
                CudaMemory.Select(setting.Index);
            answer = new() { ["status"] = CheckStatus.Done, ["result"] = JsonSerializer.SerializeToNode(section.Run(setting), s_json) };
        }
        catch (LeftOutException e)
        {
            answer = new() { ["status"] = CheckStatus.LeftOut, ["reason"] = e.Message };
        }
        catch (Exception e)
        {
            answer = new() { ["status"] = CheckStatus.Failed, ["error"] = Anonymous.Text($"{e.GetType().Name}: {e.Message}") };
        }
        File.WriteAllText(AnswerFile(section, setting), answer.ToJsonString(s_json));
        return 0;
    }

    private static string AnswerFile(CheckSection section, CheckSetting setting) => Path.Combine(setting.Folder, section.Name + ".json");

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>How a part of the check ended.</summary>
internal static class CheckStatus
{
    /// <summary>Its result is there.</summary>
    public const string Done = "done";

    /// <summary>Its error is there instead.</summary>
    public const string Failed = "failed";

    /// <summary>It was not run, for the reason that is there.</summary>
    public const string LeftOut = "left out";
}
