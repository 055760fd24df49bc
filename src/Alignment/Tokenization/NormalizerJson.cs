using System.Text.Json;

namespace Alignment.Tokenization;

/// <summary>Reads the member normalizer of a tokenizer.json.</summary>
internal static class NormalizerJson
{
    /// <exception cref="InvalidDataException">A step is not read exactly; the message names it.</exception>
    public static NormalizerStep Read(JsonElement step, string path) => step.Part("type").GetString() switch
    {
        { } name when NormalForm.Of(name) is { } form => new UnicodeForm(form),
        "Lowercase" => new Lowered(),
        "Strip" => new StrippedText(step.Part("strip_left").GetBoolean(), step.Part("strip_right").GetBoolean()),
        "Prepend" => new Prepended(Text(step, "prepend")),
        "Replace" => Replaced(step, path),
        "Precompiled" => Mapped(Text(step, "precompiled_charsmap"), path),
        var type => throw new InvalidDataException(
            $"{path}: normalizer {type} is not read; known here: Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, Prepend, Replace, Sequence, Strip"),
    };

    private static NormalizerStep Replaced(JsonElement step, string path)
    {
        string content = Text(step, "content");
        JsonElement pattern = step.Part("pattern");
        if (pattern.TryGetProperty("Regex", out _))
            return new ReplacedMatches(Expression(Text(pattern, "Regex"), "normalizer", path), content);
        return pattern.Part("String").GetString() is { Length: > 0 } text ? new ReplacedText(text, content)
            : throw new InvalidDataException($"{path}: normalizer replaces an empty text, which is not read");
    }

    private static CharacterMap Mapped(string table, string path)
    {
        try
        {
            return new(Convert.FromBase64String(table));
        }
        catch (FormatException e)
        {
            string what = e.Message.StartsWith("is ", StringComparison.Ordinal) ? e.Message : "is not base64";
            throw new InvalidDataException($"{path}: normalizer Precompiled: precompiled_charsmap {what}; get the file again", e);
        }
    }

    /// <exception cref="FormatException">The member is null.</exception>
    public static string Text(JsonElement step, string name) => step.Part(name).GetString() ?? throw new FormatException($"{name} is null");

    /// <summary>An expression that .NET runs exactly.</summary>
    /// <exception cref="InvalidDataException">It would not; the message says why.</exception>
    public static OnigExpression Expression(string pattern, string member, string path)
    {
        try
        {
            return new(pattern);
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: {member} has the expression {pattern}: {e.Message}", e);
        }
    }
}
