using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>A conversation as people read it.</summary>
internal static class PromptText
{
    /// <summary>The text of a single turn; several turns with their speakers.</summary>
    public static string Of(IReadOnlyList<Turn> turns) =>
        turns is [var only] ? only.Text : string.Join("\n\n", turns.Select(turn => $"{turn.Role}: {turn.Text}"));
}
