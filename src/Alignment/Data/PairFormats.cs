using Alignment.Files;

namespace Alignment.Data;

/// <summary>How the rows of a data file are laid out.</summary>
internal enum PairFormat
{
    /// <summary>A prompt and two responses, text or messages, in members of any name; the prompt may stand at the beginning of both responses.</summary>
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

    /// <summary>The format of the first row that has one's members.</summary>
    /// <exception cref="InvalidDataException">None has; the message shows columns, two rows and the nearest layout.</exception>
    public static PairFormat Tell(string path) => PairColumns.Rows(path).Select(Of).FirstOrDefault(format => format != null) ?? throw PairColumns.Unknown(path);

    private static PairFormat? Of(JsonObjectReader row) => row.Has("response_0") && row.Has("response_1") ? PairFormat.SafeRlhf
        : PairColumns.Of(row) is not { } columns ? null
        : columns.Prompt == null && HhRlhfReader.IsTranscript(row, columns.Chosen) ? PairFormat.HhRlhf : PairFormat.Plain;
}
