using System.Reflection;
using Alignment.Bench;
using Alignment.Bench.Comparing;
using Alignment.Bench.Inputs;
using Alignment.Bench.Ratios;

// README.md has what each of these is for
string repository = typeof(BenchRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(attribute => attribute.Key == "Alignment.RepoRoot").Value!;
switch (args)
{
    case ["lengths", string data, string model]:
        Console.Write(PairLengths.Table(data, model));
        return 0;
    case ["ratios", string rounds, .. string[] filters]:
        Console.WriteLine(RatioTable.Measure(filters.Length > 0 ? filters : ["*"], int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture)));
        return 0;
    case ["compare", .. string[] options]:
        try
        {
            return new RevisionComparison(CompareOptions.Parse(options), repository, Console.Out).Run();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or FileNotFoundException or InvalidDataException)
        {
            Console.Error.WriteLine(exception.Message);
            return 2;
        }
    default:
        string[] own = [.. args.Where(argument => argument != BenchProgram.WithoutBaselines)];
        return own.Length < args.Length ? BenchRun.Tracked(own, repository) : BenchRun.All(own, repository);
}
