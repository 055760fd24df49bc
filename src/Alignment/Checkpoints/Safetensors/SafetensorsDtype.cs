using TorchSharp;

namespace Alignment.Checkpoints.Safetensors;

/// <summary>The element types of a safetensors file that torch has too, under their names in the file.</summary>
internal static class SafetensorsDtype
{
    private static readonly (string Name, torch.ScalarType Type)[] s_known =
    [
        ("F64", torch.ScalarType.Float64), ("F32", torch.ScalarType.Float32), ("F16", torch.ScalarType.Float16), ("BF16", torch.ScalarType.BFloat16),
        ("I64", torch.ScalarType.Int64), ("I32", torch.ScalarType.Int32), ("I16", torch.ScalarType.Int16), ("I8", torch.ScalarType.Int8),
        ("U8", torch.ScalarType.Byte), ("BOOL", torch.ScalarType.Bool),
    ];

    /// <summary>"F64, F32, …" for error messages.</summary>
    public static string Names { get; } = string.Join(", ", s_known.Select(known => known.Name));

    /// <summary>The torch type of a name in a file, or null.</summary>
    public static torch.ScalarType? Parse(string name)
    {
        int at = Array.FindIndex(s_known, known => known.Name == name);
        return at < 0 ? null : s_known[at].Type;
    }

    /// <summary>The name in a file of a torch type.</summary>
    /// <exception cref="ArgumentException">Safetensors files of this library do not hold the type.</exception>
    public static string Name(torch.ScalarType type)
    {
        int at = Array.FindIndex(s_known, known => known.Type == type);
        return at >= 0 ? s_known[at].Name : throw new ArgumentException($"dtype {type} cannot be written; safetensors hold {Names}");
    }
}
