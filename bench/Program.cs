using Alignment.Bench;
using Alignment.Bench.Comparing;
using Alignment.Bench.Inputs;
using BenchmarkDotNet.Running;

if (args is ["lengths", var data, var model])
{
    Console.Write(PairLengths.Table(data, model));
    return 0;
}
if (args is ["ratios", .. var rest])
{
    Console.WriteLine(Interleaved.Table(rest.Length > 0 ? rest : ["*"], rounds: 15));
    return 0;
}
BenchmarkSwitcher.FromAssembly(typeof(BenchConfig).Assembly).Run(args, BenchConfig.All("artifacts/bench"));
return 0;
