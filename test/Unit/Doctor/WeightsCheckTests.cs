using Alignment.Doctor;
using Alignment.Models;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Doctor;

public class WeightsCheckTests
{
    private const string Model = "ok    config.json: phi3, 2 layers of width 16, 2 heads (1 of keys and values), 768 tokens, 256 positions",
        Keys = "ok    keys: 15 tensors, each is used once and every parameter is filled";

    [Test]
    public void A_sound_folder_is_listed_with_its_dtypes_and_sizes()
    {
        using var folder = new DoctorFolder();
        Assert.That(Lines(folder), Is.EqualTo(new[]
        {
            Model, Keys,
            "      dtypes: F32 × 15; 111 KiB stored",
            "      28,496 parameters, 111 KiB in float32, in which they are trained",
            "ok    numbers: 15 tensors are finite and not zero throughout",
        }));
    }

    [Test]
    public void A_renamed_key_is_missing_under_one_name_and_unexpected_under_the_other()
    {
        using DoctorFolder folder = new DoctorFolder().WithWeights(stored =>
        {
            stored["model.layers.1.self_attn.out.weight"] = stored["model.layers.1.self_attn.o_proj.weight"];
            stored.Remove("model.layers.1.self_attn.o_proj.weight");
        });
        Assert.That(Failures(folder), Is.EqualTo(new[]
        {
            "FAIL  missing: model.layers.1.self_attn.o_proj.weight [16, 16]: config.json and the weights must be of one model",
            "FAIL  unexpected: model.layers.1.self_attn.out.weight [16, 16]: config.json and the weights must be of one model",
        }));
    }

    [Test]
    public void Numbers_that_are_not_finite_and_layers_of_zeros_are_named()
    {
        using DoctorFolder folder = new DoctorFolder().WithWeights(stored =>
        {
            stored["model.norm.weight"][3] = float.NaN;
            stored["model.layers.0.mlp.down_proj.weight"][0] = double.PositiveInfinity;
            stored["lm_head.weight"].zero_();
        });
        Assert.That(Lines(folder).Skip(4), Is.EquivalentTo(new[]
        {
            "FAIL  model.norm.weight: 1 of 16 numbers are NaN or infinite: get the file again from where it was made",
            "FAIL  model.layers.0.mlp.down_proj.weight: 24 of 384 numbers are NaN or infinite: get the file again from where it was made",
            "warn  lm_head.weight is zero throughout: a layer of zeros was never trained or never stored",
            "ok    numbers: 12 tensors are finite and not zero throughout",
        }));
    }

    [Test]
    public void Half_precision_and_buffers_of_an_older_format_are_named()
    {
        using DoctorFolder folder = new DoctorFolder().WithWeights(stored =>
        {
            stored["model.norm.weight"] = stored["model.norm.weight"].to(ScalarType.BFloat16);
            foreach (int layer in new[] { 0, 1 })
                stored[$"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = ones(4);
        });
        Assert.That(Lines(folder).Skip(1).Take(4), Is.EqualTo(new[]
        {
            "ok    keys: 15 tensors, each is used once and every parameter is filled",
            "      dtypes: F32 × 16, BF16 × 1; 111 KiB stored",
            "      28,496 parameters, 111 KiB in float32, in which they are trained",
            "      passed over: 2 buffers of an older format (model.layers.0.self_attn.rotary_emb.inv_freq, model.layers.1.self_attn.rotary_emb.inv_freq)",
        }));
    }

    [Test]
    public void A_tied_head_that_differs_from_the_embedding_is_named()
    {
        using DoctorFolder folder = new DoctorFolder().With("config.json", "\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true");
        Assert.That(Failures(folder), Is.EqualTo(new[]
        {
            "FAIL  lm_head.weight differs from model.embed_tokens.weight, and config.json ties them: set tie_word_embeddings to false to read both",
        }));
    }

    [Test]
    public void A_configuration_of_another_kind_is_named_with_every_fault()
    {
        using DoctorFolder folder = new DoctorFolder().With("config.json", "\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"")
            .With("config.json", "\"rope_scaling\": null", "\"rope_scaling\": {\"type\": \"dynamic\"}");
        Assert.That(Lines(folder), Is.EqualTo(new[]
        {
            $"FAIL  {folder.File("config.json")} is no decoder configuration this code can run: $.hidden_act must be \"silu\", was \"gelu\"; "
                + "$.rope_scaling.type must be one of default, longrope, su, yarn, was \"dynamic\": mend what is named, or give another folder",
        }));
    }

    [Test]
    public void A_file_cut_short_and_a_folder_without_weights_are_one_line()
    {
        using var folder = new DoctorFolder();
        byte[] whole = File.ReadAllBytes(folder.File("model.safetensors"));
        File.WriteAllBytes(folder.File("model.safetensors"), whole[..^5]);
        Assert.That(Lines(folder).Single(), Does.StartWith($"FAIL  {folder.File("model.safetensors")}: tensor "));
        File.Delete(folder.File("model.safetensors"));
        Assert.That(Lines(folder).Single(), Does.StartWith($"FAIL  {folder.Path}: holds no weights; wanted model.safetensors, "));
    }

    [Test]
    public void Adapters_over_a_folder_are_held_against_it()
    {
        using var folder = new DoctorFolder();
        using (Decoder model = Decoder.Load(folder.Path))
            PeftFolder.Save(LoraAdapters.Attach(model, new() { Rank = 2, Alpha = 4, Targets = ["o_proj"] }, 1), folder.File("adapter"), "..", new Dictionary<string, byte[]>());
        ModelFolder found = ModelFolder.Find(folder.File("adapter"), []);
        Assert.That(WeightsCheck.Of(found).Select(verdict => verdict.ToString()), Does.Contain(
            $"ok    adapters of rank 2 on o_proj: merged into {folder.Path}, where training starts"));
        File.WriteAllText(Path.Combine(folder.File("adapter"), "adapter_config.json"),
            """{ "peft_type": "LORA", "base_model_name_or_path": "..", "r": 3, "target_modules": ["o_proj"] }""");
        Assert.That(WeightsCheck.Of(found).Single().ToString(), Does.StartWith("FAIL  ").And.Contains("the adapters do not fit the model"));
    }

    [Test]
    public void More_faults_than_can_be_read_are_counted()
    {
        using DoctorFolder folder = new DoctorFolder().With("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 5");
        string[] failures = Failures(folder);
        Assert.That(failures, Has.Length.EqualTo(11));
        Assert.That(failures[^1], Is.EqualTo("FAIL  8 more faults of this kind: compare config.json with the model the weights came from"));
    }

    private static string[] Lines(DoctorFolder folder) => [.. WeightsCheck.Of(new ModelFolder(folder.Path, null)).Select(verdict => verdict.ToString())];

    private static string[] Failures(DoctorFolder folder) => [.. Lines(folder).Where(line => line.StartsWith("FAIL", StringComparison.Ordinal))];
}
