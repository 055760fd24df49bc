using System.Globalization;
using System.Text.Json;
using Alignment.Distributed;
using Alignment.Tests.Gpu.Check;
using NUnit.Framework;

namespace Alignment.Tests.Gpu;

/// <summary>The whole check, every part in a process of its own, with the CPU in the GPU's place and models of some thousand parameters.</summary>
[NonParallelizable]
public sealed class GpuCheckTests
{
    private string _folder = "", _text = "", _page = "";
    private JsonElement _sections;

    [OneTimeSetUp]
    public void Check()
    {
        _folder = Directory.CreateTempSubdirectory("alignment-gpu-check-").FullName;
        Assert.That(GpuCheck.Run([_folder, "Device=cpu"]), Is.Zero, () => File.ReadAllText(Path.Combine(_folder, "gpu-check.json")));
        (_text, _page) = (File.ReadAllText(Path.Combine(_folder, "gpu-check.json")), File.ReadAllText(Path.Combine(_folder, "gpu-check.md")));
        using var whole = JsonDocument.Parse(_text);
        _sections = whole.RootElement.GetProperty("sections").Clone();
    }

    [OneTimeTearDown]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Every_part_is_done_and_has_its_place_on_the_page()
    {
        foreach (CheckSection section in CheckSection.All)
        {
            bool mayLack = section.Name == "ranks" && !MpiRun.IsPresent;
            Assert.That(_sections.GetProperty(section.Name).GetProperty("status").GetString(), Is.EqualTo(mayLack ? CheckStatus.LeftOut : CheckStatus.Done), section.Name);
            Assert.That(_page, Does.Contain($"\n## {section.Title}\n\n{section.Meaning}\n"));
        }
        Assert.That(_page, Does.Not.Contain("Infinity").And.Not.Contain("NaN").And.Not.Contain("TorchSharp.").And.StartWith("# GPU check: ").And.Contain("| layout | type | head width | heads | key heads | kernel | output difference |"));
    }

    [Test]
    public void The_machine_is_told_and_nobody_named()
    {
        JsonElement machine = Result("machine");
        Assert.That(machine.GetProperty("libtorch").GetString(), Is.EqualTo("2.10"));
        Assert.That(machine.GetProperty("memoryBytes").GetInt64(), Is.GreaterThan(1L << 28));
        Assert.That(machine.GetProperty("product").GetString(), Does.Match(@"^\d+\.\d+\.\d+"));
        foreach (string text in new[] { _text, _page })
            Assert.That(text, Does.Not.Contain(AppContext.BaseDirectory).And.Not.Contain(Path.GetTempPath())
                .And.Not.Match(@"[\s""]/(home|root|tmp|usr)/"));
    }

    [Test]
    public void Attention_has_a_row_for_each_layout_type_width_and_grouping_and_is_near_its_twin()
    {
        JsonElement[] rows = Rows("attention");
        Assert.That(rows.Select(row => $"{Text(row, "layout")} {Text(row, "type")} {Number(row, "headWidth")} {Number(row, "heads") / Number(row, "keyHeads")}"), Is.EquivalentTo(
            from layout in new[] { "packed, shared prompts", "padded, causal", "one token after a cache" }
            from type in new[] { "bfloat16", "float32" }
            from width in new[] { 64, 96, 128 }
            from sharers in new[] { 1, 4 }
            select $"{layout} {type} {width} {sharers}"));
        Assert.That(rows.Select(row => Number(row, "shareOfTolerance")), Is.All.InRange(0, 1));
        Assert.That(rows.Where(row => Text(row, "type") == "bfloat16").Select(row => Number(row, "outputDifference")), Is.All.GreaterThan(0), "bfloat16 rounds");
        Assert.That(rows.Select(row => Text(row, "kernel")), Is.All.AnyOf("ShortAttention", "_scaled_dot_product_flash_attention_for_cpu", "flash", "math"));
        Assert.That(rows.Select(row => Number(row, "milliseconds")), Is.All.Positive);
    }

    [Test]
    public void A_model_is_passed_and_trained_beside_its_estimate()
    {
        JsonElement result = Result("model");
        Assert.That(Number(result, "firstLossOverLogTwo"), Is.EqualTo(1).Within(1e-3));
        Assert.That(result.GetProperty("losses").GetArrayLength(), Is.EqualTo(1 + CheckScale.Tiny.Steps));
        double trained = Number(result.GetProperty("model"), "trainedParameters");
        Assert.That(trained, Is.EqualTo(Number(result.GetProperty("model"), "parameters")).And.GreaterThan(50_000));
        (int prompt, int response) = CheckScale.Tiny.Tokens;
        foreach (string stage in new[] { "referencePass", "trainingStep" })
        {
            JsonElement figures = result.GetProperty(stage);
            Assert.That(Number(figures, "tokens"), Is.EqualTo(CheckScale.Tiny.Pairs * 2 * (prompt + response)));
            Assert.That(Number(figures, "tokensPerSecond"), Is.EqualTo(Number(figures, "tokens") / Number(figures, "seconds")).Within(1e-6).Percent);
            Assert.That(Number(figures, "shareOfPeak"), Is.InRange(1e-9, 1));
            Assert.That(Number(figures, "measuredOverEstimated"), Is.EqualTo(Number(figures, "measuredBytes") / Number(figures, "estimatedBytes")).Within(1e-6).Percent);
            Assert.That(Number(figures, "measuredBytes"), Is.Positive);
        }
        Assert.That(Number(result.GetProperty("trainingStep"), "operations"), Is.EqualTo(3 * Number(result.GetProperty("referencePass"), "operations")));
    }

