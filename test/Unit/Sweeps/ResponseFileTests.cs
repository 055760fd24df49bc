using Alignment.Files;
using Alignment.Generation;
using Alignment.Sweeps;
using Alignment.Tests.Unit.Training;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>What is taken from a file of responses that stands there already; sweeps that are stopped and go on have the rest.</summary>
public sealed class ResponseFileTests
{
    private static readonly int[][] s_prompts = [[1, 2], [3]];

    private readonly List<string> _log = [];

    [Test]
    public void A_line_that_a_killed_process_left_half_is_cut_off_even_where_nothing_is_left_to_sample()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("s-1.jsonl"), lines = string.Concat(s_prompts.Select(Line));
        File.WriteAllText(path, lines + Line([4], 2)[..^5]);
        IReadOnlyList<SampledResponse> responses = new ResponseFile(path).Complete(new(0, s_prompts, new() { MaxNewTokens = 4 }),
            _ => throw new InvalidOperationException("nothing is left to sample"), new(), new("[a] generate", 0, _log.Add), CancellationToken.None);
        Assert.That(responses.Select(response => (response.PromptIndex, response.Tokens[0], response.Ended)), Is.EqualTo(new[] { (0, 10, true), (1, 11, true) }));
        Assert.That(File.ReadAllText(path), Is.EqualTo(lines));
        Assert.That(_log, Is.EqualTo(new[] { "[a] generate: 2 of 2 responses are stored" }));
    }

    private static string Line(int[] prompt, int index) =>
        $$$"""{"Prompt":"{{{Fingerprint.Of(prompt, 20)}}}","Response":{"PromptIndex":{{{index}}},"Tokens":[{{{10 + index}}},2],"Ended":true}}""" + "\n";
}
