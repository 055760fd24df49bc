using Alignment.Data;
using Alignment.Kernels.LogProbs;
using Alignment.Models;
using Alignment.Tokenization;
using Alignment.Training;
using static TorchSharp.torch;

namespace Alignment.Doctor;

/// <summary>Which tokens are scored: shown on the first pairs as training batches have them, and judged over all.</summary>
internal static class ResponseMaskCheck
{
    private const int Shown = 3, PromptCharacters = 48, ResponseCharacters = 72;

    private sealed record Response(string Source, int[] Ids, bool Cut);

    /// <summary>Shows the first three pairs, what is scored in brackets, and judges all.</summary>
    public static IReadOnlyList<Verdict> Of(ModelTokenizer tokenizer, IReadOnlyList<TokenizedPair> pairs)
    {
        Response[] all =
        [
            .. pairs.SelectMany(pair => pair.IsLabelled ? [new Response(pair.Source, pair.Response, pair.ResponseCut)] : new Response[]
            {
                new(pair.Source, pair.Chosen, pair.ChosenCut), new(pair.Source, pair.Rejected, pair.RejectedCut),
            }),
        ];
        string end = EndPiece(tokenizer);
        return
        [
            .. pairs.Take(Shown).SelectMany(pair => Sides(tokenizer, pair)),
            Judged(all.Where(response => response.Ids.All(id => id == tokenizer.Eos)), all.Length,
                ("every response has scored text", "responses have no text that is scored"),
                "raise maxTotal, or lower maxPrompt, so that a response has room"),
            Judged(all.Where(response => response.Ids.SkipLast(1).Contains(tokenizer.Eos)), all.Length,
                ($"no response has {end} inside its text", $"responses have {end} inside their text"),
                "take the template's markers out of the data; the template writes them"),
            Judged(all.Where(response => !response.Cut && response.Ids.LastOrDefault(-1) != tokenizer.Eos), all.Length,
                ($"every whole response ends in {end}, which is scored", $"whole responses do not end in {end}"),
                "a model that never sees the end scored never learns to stop"),
        ];
    }

    private static Verdict Judged(IEnumerable<Response> faulty, int all, (string Good, string Bad) text, string advice)
    {
        Response[] found = [.. faulty];
        var share = new Share(found.Length, all);
        return share.Judged(ShareLimits.Rare, text.Good, $"{share} {text.Bad}, first {found.FirstOrDefault()?.Source}", advice);
    }

    private static IEnumerable<Verdict> Sides(ModelTokenizer tokenizer, TokenizedPair pair)
    {
        using var scope = NewDisposeScope();
        ScoredSequences sequences = pair.IsLabelled ? new([(pair.Prompt, pair.Response)]) : PairSequences.Preference([pair]);
        PaddedSequences batch = PaddedSequences.Of(sequences, tokenizer.Pad, CPU);
        foreach ((int row, string side) in pair.IsLabelled ? [(0, pair.IsDesirable ? "desirable" : "undesirable")] : new[] { (0, "chosen"), (1, "rejected") })
        {
            (long[] tokens, long[] labels, long[] mask) = (Row(batch.Tokens, row), Row(batch.Labels, row), Row(batch.AttentionMask, row));
            int[] scored = Where(tokens, i => labels[i] != SequenceLogProbs.Ignored);
            int[] prompt = Where(tokens, i => labels[i] == SequenceLogProbs.Ignored && mask[i] == 1);
            string end = Ends(scored) ? "scored" : "cut off";
            yield return Verdict.Note(
                $"{pair.Source} {side}, {scored.Length} of {mask.Sum()} tokens scored, end {end}: {Opening(prompt)}[{Body(scored)}]");
        }

        bool Ends(int[] scored) => scored.Length > 0 && scored[^1] == tokenizer.Eos;

        string Opening(int[] prompt) => Excerpt.End(tokenizer.Text.Decode(prompt) ?? "", PromptCharacters);

        string Body(int[] scored) => Excerpt.Ends(tokenizer.Text.Decode(Ends(scored) ? scored[..^1] : scored) ?? "", ResponseCharacters)
            + (Ends(scored) ? EndPiece(tokenizer) : "");
    }

    private static int[] Where(long[] tokens, Func<int, bool> holds) =>
        [.. Enumerable.Range(0, tokens.Length).Where(holds).Select(i => (int)tokens[i])];

    private static long[] Row(Tensor tensor, int row) => tensor[row].data<long>().ToArray();

    private static string EndPiece(ModelTokenizer tokenizer) =>
        (tokenizer.Text as VocabularyTokenizer)?.PieceOrNull(tokenizer.Eos) ?? $"{tokenizer.Eos}";
}
