using System.Text.Json.Serialization;
using Alignment.Data;
using Alignment.Recipes;
using Alignment.Tokenization;

namespace Alignment.Sweeps;

/// <summary>What a run was trained and tested on, as far as rows and prompts were chosen for the user.</summary>
public sealed record DataFacts
{
    /// <summary>Name of the chat template.</summary>
    public required string Template { get; init; }

    /// <summary>What told it: the recipe, a file of the model's folder, or the tokenizer's markers.</summary>
    public required string TemplateToldBy { get; init; }

    /// <summary>What became of markers inside messages: refuse, text or tokens.</summary>
    public required string MarkersInText { get; init; }

    /// <summary>Pairs, or labelled responses, that were trained on.</summary>
    public required int TrainingPairs { get; init; }

    /// <summary>Training rows left out because they are longer than the recipe's lengths.</summary>
    public required int LongPairsDropped { get; init; }

    /// <summary>Test prompts that every run answers.</summary>
    public required int TestPrompts { get; init; }

    /// <summary>How many responses each of them gets; 0: one.</summary>
    [JsonInclude, JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal int ResponsesPerPrompt { get; init; }

    /// <summary>How many of them are different.</summary>
    public required int DistinctTestPrompts { get; init; }

    /// <summary>How many of them the policy or the gold model was trained on.</summary>
    public required int SeenTestPrompts { get; init; }

    /// <summary>Test prompts left out because the policy or the gold model was trained on them.</summary>
    public required int SeenTestPromptsDropped { get; init; }

    /// <summary>Test prompts left out because they repeat another one.</summary>
    public required int RepeatedTestPromptsDropped { get; init; }

    /// <summary>Test prompts left out because they are longer than the recipe's lengths.</summary>
    public required int LongTestPromptsDropped { get; init; }

    /// <summary>How the files were read; null where none was, or an older run does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DataFileFacts>? Files { get; init; }

    /// <summary>The round on-policy in which the pairs were sampled; null where they are the data's own.</summary>
    [JsonInclude, JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal ResampleFacts? Resampled { get; init; }

    /// <summary>How many responses are labelled desirable and undesirable; null where the training rows are pairs.</summary>
    [JsonInclude, JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal LabelFacts? Labels { get; init; }

    /// <summary>The test prompts come with no pairs: what needs a chosen and a rejected response is not known.</summary>
    [JsonInclude, JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    internal bool TestHasNoPairs { get; init; }

    /// <summary>What a recipe's data became; lengths are counted by who cuts to them.</summary>
    internal static DataFacts Of(Recipe recipe, ToldTemplate told, TestPrompts test, IReadOnlyList<PreferencePair> used)
    {
        FileChoice? files = recipe.Data as FileChoice;
        bool keepsSeen = files?.SeenTestPrompts == PromptRule.Keep;
        return new()
        {
            Template = told.Tokenizer.Template.Name,
            TemplateToldBy = told.By,
            MarkersInText = (files?.Markers ?? Tokenization.MarkersInText.Tokens).ToString().ToLowerInvariant(),
            TrainingPairs = 0,
            LongPairsDropped = 0,
            TestPrompts = used.Count,
            ResponsesPerPrompt = recipe.ResponsesPerPrompt > 1 ? recipe.ResponsesPerPrompt : 0,
            DistinctTestPrompts = Data.TestPrompts.Distinct(used),
            SeenTestPrompts = keepsSeen ? used.Intersect(test.Seen).Count() : 0,
            SeenTestPromptsDropped = keepsSeen ? 0 : test.Seen.Count,
            RepeatedTestPromptsDropped = files?.RepeatedTestPrompts == PromptRule.Keep ? 0 : test.Repeated.Count,
            LongTestPromptsDropped = 0,
        };
    }
}

/// <summary>How responses that are trained on are labelled.</summary>
/// <param name="Desirable">Labelled desirable.</param>
/// <param name="Undesirable">Labelled undesirable.</param>
internal sealed record LabelFacts(int Desirable, int Undesirable);
