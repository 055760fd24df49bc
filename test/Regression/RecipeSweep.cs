using Alignment.Harness;

namespace Alignment.Tests.Regression;

/// <summary>The main job: `dotnet test test/Regression --filter TestCategory=Sweep [-p:Recipe=name-or-path]`.</summary>
public sealed class RecipeSweep() : SweepFixture("cpu");

/// <summary>One's own model and data: `dotnet test test/Regression --filter TestCategory=Doctor -p:Model=FOLDER -p:Data=FILE`.</summary>
public sealed class DoctorChecks : DoctorFixture;

/// <summary>Stores cleaned: `dotnet test test/Regression --filter TestCategory=Prune -p:Store=FOLDER [-p:Remove=true]`.</summary>
public sealed class StorePrune : PruneFixture;

/// <summary>Reports from stored runs: `dotnet test test/Regression --filter TestCategory=Report -p:Store=FOLDER [-p:Against=FOLDER]`, or -p:Results=FILE.</summary>
public sealed class StoreReports : ReportFixture;

/// <summary>Searches over again on stored results: `dotnet test test/Regression --filter TestCategory=Replay -p:Store=FOLDER`.</summary>
public sealed class StoreReplays : ReplayFixture;
