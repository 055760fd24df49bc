using System.Text.Json;

namespace Alignment.Evaluation;

/// <summary>Reads the numbers of samples.jsonl and steps over its texts: several times as fast as making rows of it.</summary>
internal static class SampleNumbersFile
{
    private enum Field { PromptIndex, Tokens, Score, ChosenScore, SftScore, PolicyLogProb, SftLogProb, Ended, KlK3, PromptCut, GoldInputCut }

    // by Field; files of earlier versions lack what comes after the first eight
    private static readonly string[] s_names =
    [
        "prompt_index", "tokens", "score", "chosen_score", "sft_score", "policy_log_prob", "sft_log_prob", "ended", "kl_k3", "prompt_cut", "gold_input_cut",
    ];
    private const int Needed = (int)Field.Ended + 1;

    /// <summary>The columns in the order of the lines, unchecked.</summary>
    public static SampleColumns Read(string path)
    {
        List<double[]> lines = Lines(path);
        double[] Column(Field field) => [.. lines.Select(line => line[(int)field])];
        return new SampleColumns
        {
            PromptIndex = [.. lines.Select(line => (int)line[(int)Field.PromptIndex])],
            Length = Column(Field.Tokens),
            Score = Column(Field.Score),
            ChosenScore = Column(Field.ChosenScore),
            SftScore = Column(Field.SftScore),
            PolicyLogProb = Column(Field.PolicyLogProb),
            SftLogProb = Column(Field.SftLogProb),
            KlK3 = Column(Field.KlK3),
            Cut = [.. Column(Field.Ended).Select(ended => 1 - ended)],
            PromptCut = Column(Field.PromptCut),
            GoldInputCut = Column(Field.GoldInputCut),
        };
    }

    private static List<double[]> Lines(string path)
    {
        List<double[]> samples = [];
        using FileStream file = new(path, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 0 });
        byte[] buffer = new byte[1 << 20];
        int held = 0;
        while (true)
        {
            int read = file.Read(buffer, held, buffer.Length - held);
            ReadOnlySpan<byte> text = buffer.AsSpan(0, held + read);
            for (int end; (end = text.IndexOf((byte)'\n')) >= 0; text = text[(end + 1)..])
                samples.Add(Line(text[..end], path, samples.Count + 1));
            if (read == 0)
            {
                if (text.Length > 0)
                    samples.Add(Line(text, path, samples.Count + 1));
                return samples;
            }

            held = text.Length;
            text.CopyTo(buffer);
            // a line longer than the buffer
            if (held == buffer.Length)
                Array.Resize(ref buffer, 2 * buffer.Length);
        }
    }

    private static double[] Line(ReadOnlySpan<byte> json, string path, int line)
    {
        try
        {
            return Parse(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}({line}): not a sample: {e.Message}", e);
        }
    }

    private static double[] Parse(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> rest = json;
        var reader = new Utf8JsonReader(rest);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("an object was expected");
        double[] values = new double[s_names.Length];
        values.AsSpan(Needed).Fill(double.NaN);
        int found = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Field? field = Named(ref reader);
            reader.Read();
            if (field is null)
            {
                reader.Skip();
                continue;
            }

            values[(int)field] = field switch
            {
                Field.PromptIndex => reader.GetInt32(),
                Field.Tokens => Count(ref reader, ref rest),
                _ when reader.TokenType == JsonTokenType.Null => double.NaN,
                Field.Ended or Field.PromptCut or Field.GoldInputCut => reader.GetBoolean() ? 1 : 0,
                _ => reader.GetDouble(),
            };
            found |= 1 << (int)field;
        }

        while (reader.Read())
            continue;
        for (int i = 0; i < Needed; i++)
            if ((found & 1 << i) == 0)
                throw new JsonException($"{s_names[i]} is missing");
        return values;
    }

    private static Field? Named(ref Utf8JsonReader reader)
    {
        for (int i = 0; i < s_names.Length; i++)
            if (reader.ValueTextEquals(s_names[i]))
                return (Field)i;
        return null;
    }

    // `rest`: what the reader began with
    private static int Count(ref Utf8JsonReader reader, ref ReadOnlySpan<byte> rest)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("tokens is not a list");
        int at = (int)reader.BytesConsumed;
        if (PlainIds(rest[at..], out int end) is { } ids)
        {
            // goes on before the closing bracket, as after an empty list
            rest = rest[(at + end)..];
            reader = new Utf8JsonReader(rest, isFinalBlock: true, reader.CurrentState);
            reader.Read();
            return ids;
        }

        int count = 0;
        for (reader.Read(); reader.TokenType != JsonTokenType.EndArray; reader.Read())
            count++;
        return count;
    }

    // How many ids there are before the closing bracket at `end`; null where they are written in another way than 1,20,0: the reader's to judge.
    private static int? PlainIds(ReadOnlySpan<byte> text, out int end)
    {
        int ids = 0, digits = 0;
        bool zero = false;
        for (end = 0; end < text.Length; end++)
        {
            byte next = text[end];
            if (char.IsAsciiDigit((char)next))
            {
                if (zero)
                    return null;
                zero = digits++ == 0 && next == '0';
            }
            else if (next is (byte)',' or (byte)']' && digits > 0)
            {
                ids++;
                if (next == ']')
                    return ids;
                (digits, zero) = (0, false);
            }
            else
            {
                return null;
            }
        }

        return null;
    }
}
