using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Alignment.Files;
using Alignment.Generation;

namespace Alignment.Sweeps;

/// <summary>
/// responses/ID.jsonl: what one model answers under one way of sampling, a line a response. It grows chunk by chunk, so that a killed process keeps the responses
/// it has, and prompt by prompt: another recipe's prompts and further responses to them are added, and those that stand in it are not sampled again.
/// </summary>
internal sealed class ResponseFile(string path)
{
    private const int PromptDigits = 20;

    /// <summary>Draws the responses that are not in the file yet.</summary>
    /// <param name="asked">Prompts and settings.</param>
    /// <param name="begin">Gives the model's sampler for the prompts that are left; not called where there is none.</param>
    /// <param name="speed">Of sampling.</param>
    /// <param name="progress">Told after each chunk.</param>
    /// <param name="cancel">Asked before each token.</param>
    /// <returns>One response to each prompt that is asked, in their order.</returns>
    public IReadOnlyList<SampledResponse> Complete(AskedPrompts asked, Func<IReadOnlyList<SamplingPrompt>, Sampler> begin, GenerationSpeed speed, ProgressLines progress, CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        Dictionary<(int, string, int), SampledResponse> known = Read(file);
        Dictionary<int, string> prompts = asked.Asked.ToDictionary(index => index, index => Fingerprint.Of(asked.Prompts[index], PromptDigits));
        (int Index, string Prompt, int Before)[] keys = [.. asked.Asked.Select(index => (index, prompts[index], asked.Before))];
        SamplingPrompt[] left = [.. keys.Where(key => !known.ContainsKey(key)).Select(key => new SamplingPrompt(key.Index, asked.Prompts[key.Index]))];
        int done = keys.Length - left.Length;
        if (done > 0)
            progress.Stored(done, keys.Length);
        if (left.Length > 0)
        {
            foreach (IReadOnlyList<SampledResponse> chunk in begin(left).Sample(left, speed, cancel))
            {
                file.Write(Encoding.UTF8.GetBytes(string.Concat(chunk.Select(response => Line(new(prompts[response.PromptIndex], response) { Before = asked.Before })))));
                file.Flush();
                foreach (SampledResponse response in chunk)
                    known[(response.PromptIndex, prompts[response.PromptIndex], asked.Before)] = response;
                progress.Responses(done += chunk.Count, keys.Length);
            }
        }

        return [.. keys.Select(key => known[key])];
    }

    // a process killed while it wrote leaves a line without an end: it is cut off
    private static Dictionary<(int, string, int), SampledResponse> Read(FileStream file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        int end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        file.SetLength(end);
        file.Position = end;
        Dictionary<(int, string, int), SampledResponse> responses = [];
        foreach ((int index, string line) in Encoding.UTF8.GetString(bytes, 0, end).Split('\n')[..^1].Index())
        {
            Row row = Parse(line, file.Name, index + 1);
            responses[(row.Response.PromptIndex, row.Prompt, row.Before)] = row.Response;
        }

        return responses;
    }

    private static Row Parse(string line, string path, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<Row>(line) is { Prompt: not null, Response.Tokens: not null } row ? row : throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}({number}): not a response; delete the file, its responses are sampled again", e);
        }
    }

    private static string Line(Row row) => JsonSerializer.Serialize(row) + "\n";

    /// <param name="Prompt">Of the prompt's token ids.</param>
    /// <param name="Response">With the prompt's index, on which its random numbers depend.</param>
    private sealed record Row(string Prompt, SampledResponse Response)
    {
        /// <summary>How many responses the prompt gets before this one.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
        public int Before { get; init; }
    }
}
