using Alignment.Data;
using Alignment.Doctor;
using Alignment.Recipes;
using Alignment.Tests.Sweep;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>What `dotnet test … --filter TestCategory=Doctor -p:Model=FOLDER -p:Data=FILE [-p:Recipe= -p:Template= -p:Format=]` asks for.</summary>
internal static class DoctorParameters
{
    // the shipped recipe for one's own model; tiny and hh-rlhf train fresh ones
    private const string Recipe = "paper";

    /// <summary>Null where model or data is not given.</summary>
    public static ExaminationInput? Input()
    {
        if (Given("Model") is not { } model || Given("Data") is not { } data)
            return null;
        Recipe recipe = RecipeFile.Load(Given("Recipe") ?? Recipe, TestContext.Parameters.Get("WorkingDirectory", Directory.GetCurrentDirectory())!);
        string? template = Given("Recipe") != null && recipe.Data is FileChoice files ? files.Template : null;
        return new()
        {
            Model = UserPath.Resolve(model),
            Data = UserPath.Resolve(data),
            Recipe = recipe,
            Options = SweepParameters.Options("cpu"),
            Template = Given("Template") ?? template,
            Format = Given("Format") is { } format ? Format(format) : null,
        };
    }

    private static PairFormat Format(string name) => PairFormats.ByName.TryGetValue(name, out PairFormat format) ? format
        : throw new ArgumentException($"-p:Format must be {string.Join(" or ", PairFormats.ByName.Keys)}, was {name}");

    private static string? Given(string name) => TestContext.Parameters.Get(name) is { Length: > 0 } value ? value : null;
}
