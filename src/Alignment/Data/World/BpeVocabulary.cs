using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Alignment.Tokenization;

namespace Alignment.Data.World;

/// <summary>A learned byte-level BPE in the two files GPT-2 tokenizers read.</summary>
/// <param name="Merges">The merges in the order they were learned.</param>
/// <param name="SpecialTokens">Tokens that never come from text; their ids follow the others.</param>
internal sealed record BpeVocabulary(IReadOnlyList<(string Left, string Right)> Merges, IReadOnlyList<string> SpecialTokens)
{
    private static readonly JsonSerializerOptions s_onePerLine =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The tokens by id: the bytes in the order of their characters as in GPT-2, then the merges, then the special tokens.</summary>
    public IReadOnlyList<string> Tokens { get; } =
    [
        .. Enumerable.Range(0, 256).Select(value => ByteAlphabet.Of((byte)value)).Order().Select(character => character.ToString()),
        .. Merges.Select(merge => merge.Left + merge.Right).Distinct(),
        .. SpecialTokens,
    ];

    /// <summary>The content of vocab.json: one token and its id per line.</summary>
    public byte[] VocabularyJson()
    {
        OrderedDictionary<string, int> ids = [];
        for (int id = 0; id < Tokens.Count; id++)
            ids.Add(Tokens[id], id);
        return Encoding.UTF8.GetBytes(JsonSerializer.Serialize(ids, s_onePerLine) + "\n");
    }

    /// <summary>The content of merges.txt: one merge per line, the first learned first.</summary>
    public byte[] MergesText() =>
        Encoding.UTF8.GetBytes("#version: 0.2\n" + string.Concat(Merges.Select(merge => $"{merge.Left} {merge.Right}\n")));
}
