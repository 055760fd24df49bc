using Alignment.Tests.Sweep;
using NUnit.Framework;

namespace Alignment.Tests.Regression;

/// <summary>The main job: `dotnet test test/Regression --filter TestCategory=Sweep [-p:Recipe=name-or-path]`.</summary>
[TestFixture, NonParallelizable, Category("Sweep")]
public sealed class RecipeSweep() : SweepFixture("cpu");
