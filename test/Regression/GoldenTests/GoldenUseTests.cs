using System.Text.RegularExpressions;
using Alignment.Harness;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>
/// Nothing in the golden set is passed over: after all golden fixtures (it is the last of them by name, and in that order they run) every member of every
/// JSON file and every tensor was used by one of them, or stands here with what it is.
/// </summary>
[Category("Golden")]
public partial class GoldenUseTests
{
    // where the numbers come from, in any file
    private static readonly string[] s_origin = ["schema", "set", "versions", "reference", "note", "source", "torch", "dir", "model", "template_sha256"];

    // how far two versions of a reference are from each other, and where to compare
    private static readonly string[] s_models = ["compare_only_where", "max_abs_diff_4_40_vs_4_53"];

    // file → members that tell about the others, or about what nothing here computes; [] stands for every item
    private static readonly Dictionary<string, string[]> s_told = new()
    {
        ["dpo-trajectory.json"] = ["batching", "runs[].float64_run.note", .. Apart("reward_margin_mean", "param_l2", "logps")],
        ["logps.json"] = ["cases[].mean_entropy_all_positions"],
        ["losses.json"] = ["cases[].reference", "nonfinite_cases[].note", "token_level_ld_dpo[].reference"],
        ["metrics.json"] = ["definitions", "samples.sft_length", "samples.chosen_length"],
        ["optim.json"] = ["lr_at_step"],
        ["sampling.json"] = ["rule", "cases[].distance_from_threshold"],
        ["sampling-bf16.json"] = ["rule", "cases[].distance_from_threshold"],
        ["phi3-tiny/expected.json"] = [.. s_models, "loss_definition", "greedy.min_top1_top2_logit_gap", "greedy_with_eos.note", "greedy_window.config",
            "greedy_window.min_top1_top2_logit_gap", "max_abs_diff_left_vs_right", "max_abs_diff_bf16compute_vs_f32compute_of_bf16_weights"],
        ["phi3-tiny/generation_config.json"] = ["_from_model_config", "bos_token_id", "pad_token_id", "transformers_version"],
        ["gptneox-rm-tiny/expected.json"] = ["max_abs_diff_4_40_vs_4_53", "mean_pooling_with_attention_mask"],
        ["llama-tiny/expected.json"] = s_models,
        ["mistral-tiny/expected.json"] = s_models,
        ["qwen2-tiny/expected.json"] = s_models,
        ["tokenizers/chat-phi3.json"] = ["cases[].hf_slow_ids_legacy_false"],
        ["tokenizers/real/chat-phi3.expected.json"] = ["cases[].hf_slow_ids_legacy_false"],
        ["tokenizers/sentencepiece/expected.json"] = ["special_rows[].hf_slow_decoded_legacy_false"],
        ["tokenizers/real/llama2-phi3.expected.json"] = ["special_rows[].hf_slow_decoded_legacy_false"],
    };

    [Test]
    public void Every_member_and_every_tensor_of_the_golden_files_is_used_by_a_test()
    {
        bool real = Parameters.FullPath("TokenizersDir") is { } folder && File.Exists(Path.Combine(folder, "llama2.tokenizer.model"));
        if (!real)
            TestContext.Out.WriteLine("tokenizers/real is left out: its tests need -p:TokenizersDir=PATH with the tokenizers of Llama 2, Phi-3 and GPT-NeoX-20B");
        foreach (string file in Files().Where(file => real || !file.StartsWith("tokenizers/real/", StringComparison.Ordinal)))
            _ = GoldenSet.Document(file.Split('/')); // one that no test opened is unused as a whole
        string[] unused =
        [
            .. GoldenUse.Unused().Where(file => real || !file.Key.StartsWith("tokenizers/real/", StringComparison.Ordinal))
                .SelectMany(file => file.Value.Where(path => !IsTold(file.Key, path)).GroupBy(Anywhere)
                    .Select(alike => $"{file.Key}: {alike.First()}{(alike.Count() > 1 ? $" and {alike.Count() - 1} like it" : "")}")),
        ];
        Assert.That(unused, Is.Empty, "no test used these (all golden tests have to run before: --filter TestCategory=Golden)\n" + string.Join('\n', unused.Take(40)));
    }

    // the library reads the others: configurations, tokenizers, indices of shards
    private static IEnumerable<string> Files() => Directory.EnumerateFiles(GoldenSet.Root, "*.json", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(GoldenSet.Root, path).Replace('\\', '/'))
        .Where(file => Path.GetFileName(file) is not ("tokenizer.json" or "vocab.json") && !Path.GetFileName(file).StartsWith("config.", StringComparison.Ordinal)
            && !file.EndsWith(".index.json", StringComparison.Ordinal));

    private static bool IsTold(string file, string path) => s_origin.Concat(s_told.GetValueOrDefault(file, [])).Any(told =>
        Anywhere(path) is var member && (member == told || member.StartsWith(told + ".", StringComparison.Ordinal) || member.StartsWith(told + "[", StringComparison.Ordinal)));

    private static IEnumerable<string> Apart(params string[] what) => what.Select(one => $"runs[].abs_diff_float32_vs_float64.{one}");

    private static string Anywhere(string path) => Index().Replace(path, "[]");

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Index();
}
