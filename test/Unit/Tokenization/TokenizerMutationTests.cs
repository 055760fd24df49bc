using System.Text;
using System.Text.Json;
using Alignment.Tests.Unit.Mutations;
using Alignment.Tests.Unit.Training;
using Alignment.Tokenization;
using NUnit.Framework;

namespace Alignment.Tests.Unit.Tokenization;

/// <summary>Damaged tokenizer files give a tokenizer that encodes and decodes any text, or one InvalidDataException that names the file or its folder.</summary>
[NonParallelizable]
public class TokenizerMutationTests
{
    private static readonly Message[] s_conversation = [new(Role.User, "hello\n hell 日本 \uD83D 😀"), new(Role.Assistant, "<s>he</s>"), new(Role.User, "  \0 ll")];
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void NewFolder() => _folder = new();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Eight_hundred_damaged_byte_level_tokenizer_jsons_are_read_or_refused() => Run("tokenizer.json", TokenizerJsonText.ByteLevel, 800);

    [Test]
    public void Eight_hundred_damaged_SentencePiece_tokenizer_jsons_are_read_or_refused() => Run("tokenizer.json", TokenizerJsonText.SentencePiece, 800);

    [Test]
    public void Eight_hundred_damaged_tokenizer_models_are_read_or_refused() =>
        Run("tokenizer.model", SmallModel.Write([.. SmallModel.Pieces, .. SmallModel.Bytes], byteFallback: true), 800);

    [TestCase("vocab.json"), TestCase("merges.txt")]
    public void Five_hundred_damaged_vocabularies_and_merges_are_read_or_refused(string name)
    {
        (string Name, byte[] Bytes)[] files = [("vocab.json", JsonSerializer.SerializeToUtf8Bytes(SmallVocabulary.Vocabulary())), ("merges.txt", Encoding.UTF8.GetBytes(SmallVocabulary.Merges))];
        foreach (var (file, bytes) in files)
            File.WriteAllBytes(_folder.File(file), bytes);
        Run(name, files.Single(file => file.Name == name).Bytes, 500);
    }

    private void Run(string name, byte[] good, int rounds)
    {
        File.WriteAllBytes(_folder.File(name), good);
        new MutationRun(_folder.File(name), typeof(InvalidDataException)).Read(rounds, () =>
        {
            ModelTokenizer tokenizer = TokenizerFolder.Load(_folder.Path);
            tokenizer.Decode([.. tokenizer.EncodePrompt(s_conversation), .. tokenizer.EncodeResponse("hello help")]);
            return 0;
        });
    }
}
