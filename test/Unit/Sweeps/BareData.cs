using Alignment.Data;
using Alignment.Sweeps;

namespace Alignment.Tests.Unit.Sweeps;

/// <summary>A sweep's data with the parts alone that a test is about; nothing else of it may be asked for.</summary>
internal static class BareData
{
    public static SweepData Of(IReadOnlyList<TokenizedPair>? training = null, IReadOnlyList<PreferencePair>? test = null) => new()
    {
        Tokenizer = null!,
        Training = training ?? [],
        Reward = [],
        Test = test ?? [],
        TestPrompts = [],
        HeldOut = [],
        TestPromptsCut = [],
        EndTokens = new HashSet<int>(),
        TokenizerFingerprint = "",
        Facts = null!,
    };
}
