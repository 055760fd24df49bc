using System.Text.Json;

namespace Alignment.Tokenization;

/// <summary>Reads the member added_tokens of a tokenizer.json.</summary>
internal static class AddedTokenJson
{
    /// <summary>
    /// The tokens, with the ids Hugging Face tokenizers give them whatever the file says: that of the vocabulary where it has the text, or the next behind it.
    /// </summary>
    /// <param name="list">The member.</param>
    /// <param name="vocabulary">The model's ids.</param>
    /// <param name="size">The size of the model's vocabulary.</param>
    /// <param name="normalizer">Makes the normal form in which some are looked for.</param>
    public static List<AddedToken> Read(JsonElement list, Dictionary<string, int> vocabulary, int size, TextNormalizer normalizer)
    {
        Dictionary<string, int> ids = [];
        List<AddedToken> added = [];
        int next = size;
        foreach (JsonElement token in list.EnumerateArray())
        {
            string content = token.Part("content").GetString()!;
            _ = token.Part("id").GetInt32();
            bool normalized = token.Part("normalized").GetBoolean();
            if (!ids.TryGetValue(content, out int id))
                ids[content] = id = vocabulary.TryGetValue(content, out int own) ? own : next++;
            added.Add(new(content, id)
            {
                Sought = normalized ? normalizer.Apply(content).ToString() : content,
                Special = token.Part("special").GetBoolean(),
                Normalized = normalized,
                StripsLeft = token.Part("lstrip").GetBoolean(),
                StripsRight = token.Part("rstrip").GetBoolean(),
                IsWord = token.Part("single_word").GetBoolean(),
            });
        }

        return added;
    }
}
