namespace Alignment.Data.World;

/// <summary>One addend of a gold score.</summary>
/// <param name="About">The sentence, or what else is judged.</param>
/// <param name="Points">What it adds.</param>
public sealed record WorldRemark(string About, double Points);
