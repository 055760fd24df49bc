using Alignment.Files;

namespace Alignment.Data;

/// <summary>How the rows of a data file are laid out.</summary>
internal enum PairFormat
{
    /// <summary>A prompt and two responses, text or messages, in members of any name; the prompt may stand at the beginning of both responses.</summary>
    Plain,

    /// <summary>The same, of which both responses are whole conversations (UltraFeedback binarised, Tulu 3).</summary>
    Conversations,

    /// <summary>Anthropic HH-RLHF: two transcripts.</summary>
    HhRlhf,

    /// <summary>PKU-SafeRLHF: two responses with safety labels.</summary>
    SafeRlhf,

    /// <summary>HelpSteer3's and HelpSteer2's preferences: two responses and a number from −3 to 3.</summary>
    HelpSteer,

    /// <summary>Chatbot Arena: two conversations or responses, and who won.</summary>
    Arena,

    /// <summary>A prompt and one response with a label of its own, true or false (TRL's unpaired preferences).</summary>
    Unpaired,
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
        ["ultrafeedback"] = PairFormat.Conversations,
        ["helpsteer"] = PairFormat.HelpSteer,
        ["arena"] = PairFormat.Arena,
        ["unpaired"] = PairFormat.Unpaired,
    };

    /// <summary>A format's name.</summary>
    public static string Name(PairFormat format) => ByName.First(named => named.Value == format).Key;

    /// <summary>Rows of the format have their pair in members of any name.</summary>
    public static bool HasColumns(PairFormat format) => format is PairFormat.Plain or PairFormat.Conversations;

    /// <summary>The format of the first row that has one's members.</summary>
    /// <exception cref="InvalidDataException">None has; the message shows columns, two rows and the nearest layout.</exception>
    public static PairFormat Tell(string path) => PairColumns.Rows(path).Select(Of).FirstOrDefault(format => format != null) ?? throw UnknownShape.Of(path);

    private static PairFormat? Of(JsonObjectReader row) => SafeRlhfReader.IsOne(row) ? PairFormat.SafeRlhf
        : HelpSteerReader.IsOne(row) ? PairFormat.HelpSteer
        : ArenaReader.IsOne(row) ? PairFormat.Arena
        : PairColumns.Of(row) is not { } columns ? LabelledColumns.Of(row) == null ? null : PairFormat.Unpaired
        : columns.AreConversations ? PairFormat.Conversations
        : columns.Prompt == null && HhRlhfReader.IsTranscript(row, columns.Chosen) ? PairFormat.HhRlhf : PairFormat.Plain;
}
