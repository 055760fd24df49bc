using Alignment.Files;
using Alignment.Tokenization;

namespace Alignment.Data;

/// <summary>The check-sum of pairs that run ids are made of: texts, roles and order, not where they come from.</summary>
public static class ContentHash
{
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
