using System.Globalization;
using System.Text.Json;
using Alignment.Files;

namespace Alignment.Tokenization;

/// <summary>
/// The added tokens that files beside a vocabulary declare: added_tokens_decoder in tokenizer_config.json or, without that, added_tokens.json, where those
/// that special_tokens_map.json or tokenizer_config.json names are special, and the others are looked for in normalised text.
/// </summary>
internal static class DeclaredTokens
{
    private const string Config = "tokenizer_config.json", Added = "added_tokens.json", Special = "special_tokens_map.json", Decoder = "added_tokens_decoder";

    // a text, or an object that holds it, or several
    private static readonly JsonKind<string[]> s_texts = new("a token", [], static (JsonElement value, out string[] read) =>
    {
        read = value.ValueKind switch
        {
            JsonValueKind.String => [value.GetString()!],
            JsonValueKind.Object => value.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String ? [content.GetString()!] : [],
            JsonValueKind.Array => [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)],
            _ => [],
        };
        return true;
    });

    private static readonly JsonKind<int> s_id = JsonKind.Whole(0);

    /// <summary>They, by id; none where no file declares any.</summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static IReadOnlyList<AddedToken> Read(string folder)
    {
        JsonObjectReader? config = Opened(folder, Config, out ConfigFaults configFaults);
        List<AddedToken> tokens = [];
        if (config?.OptionalObject(Decoder) is { } decoder)
        {
            foreach (string id in decoder.Members.Select(member => member.Name))
                if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                    decoder.Fault($"has \"{id}\" for an id");
                else if (decoder.Object(id) is { } token)
                    tokens.Add(new(token.Get("content", JsonKind.Filled), number)
                    {
                        Special = token.Get("special", JsonKind.Truth, false),
                        Normalized = token.Get("normalized", JsonKind.Truth, true),
                        StripsLeft = token.Get("lstrip", JsonKind.Truth, false),
                        StripsRight = token.Get("rstrip", JsonKind.Truth, false),
                        IsWord = token.Get("single_word", JsonKind.Truth, false),
                    });
        }
        else if (Opened(folder, Added, out ConfigFaults faults) is { } added)
        {
            HashSet<string> special = [.. Named(config), .. Named(Opened(folder, Special, out _))];
            foreach (string content in added.Members.Select(member => member.Name))
                tokens.Add(new(content, added.Get(content, s_id)) { Special = special.Contains(content), Normalized = !special.Contains(content) });
            faults.Throw("list of added tokens");
        }

        configFaults.Throw("tokenizer's configuration");
        return [.. tokens.OrderBy(token => token.Id)];
    }

    /// <summary>The class of transformers that reads the vocabulary, without "Fast"; null where the folder does not say.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static string? ClassOf(string folder) =>
        Opened(folder, Config, out _)?.Get<string?>("tokenizer_class", new("text", null, static (JsonElement value, out string? read) =>
        {
            read = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            return true;
        }), null) is { } name ? name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name : null;

    /// <summary>tokenizer_config.json has add_prefix_space set.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static bool AddsPrefixSpace(string folder) => Opened(folder, Config, out _)?.Get("add_prefix_space", JsonKind.Truth, false) == true;

    private static IEnumerable<string> Named(JsonObjectReader? file) => file?.Members
        .Where(member => member.Name.EndsWith("_token", StringComparison.Ordinal) || member.Name.EndsWith("_tokens", StringComparison.Ordinal))
        .SelectMany(member => file.Get(member.Name, s_texts, [])) ?? [];

    private static JsonObjectReader? Opened(string folder, string name, out ConfigFaults faults)
    {
        string path = Path.Combine(folder, name);
        faults = new(path);
        return File.Exists(path) ? faults.Read() : null;
    }
}
