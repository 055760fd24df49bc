using Alignment.Harness;
using NUnit.Framework;

namespace Alignment.Tests.Gpu;

/// <summary>The same sweep on a CUDA device: `dotnet test test/Gpu --filter TestCategory=Sweep -p:Device=cuda:0 -p:Recipe=paper`.</summary>
[Category("Gpu")]
public sealed class GpuSweep() : SweepFixture("cuda:0");
