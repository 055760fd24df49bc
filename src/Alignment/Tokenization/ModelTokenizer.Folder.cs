namespace Alignment.Tokenization;

/// <content>Pairs and conversations, which a folder's own template writes as wholes.</content>
internal sealed partial record ModelTokenizer
{
    /// <summary>With the template that the tokenizer's folder brings: what it writes after an answer tells the token that ends one, and it writes BOS itself.</summary>
    /// <exception cref="ArgumentException">It ends answers with no token of the vocabulary, or writes tokens that the tokenizer does not find in a text.</exception>
    public static ModelTokenizer ForFolder(VocabularyTokenizer text, FolderTemplate template)
    {
        AddedToken[] marks = [.. text.AddedTokens.Where(added => !string.IsNullOrWhiteSpace(added.Content))];
        string tail = template.Pieces.Tail;
        string end = new AddedTokens(marks.Where(mark => mark.Special)).Next(tail, 0).Token?.Content ?? new AddedTokens(marks).Next(tail, 0).Token?.Content ?? template.EndToken ?? "";
        int eos = First(text, [end]) ?? throw new ArgumentException(
            $"{template.Name} writes \"{tail.Replace("\n", "\\n", StringComparison.Ordinal)}\" after an answer, "
            + "which holds no token of the vocabulary, and eos_token in tokenizer_config.json names none");
        int? bos = template.BeginToken is { } begin && template.Pieces.Prompts[0].StartsWith(begin, StringComparison.Ordinal) ? First(text, [begin]) : null;
        if (new[] { template.BeginToken, end }.FirstOrDefault(token => token != null && IsHidden(text, token)
            && template.Pieces.Prompts.Any(prompt => prompt.AsSpan(bos == null ? 0 : template.BeginToken!.Length).Contains(token, StringComparison.Ordinal))) is { } hidden)
            throw new ArgumentException($"{template.Name} writes {hidden} between turns, which this tokenizer does not find in a text: give the tokenizer.json that has it as an added token");
        return new(text, template with { ResponseEndToken = end, Tokens = new(marks) }, text.VocabularySize, eos, First(text, s_fills) ?? eos, bos);
    }

    /// <summary>Ids of a pair.</summary>
    /// <exception cref="InvalidDataException">A folder's template refuses it.</exception>
    public EncodedPair EncodePair(IReadOnlyList<Message> turns, string chosen, string rejected)
    {
        if (Template is not FolderTemplate folder)
            return new(EncodePrompt(turns), EncodeResponse(chosen), EncodeResponse(rejected));
        if (folder.Answers(turns, chosen, rejected) is not [var better, var worse] || better.Before != worse.Before)
            throw new InvalidDataException($"{folder.Name} writes the turns before the answer otherwise for each response");
        int[] prompt = [.. EncodeWritten(better.Conversation.Part(0, better.Start))];
        return new(prompt, Answer(prompt, better, better.End, Eos), Answer(prompt, worse, worse.End, Eos));
    }

    /// <summary>Ids of a prompt, and of a response to it up to its end.</summary>
    /// <exception cref="InvalidDataException">A folder's template refuses it.</exception>
    public (int[] Prompt, int[] Response) EncodeWithResponse(IReadOnlyList<Message> turns, string response)
    {
        if (Template is not FolderTemplate folder)
            return (EncodePrompt(turns), EncodeResponse(response));
        WrittenAnswer answer = folder.Answers(turns, response)[0];
        int[] prompt = [.. EncodeWritten(answer.Conversation.Part(0, answer.Start))];
        return (prompt, Answer(prompt, answer, answer.End, Eos));
    }

    /// <summary>Ids of a conversation up to the end of an answer; one that was cut has none.</summary>
    /// <exception cref="InvalidDataException">A folder's template refuses it.</exception>
    public int[] EncodeAnswered(IReadOnlyList<Message> turns, string response, bool ended)
    {
        if (Template is not FolderTemplate folder)
            return [.. EncodePrompt(turns), .. ended ? EncodeResponse(response) : EncodeCutResponse(response)];
        WrittenAnswer answer = folder.Answers(turns, response)[0];
        int[] prompt = [.. EncodeWritten(answer.Conversation.Part(0, answer.Start))];
        return [.. prompt, .. ended ? Answer(prompt, answer, answer.End, Eos) : Answer(prompt, answer, answer.TextEnd)];
    }

    /// <summary>Ids of a conversation as a folder's template writes all of it; an answer that was cut ends it.</summary>
    /// <exception cref="InvalidDataException">The template refuses it.</exception>
    public int[] EncodeWhole(FolderTemplate folder, IReadOnlyList<Message> turns, string response, bool ended)
    {
        WrittenAnswer answer = folder.Answers(turns, response)[0];
        return [.. EncodeWritten(ended ? answer.Conversation : answer.Conversation.Part(0, answer.TextEnd))];
    }

    // the ids of the whole behind those of the prompt; where a token crosses the border, those of the answer by itself
    private int[] Answer(int[] prompt, WrittenAnswer answer, int to, params ReadOnlySpan<int> end)
    {
        IReadOnlyList<int> whole = EncodeWritten(answer.Conversation.Part(0, to));
        return whole.Take(prompt.Length).SequenceEqual(prompt) ? [.. whole.Skip(prompt.Length), .. end]
            : [.. Encode(answer.Conversation.Part(answer.Start, to), begins: false), .. end];
    }

    // the template has written BOS; a tokenizer that finds it in texts needs no help
    private IReadOnlyList<int> EncodeWritten(WrittenConversation written)
    {
        if (Bos is not int bos || Template is not FolderTemplate { BeginToken: { } begin } || Text is not VocabularyTokenizer known || !IsHidden(known, begin)
            || !written.Text.StartsWith(begin, StringComparison.Ordinal))
            return Encode(written, begins: true);
        return [bos, .. Encode(written.Part(begin.Length, written.Text.Length), begins: false)];
    }

    private static bool IsHidden(VocabularyTokenizer text, string token) => text.AddedTokens.All(added => added.Content != token) && First(text, [token]) != null;
}

/// <summary>A pair as ids; both responses end in the token that ends one.</summary>
/// <param name="Prompt">What stands before the answers.</param>
/// <param name="Chosen">The chosen response.</param>
/// <param name="Rejected">The rejected response.</param>
internal sealed record EncodedPair(int[] Prompt, int[] Chosen, int[] Rejected);
