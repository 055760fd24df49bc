using Alignment.Evaluation;
using Alignment.Files;

namespace Alignment.Tests.Unit.Evaluation;

/// <summary>Methods whose truth is known: a score is the prompt's difficulty, the setting's quality, what a setting makes of a prompt, the seed's luck and the response's own noise.</summary>
internal sealed class SimulatedMethods(ulong sweep)
{
    private const double ResponseDeviation = 0.6, SettingOnPrompt = 0.3;

    private readonly SeededRandom _random = new(sweep, "test/methods");
    private double[]? _difficulty;

    /// <summary>Prompts, each answered <see cref="Responses"/> times.</summary>
    public int Prompts { get; init; } = 60;

    /// <summary>Responses to a prompt.</summary>
    public int Responses { get; init; } = 1;

    /// <summary>Which positions are one prompt.</summary>
    public PromptClusters Clusters => PromptClusters.OfTexts(Enumerable.Range(0, Prompts * Responses).Select(position => $"{position % Prompts}"));

    /// <summary>Settings of these true scores, each trained with several seeds.</summary>
    public GridSetting[] Settings(double[] truth, int seeds, double seedDeviation)
    {
        _difficulty ??= [.. Enumerable.Range(0, Prompts).Select(_ => _random.NextNormal())];
        return [.. truth.Select(quality => Setting(quality, seeds, seedDeviation))];
    }

    /// <summary>True scores of some settings.</summary>
    public double[] Truth(int settings, double deviation) => [.. Enumerable.Range(0, settings).Select(_ => deviation * _random.NextNormal())];

    private GridSetting Setting(double quality, int seeds, double seedDeviation)
    {
        double[] onPrompt = [.. _difficulty!.Select(hard => hard + SettingOnPrompt * _random.NextNormal())];
        return new GridSetting("", [.. Enumerable.Range(0, seeds).Select(_ =>
        {
            double luck = seedDeviation * _random.NextNormal();
            return Enumerable.Range(0, Prompts * Responses).Select(position => quality + luck + onPrompt[position % Prompts] + ResponseDeviation * _random.NextNormal()).ToArray();
        })]);
    }
}
