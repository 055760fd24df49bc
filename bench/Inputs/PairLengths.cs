using System.Globalization;
using Alignment.Data;
using Alignment.Tokenization;

namespace Alignment.Bench.Inputs;

/// <summary>Token counts of a preference pair, the opening of the assistant's turn and the end of the responses included.</summary>
/// <param name="Prompt">Of the prompt.</param>
/// <param name="Chosen">Of the chosen response.</param>
/// <param name="Rejected">Of the rejected response.</param>
internal readonly record struct PairLengths(int Prompt, int Chosen, int Rejected)
{
    /// <summary>
    /// The first 512 pairs of HH-RLHF's harmless-base test set in its order, uncut, in tokens of its 2,048-piece SentencePiece model. Numbers only:
    /// <c>dotnet run --project bench -- lengths DATA MODEL</c> makes the table.
    /// </summary>
    public static IReadOnlyList<PairLengths> HhRlhf { get; } = Parse();

    /// <summary>As <see cref="PairTokenizer"/> cuts: the prompt keeps its end, a response its beginning.</summary>
    public PairLengths Within(LengthLimits limits)
    {
        int prompt = Math.Min(Prompt, limits.MaxPrompt), room = limits.MaxTotal - prompt;
        return new(prompt, Math.Min(Chosen, room), Math.Min(Rejected, room));
    }

    /// <summary>Reads the lengths of a data set: prompt,chosen,rejected, a line a pair.</summary>
    public static string Table(string dataPath, string modelPath)
    {
        var tokenizer = ModelTokenizer.For(SentencePieceBpe.FromModel(modelPath), ChatTemplate.PlainHh);
        IEnumerable<PreferencePair> pairs = PreferenceData.Stream(PairFormat.HhRlhf, dataPath, new ReadOptions { MaxSkipped = int.MaxValue }, new()).Take(512);
        return string.Concat(pairs.Select(pair => string.Create(CultureInfo.InvariantCulture,
            $"{tokenizer.EncodePrompt(pair.Prompt).Length},{tokenizer.EncodeResponse(pair.Chosen).Length},{tokenizer.EncodeResponse(pair.Rejected).Length}\n")));
    }

    private static PairLengths[] Parse()
    {
        using Stream table = typeof(PairLengths).Assembly.GetManifestResourceStream("Alignment.Bench.hh-lengths.csv")!;
        using StreamReader reader = new(table);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(','))
            .Select(fields => new PairLengths(Number(fields[0]), Number(fields[1]), Number(fields[2])))];

        static int Number(string field) => int.Parse(field, CultureInfo.InvariantCulture);
    }
}
