using System.Reflection;
using Alignment.Bench;
using Alignment.Bench.Comparing;
using Alignment.Bench.Inputs;
using Alignment.Bench.Ratios;
using Alignment.Recipes;

// README.md has what each of these is for
string repository = typeof(BenchRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(attribute => attribute.Key == "Alignment.RepoRoot").Value!;
switch (args)
{
    case ["lengths", string data, string model]:
        Console.Write(PairLengths.Table(data, model));
        return 0;
    case ["ratios", string rounds, .. string[] filters]:
        return Done(() => Console.WriteLine(RatioTable.Measure(Filters(filters), Rounds(rounds))));
    case ["peers", string python, string rounds, .. string[] filters]:
        return Done(() => BenchPages.Peers(python, Rounds(rounds), Filters(filters), repository));
    case ["job", string recipe, string data, string rounds]:
        return Done(() => BenchPages.Job(recipe, data, Rounds(rounds), repository));
    case ["growth", string rounds, .. string[] filters]:
        return Done(() => BenchPages.Growth(Rounds(rounds), Filters(filters), repository));
    case ["compare", .. string[] options]:
        return Told(() => new RevisionComparison(CompareOptions.Parse(options), repository, Console.Out).Run());
    default:
        string[] own = [.. args.Where(argument => argument != BenchProgram.WithoutBaselines)];
        return own.Length < args.Length ? BenchRun.Tracked(own, repository) : BenchRun.All(own, repository);
}

static string[] Filters(string[] given) => given.Length > 0 ? given : ["*"];

static int Rounds(string text) =>
    int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int rounds) && rounds >= 1 ? rounds
    : throw new ArgumentException($"-p:Rounds must be a whole number >= 1, was {text}");

static int Done(Action run) => Told(() =>
{
    run();
    return 0;
});

// what cannot be done is told in a sentence
static int Told(Func<int> run)
{
    try
    {
        return run();
    }
    catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FileNotFoundException or InvalidDataException or RecipeException)
    {
        Console.Error.WriteLine(exception.Message);
        return 2;
    }
}