    // by hand for one pair: 2 operations a weight and token, 2 of the head a scored token, 4 of attention a key and dimension
    [Test]
    public void Operations_are_those_of_the_products()
    {
        const double Block = 64 * 128 + 64 * 64 + 64 * 192 + 96 * 64; // qkv (4 + 2 + 2 heads of 16), o, gate and up, down
        const double Tokens = 3 + 2 * 2, Seen = (1 + 2 + 3) + 2 * (4 + 5);
        Assert.That(CheckModel.Small.Operations(1, (3, 2)), Is.EqualTo(2 * (2 * Block * Tokens) + 2 * 257 * 64 * 4 + 4 * 2 * 64 * Seen));
    }

    [Test]
    public void Sampling_noise_and_resume_have_plausible_figures()
    {
        JsonElement sampling = Result("sampling");
        (int responses, int tokens) = CheckScale.Tiny.Drawn;
        Assert.That(Number(sampling, "tokensPerSecond") * Number(sampling, "seconds"), Is.EqualTo(responses * tokens).Within(1e-6).Percent);
        Assert.That(Number(sampling, "sameInOtherCompany"), Is.InRange(0, Number(sampling, "comparedInOtherCompany")));
        Assert.That(Number(sampling, "rowsThatCameWhole"), Is.InRange(0, 1));
        foreach (JsonElement row in Rows("noise"))
        {
            Assert.That(Number(row, "largestDifference"), Is.InRange(Number(row, "typicalDifference"), 1), Text(row, "ways"));
            if (Text(row, "ways").StartsWith("float32", StringComparison.Ordinal))
                Assert.That(Number(row, "largestDifference"), Is.LessThan(1e-3));
        }
        Assert.That(Number(Rows("noise")[^1], "largestDifference"), Is.Positive, "bfloat16 is not float32");
        foreach (string section in new[] { "resume", "resume-deterministic" })
            foreach (JsonElement row in Rows(section))
                Assert.That((row.GetProperty("twiceEqual").GetBoolean(), row.GetProperty("resumedEqual").GetBoolean(), Number(row, "largestDifference")), Is.EqualTo((true, true, 0.0)));
    }

    [Test]
    public void Two_processes_exchange_and_train_as_one()
    {
        if (!MpiRun.IsPresent)
            Assert.Ignore("no mpirun here: apt-get install openmpi-bin lets several ranks be tested");
        JsonElement row = Rows("ranks").Single();
        Assert.That((Number(row, "ranks"), Text(row, "engine"), row.GetProperty("rightValues").GetBoolean(), Number(row, "lossDifference")), Is.EqualTo((2.0, "MpiCollectives", true, 0.0)));
        Assert.That(Number(row, "allReduceBytesPerSecond"), Is.Positive);
    }

    [TestCase("could not open /home/ann/a-b/torch/lib/libc10.so on box7", "could not open …/libc10.so on MACHINE")]
    [TestCase("Ann's run: 12 GB/s of 3/4, see \"/tmp/x/y\", x64/bin and 1 / 2", "USER's run: 12 GB/s of 3/4, see \"…/y\", x64/bin and 1 / 2")]
    [TestCase("annotated boxes", "annotated boxes")]
    public void Errors_name_no_user_machine_or_folder(string text, string expected) => Assert.That(Anonymous.Text(text, "ann", "box7"), Is.EqualTo(expected));

    [Test]
    public void Without_a_device_the_check_ends_with_one_sentence()
    {
        if (TorchSharp.torch.cuda.is_available())
            Assert.Ignore("there is a CUDA device");
        TextWriter errors = Console.Error;
        using var told = new StringWriter(CultureInfo.InvariantCulture);
        Console.SetError(told);
        try
        {
            Assert.That(GpuCheck.Run([_folder]), Is.EqualTo(1));
        }
        finally
        {
            Console.SetError(errors);
        }
        Assert.That(told.ToString().Trim().Split('\n').Single(), Does.StartWith("libtorch sees 0 CUDA device(s), so there is no cuda:0: gpu-check measures a GPU"));
    }

    // a part that hangs or dies is a fault with its last lines, and takes no time beyond its own
    [Test]
    public void What_fails_in_its_process_is_told_and_ended()
    {
        using var dies = System.Diagnostics.Process.Start(Shell("echo one; echo two >&2; exit 7"))!;
        Assert.That(CheckProgram.Fault([dies], TimeSpan.FromSeconds(20))!.Split('\n'), Is.EquivalentTo(new[] { "its process ended with code 7", "one", "two" }));
        using var hangs = System.Diagnostics.Process.Start(Shell("sleep 600"))!;
        Assert.That(CheckProgram.Fault([hangs], TimeSpan.FromMilliseconds(100)), Is.EqualTo("it was ended after 0 s"));
        Assert.That(hangs.HasExited);

        static System.Diagnostics.ProcessStartInfo Shell(string line) => new("sh", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true };
    }

    private JsonElement Result(string section) => _sections.GetProperty(section).GetProperty("result");

    private JsonElement[] Rows(string section) => [.. Result(section).GetProperty("rows").EnumerateArray()];

    private static double Number(JsonElement of, string name) => of.GetProperty(name).GetDouble();

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
