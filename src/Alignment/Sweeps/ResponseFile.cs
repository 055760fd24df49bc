using System.Text;
using System.Text.Json;
using Alignment.Generation;
using Decoder = Alignment.Models.Decoder;

namespace Alignment.Sweeps;

/// <summary>responses.jsonl of a run: grows chunk by chunk, so that a killed run keeps the responses it has.</summary>
internal sealed class ResponseFile(string path)
{
    /// <summary>Draws the responses that are not in the file yet.</summary>
    /// <returns>One response per test prompt, in their order.</returns>
    public IReadOnlyList<SampledResponse> Complete(Decoder policy, RunInputs inputs, ProgressLines progress, CancellationToken cancel)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        List<SampledResponse> responses = Read(file);
        HashSet<int> known = [.. responses.Select(response => response.PromptIndex)];
        SamplingPrompt[] left = [.. inputs.Data.TestPrompts.Select((tokens, index) => new SamplingPrompt(index, tokens)).Where(prompt => !known.Contains(prompt.Index))];
        var sampler = new Sampler(policy, inputs.Recipe.Generation, inputs.EndTokens(policy), inputs.Recipe.Seed);
        foreach (IReadOnlyList<SampledResponse> chunk in sampler.Sample(left, inputs.GenerationSpeed, cancel))
        {
            responses.AddRange(chunk);
            file.Write(Encoding.UTF8.GetBytes(string.Concat(chunk.Select(response => JsonSerializer.Serialize(response) + "\n"))));
            file.Flush();
            progress.Responses(responses.Count, inputs.Data.TestPrompts.Count);
        }

        return [.. responses.OrderBy(response => response.PromptIndex)];
    }

    // a process killed while it wrote leaves a line without an end: it is cut off
    private static List<SampledResponse> Read(FileStream file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        int end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        file.SetLength(end);
        file.Position = end;
        return [.. Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<SampledResponse>(line)!)];
    }
}
