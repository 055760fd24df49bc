using System.Text.Json.Serialization;
using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>
/// A prompt with a better and a worse response; or with one response that is labelled by itself: a desirable one stands as the chosen, an undesirable one as
/// the rejected, and the other is empty, which a response of a pair never is.
/// </summary>
/// <param name="Source">Where it comes from: file and line, or the generator's index; error messages name it.</param>
/// <param name="Prompt">The conversation up to the response; the last turn is the user's.</param>
/// <param name="Chosen">The preferred response.</param>
/// <param name="Rejected">The other response.</param>
internal sealed record PreferencePair(string Source, IReadOnlyList<Message> Prompt, string Chosen, string Rejected)
{
    /// <summary>It is one labelled response.</summary>
    [JsonIgnore]
    public bool IsLabelled => Chosen.Length == 0 || Rejected.Length == 0;

    /// <summary>Of a labelled response its label.</summary>
    [JsonIgnore]
    public bool IsDesirable => Chosen.Length > 0;

    /// <summary>The chosen response of a pair, or the labelled one.</summary>
    [JsonIgnore]
    public string Response => IsDesirable ? Chosen : Rejected;

    /// <summary>One response with its label.</summary>
    public static PreferencePair Labelled(string source, IReadOnlyList<Message> prompt, string response, bool isDesirable) =>
        isDesirable ? new(source, prompt, response, "") : new(source, prompt, "", response);
}

/// <summary>A pair or a labelled response as token ids; responses end in EOS unless they were cut, so that an empty one is none.</summary>
/// <param name="Source">As in <see cref="PreferencePair"/>.</param>
/// <param name="Prompt">Prompt ids, including the template's opening of the assistant's turn.</param>
/// <param name="Chosen">Ids of the chosen response.</param>
/// <param name="Rejected">Ids of the rejected response.</param>
/// <param name="ChosenCut">The chosen response was cut at the length limit and has no EOS.</param>
/// <param name="RejectedCut">The same for the rejected one.</param>
internal sealed record TokenizedPair(string Source, int[] Prompt, int[] Chosen, int[] Rejected, bool ChosenCut, bool RejectedCut)
{
    /// <summary>It is one labelled response.</summary>
    public bool IsLabelled => Chosen.Length == 0 || Rejected.Length == 0;

    /// <summary>Of a labelled response its label.</summary>
    public bool IsDesirable => Chosen.Length > 0;

    /// <summary>Ids of the chosen response of a pair, or of the labelled one.</summary>
    public int[] Response => IsDesirable ? Chosen : Rejected;

    /// <summary>That response was cut.</summary>
    public bool ResponseCut => IsDesirable ? ChosenCut : RejectedCut;
}

/// <summary>A prompt as token ids.</summary>
/// <param name="Tokens">Its ids, including the template's opening of the assistant's turn.</param>
/// <param name="Cut">It was over its limit and has lost its beginning.</param>
internal sealed record TokenizedPrompt(int[] Tokens, bool Cut);

/// <summary>The check-sum of pairs that run ids are made of: texts, roles and order, not where they come from.</summary>
internal static class ContentHash
{
    /// <summary>128 bits that tell a prompt, or a prompt and two responses, from others: a set of a million takes little memory.</summary>
    public static UInt128 OfTexts(params ReadOnlySpan<string> texts) => Fingerprint.Of(texts);

    /// <summary>The fingerprint of the pairs, 64 digits.</summary>
    public static string Of(IEnumerable<PreferencePair> pairs)
    {
        using var content = new Fingerprint();
        foreach (PreferencePair pair in pairs)
        {
            content.Add(pair.Prompt.Count);
            foreach (Message turn in pair.Prompt)
                content.Add((int)turn.Role).Add(turn.Text);
            content.Add(pair.Chosen).Add(pair.Rejected);
        }

        return content.Hex();
    }
}
