using Alignment.Data;
using Alignment.Recipes;
using Alignment.Tokenization;

namespace Alignment.Doctor;

/// <summary>What is examined, and what it is meant for.</summary>
internal sealed record ExaminationInput
{
    /// <summary>A Hugging Face folder with its tokenizer, or a PEFT folder over one.</summary>
    public required string Model { get; init; }

    /// <summary>The folder of the adapters' base, where <see cref="Model"/> holds adapters; null: the one their adapter_config.json names.</summary>
    public string? Base { get; init; }

    /// <summary>Preference pairs: a file, a folder of files or a pattern.</summary>
    public required string Data { get; init; }

    /// <summary>Gives lengths, adapters and sampling; the model and the data it names are not read. Null: what depends on them is not judged.</summary>
    public required Recipe? Recipe { get; init; }

    /// <summary>The folders of judges that the recipe names, by their names, where they are there.</summary>
    public Dictionary<string, string> Judges { get; init; } = [];

    /// <summary>cpu or cuda:N.</summary>
    public required string Device { get; init; }

    /// <summary>Pairs, or sequences in SFT, that go through the model at once.</summary>
    public required int MicroBatch { get; init; }

    /// <summary>Tokens that go through the model at once.</summary>
    public long TokenBudget { get; init; } = long.MaxValue;

    /// <summary>Which sizes are found from the device's memory.</summary>
    public OpenSizes Open { get; init; } = OpenSizes.None;

    /// <summary>Whether activations are computed again in the backward pass; null: where they do not fit.</summary>
    public bool? Recompute { get; init; }

    /// <summary>The optimiser's state lies in the host's memory.</summary>
    public bool OptimiserOnHost { get; init; }

    /// <summary>Sequences generated or scored together.</summary>
    public required int GenerationBatch { get; init; }

    /// <summary>Name of the chat template; null: told by the folder.</summary>
    public string? Template { get; init; }

    /// <summary>What the folder's chat template is given.</summary>
    public TemplateSettings TemplateSettings { get; init; } = new();

    /// <summary>Layout of the data; null: told from its first row.</summary>
    public PairFormat? Format { get; init; }

    /// <summary>Where a pair stands in a row; null: told from the rows.</summary>
    public PairColumns? Columns { get; init; }

    /// <summary>Where a labelled response stands in a row; null: told from the rows.</summary>
    public LabelledColumns? Labels { get; init; }

    /// <summary>The layout: given, said by the columns that are, or told from the rows.</summary>
    public PairFormat FormatOfData => Format ?? (Labels != null ? PairFormat.Unpaired : Columns != null ? PairFormat.Plain : PairFormats.Tell(Data));

    /// <summary>SafeRLHF: the label that says what is chosen.</summary>
    public PreferredAxis Axis { get; init; }

    /// <summary>What becomes of markers inside messages.</summary>
    public MarkersInText Markers { get; init; }
}
