using Alignment.Reports.Tables;

namespace Alignment.Reports.Advice;

/// <summary>A sentence and the table cells it is computed from; every number with decimals in it stands in one of them.</summary>
internal sealed record Finding(string Text, params IReadOnlyList<Source> Sources);
