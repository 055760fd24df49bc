using System.Text;
using System.Text.Json;

namespace Alignment.Tokenization;

/// <summary>The pre-tokenizer of a byte-level vocabulary: steps on the text, one expression by hand, and steps on the spelling of bytes.</summary>
/// <param name="Before">Split the text first.</param>
/// <param name="FirstWord">Finds the first word of what they leave.</param>
/// <param name="After">Split the word's bytes as <see cref="ByteAlphabet"/> spells them.</param>
internal sealed record ByteLevelSplit(IReadOnlyList<SplitStep> Before, FirstWord FirstWord, IReadOnlyList<SplitStep> After)
{
    /// <summary>A space is written before what the steps leave, unless one is there.</summary>
    public bool AddsSpace { get; init; }

    /// <summary>GPT-2's, which vocab.json with merges.txt stands for.</summary>
    public static ByteLevelSplit Gpt2 { get; } = new([], WordSplit.First, []);

    /// <exception cref="InvalidDataException">A step is not read exactly; the message names it.</exception>
    public static ByteLevelSplit Read(IReadOnlyList<JsonElement> steps, string path)
    {
        int place = steps.ToList().FindIndex(step => Kind(step) == "ByteLevel");
        bool addsSpace = steps[place].Part("add_prefix_space").GetBoolean();
        bool splits = !steps[place].TryGetProperty("use_regex", out JsonElement uses) || uses.GetBoolean();
        SplitStep[] after = [.. steps.Skip(place + 1).Select(step => Step(step, path))];
        return !splits && !addsSpace && place == 1 && Known(steps[0], path) is { } known ? new([], known, after)
            : new([.. steps.Take(place).Select(step => Step(step, path))], splits ? WordSplit.First : text => text.Length, after) { AddsSpace = addsSpace };
    }

    private static string? Kind(JsonElement step) => step.Part("type").GetString();

    // the two that are done by hand
    private static FirstWord? Known(JsonElement step, string path) => Kind(step) != "Split" || Behavior(step, path) != SplitBehavior.Isolated
        || step.Part("invert").GetBoolean() || !step.Part("pattern").TryGetProperty("Regex", out JsonElement pattern) ? null : pattern.GetString() switch
        {
            TiktokenSplit.Qwen2Pattern => TiktokenSplit.Qwen2,
            TiktokenSplit.Llama3Pattern => TiktokenSplit.Llama3,
            _ => null,
        };

    /// <exception cref="InvalidDataException">The step is not read exactly; the message names it.</exception>
    public static SplitStep Step(JsonElement step, string path)
    {
        switch (Kind(step))
        {
            case "Split":
                JsonElement pattern = step.Part("pattern");
                string expression = pattern.TryGetProperty("Regex", out _) ? NormalizerJson.Text(pattern, "Regex") : Escaped(NormalizerJson.Text(pattern, "String"));
                return new(NormalizerJson.Expression(expression, "pre_tokenizer", path).Matches, Behavior(step, path), step.Part("invert").GetBoolean());
            case "Digits":
                return SplitStep.At(Rune.IsNumber, step.Part("individual_digits").GetBoolean() ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
            case "Punctuation":
                return SplitStep.At(Punctuation.Is, step.TryGetProperty("behavior", out _) ? Behavior(step, path) : SplitBehavior.Isolated);
            case "WhitespaceSplit":
                return SplitStep.At(Rune.IsWhiteSpace, SplitBehavior.Removed);
            case var type:
                throw new InvalidDataException(
                    $"{path}: pre_tokenizer {type} is not read beside ByteLevel; known there: Digits, Punctuation, Sequence, Split, WhitespaceSplit");
        }
    }

    private static SplitBehavior Behavior(JsonElement step, string path) =>
        Enum.TryParse(step.Part("behavior").GetString(), out SplitBehavior behavior) && Enum.IsDefined(behavior) ? behavior
        : throw new InvalidDataException($"{path}: pre_tokenizer Split has behavior {step.Part("behavior")}; known here: {string.Join(", ", Enum.GetNames<SplitBehavior>())}");

    private static string Escaped(string text) => string.Concat(text.Select(c => char.IsAscii(c) && !char.IsAsciiLetterOrDigit(c) ? $@"\{c}" : c.ToString()));
}
