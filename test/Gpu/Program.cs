using Alignment.Tests.Gpu.Check;
#if TEST_BUNDLE
using Microsoft.Testing.Platform.Builder;
#endif

namespace Alignment.Tests.Gpu;

/// <summary>
/// This assembly as a program: <c>gpu-check</c> measures a GPU (<see cref="GpuCheck"/>); other words are what ranks and the jobs of a cluster call
/// (<see cref="Harness.SweepProgram"/>). Without one the bundle runs its tests, as options say.
/// </summary>
internal static class Program
{
    private static Task<int> Main(string[] arguments) => arguments is ["gpu-check", .. var rest] ? Task.FromResult(GpuCheck.Run(rest)) : Other(arguments);

#if TEST_BUNDLE
    private static async Task<int> Other(string[] arguments)
    {
        if (arguments is [var word, ..] && !word.StartsWith('-') && !word.StartsWith('@'))
            return Harness.SweepProgram.Run(arguments);
        ITestApplicationBuilder builder = await TestApplication.CreateBuilderAsync(arguments);
        builder.AddSelfRegisteredExtensions(arguments);
        using ITestApplication tests = await builder.BuildAsync();
        return await tests.RunAsync();
    }
#else
    private static Task<int> Other(string[] arguments) => Task.FromResult(Harness.SweepProgram.Run(arguments));
#endif
}
