using System.Text.Json;
using Alignment.Files;

namespace Alignment.Data;

/// <summary>How the rows of a data file are laid out.</summary>
internal enum PairFormat
{
    /// <summary>prompt, chosen, rejected: text or TRL's lists of {role, content}.</summary>
    Plain,

    /// <summary>Anthropic HH-RLHF: two transcripts.</summary>
    HhRlhf,

    /// <summary>PKU-SafeRLHF, branch v0: two responses with safety labels.</summary>
    SafeRlhf,
}

/// <summary>The names of data formats, and how to tell one from its rows.</summary>
internal static class PairFormats
{
    /// <summary>Formats by their names in recipes.</summary>
    public static IReadOnlyDictionary<string, PairFormat> ByName { get; } = new Dictionary<string, PairFormat>
    {
        ["hh-rlhf"] = PairFormat.HhRlhf,
        ["safe-rlhf"] = PairFormat.SafeRlhf,
        ["pairs"] = PairFormat.Plain,
    };

    /// <summary>The format whose members the first whole row has.</summary>
    /// <exception cref="InvalidDataException">No row is a JSON object, or the first one has the members of none; names them.</exception>
    public static PairFormat Tell(string path)
    {
        foreach ((int line, byte[] bytes) in JsonLines.Read(path))
        {
            if (Row(bytes) is not { } row)
                continue;
            return row.Has("response_0") && row.Has("response_1") ? PairFormat.SafeRlhf
                : row.Has("chosen") && row.Has("rejected") ? row.Has("prompt") ? PairFormat.Plain : PairFormat.HhRlhf
                : throw new InvalidDataException($"{path}({line}): the format cannot be told from a row with {string.Join(", ", row.Members.Select(Name))}; "
                    + $"known are prompt, chosen and rejected (pairs), chosen and rejected (hh-rlhf), response_0 and response_1 (safe-rlhf)");
        }
        throw new InvalidDataException($"{path}: no row is a JSON object; one a line is wanted");
    }

    private static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return "(half a surrogate pair)";
        }
    }

    private static JsonObjectReader? Row(byte[] bytes)
    {
        try
        {
            return JsonRow.Parse(bytes);
        }
        catch (RowFault)
        {
            return null;
        }
    }
}
