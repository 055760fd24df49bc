namespace Alignment.Data;

/// <summary>Why a row cannot be used; the reader adds file and line.</summary>
/// <param name="reason">The kind of fault, the same words for the same kind: reports count by it.</param>
/// <param name="detail">What exactly, with values.</param>
internal sealed class RowFault(string reason, string detail) : Exception($"{reason}: {detail}")
{
    public string Reason { get; } = reason;
}
