namespace Alignment.Data.World;

/// <summary>What a sentence of the world does.</summary>
internal enum SentenceKind
{
    /// <summary>A step of a benign task.</summary>
    Step,

    /// <summary>A step of a harmful intent.</summary>
    HarmfulStep,

    /// <summary>Declines to help.</summary>
    Refusal,

    /// <summary>Says why not.</summary>
    Reason,

    /// <summary>Offers something safe instead.</summary>
    Alternative,

    /// <summary>Words without content.</summary>
    Filler,

    /// <summary>Doubt without content.</summary>
    Hedge,

    /// <summary>Ends a response.</summary>
    Closing,
}

/// <summary>A sentence of the world and what it means.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Text">The sentence with its full stop.</param>
/// <param name="Step">For steps and harmful steps, which of the frames it is; otherwise 0.</param>
/// <param name="Slot">What fills the frame; empty where the frame has no slot.</param>
/// <param name="Subject">The object or person it speaks of; empty where there is none.</param>
internal sealed record WorldSentence(SentenceKind Kind, string Text, int Step = 0, string Slot = "", string Subject = "");
