using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>A part of a golden file that no fixture knows fails here, rather than being passed over.</summary>
[Category("Golden")]
public class GoldenPartsTests
{
    // where the numbers come from; not compared
    private static readonly string[] s_notes = ["schema", "set", "versions", "reference", "note", "source", "torch", "dir", "model", "vocab_size", "template_sha256"];

    private static readonly Dictionary<string, string[]> s_parts = new()
    {
        ["dpo-trajectory.json"] = ["functions", "batching", "pairs", "runs"],
        ["logps.json"] = ["cases"],
        ["losses.json"] = ["batches", "cases", "nonfinite_batch", "nonfinite_cases", "token_level_ld_dpo"],
        ["metrics.json"] = ["definitions", "samples", "token_level", "expected", "expected_best_of_k"],
        ["optim.json"] = ["lr_at_step", "adamw", "clip_grad_norm", "schedules"],
        ["sampling.json"] = ["rule", "cases"],
        ["phi3-tiny/expected.json"] = ["compare_only_where", "mean_next_token_loss_right", "loss_definition", "grad_l2_norm", "grad_sum", "grad_global_l2_norm",
            "greedy", "greedy_with_eos", "greedy_window", "sliding_window", "max_abs_diff_4_40_vs_4_53", "max_abs_diff_left_vs_right",
            "max_abs_diff_bf16compute_vs_f32compute_of_bf16_weights"],
        ["gptneox-rm-tiny/expected.json"] = ["right.rewards", "left.rewards", "unpadded.rewards", "fp16weights.right.rewards", "mean_pooling_no_mask.rewards",
            "sequential.right.rewards", "sequential.left.rewards", "sequential.unpadded.rewards", "mean_pooling_with_attention_mask", "max_abs_diff_4_40_vs_4_53"],
        ["tokenizers/bytelevel-gpt2/expected.json"] = ["rows", "decode", "hf_tokenizers_differ_on", "hf_decode_differs_on"],
        ["tokenizers/bytelevel-neox/expected.json"] = ["rows", "decode"],
        ["tokenizers/chat-phi3.json"] = ["cases"],
        ["tokenizers/real/chat-phi3.expected.json"] = ["cases"],
        ["tokenizers/real/llama2-phi3.expected.json"] = ["added_tokens", "rows", "special_rows", "decode", "hf_fast_decode", "differences"],
        ["tokenizers/real/neox20b.expected.json"] = ["rows"],
        ["tokenizers/sentencepiece/expected.json"] = ["added_tokens", "rows", "special_rows", "decode", "hf_fast_decode", "differences"],
    };

    private static IEnumerable<string> Files => s_parts.Keys;

    [TestCaseSource(nameof(Files))]
    public void A_golden_file_has_no_part_that_is_not_known(string file) => Assert.That(
        GoldenSet.Document(file.Split('/')).EnumerateObject().Select(part => part.Name), Is.SubsetOf(s_notes.Concat(s_parts[file])));
}
