using static TorchSharp.torch;

namespace Alignment.Checkpoints.Torch;

/// <summary>A tensor of a torch archive: which part of which record, and how it is laid out there.</summary>
/// <param name="Storage">The record.</param>
/// <param name="Offset">First element.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Strides">Elements between neighbours of each dimension.</param>
internal sealed record ArchivedTensor(ArchivedStorage Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>A record of numbers.</summary>
/// <param name="Key">data/KEY is its name.</param>
/// <param name="Type">Type of each.</param>
/// <param name="Elements">How many.</param>
internal sealed record ArchivedStorage(string Key, ScalarType Type, long Elements);

/// <summary>
/// The names a pickle of tensors may use, and what becomes of them here: storages become <see cref="ArchivedStorage"/>, _rebuild_tensor_v2 an
/// <see cref="ArchivedTensor"/>, _rebuild_parameter its tensor, OrderedDict a dictionary. Everything else is refused by name.
/// </summary>
/// <param name="recordBytes">Bytes of the record data/KEY, or null where there is none.</param>
internal sealed class TorchObjects(Func<string, long?> recordBytes)
{
    private const string RebuildTensor = "torch._utils._rebuild_tensor_v2", RebuildParameter = "torch._utils._rebuild_parameter",
        OrderedDictionary = "collections.OrderedDict";

    private static readonly Dictionary<string, ScalarType> s_storages = new()
    {
        ["torch.DoubleStorage"] = ScalarType.Float64,
        ["torch.FloatStorage"] = ScalarType.Float32,
        ["torch.HalfStorage"] = ScalarType.Float16,
        ["torch.BFloat16Storage"] = ScalarType.BFloat16,
        ["torch.LongStorage"] = ScalarType.Int64,
        ["torch.IntStorage"] = ScalarType.Int32,
        ["torch.ShortStorage"] = ScalarType.Int16,
        ["torch.CharStorage"] = ScalarType.Int8,
        ["torch.ByteStorage"] = ScalarType.Byte,
        ["torch.BoolStorage"] = ScalarType.Bool,
    };

    private const int MaxDimensions = 64;

    private sealed record Name(string Text);

    /// <summary>An allowed name.</summary>
    /// <exception cref="FormatException">It is another.</exception>
    public static object Global(string name) => s_storages.ContainsKey(name) || name is RebuildTensor or RebuildParameter or OrderedDictionary
        ? new Name(name)
        : throw new FormatException($"the name {name} is not allowed; a dictionary of tensors needs only {RebuildTensor}, {RebuildParameter}, "
            + $"{OrderedDictionary} and torch's storages. It is neither imported nor called");

    /// <summary>A storage, from the tuple ("storage", type, key, place, elements).</summary>
    /// <exception cref="FormatException">It is another value, or the archive has no such record of that size.</exception>
    public ArchivedStorage Persistent(object? id)
    {
        if (id is not object?[] parts || parts is not ["storage", Name type, string key, string, long elements]
            || !s_storages.TryGetValue(type.Text, out ScalarType element))
            throw new FormatException("a persistent id is not (\"storage\", type, key, place, elements)");
        long? bytes = recordBytes(key);
        if (bytes == null)
            throw new FormatException($"the archive has no record data/{key}");
        if (elements < 0 || bytes / TensorMemory.ElementBytes(element) != elements || bytes % TensorMemory.ElementBytes(element) != 0)
            throw new FormatException($"the record data/{key} is {bytes} bytes and should hold {elements} of {type.Text}");
        return new(key, element, elements);
    }

    /// <summary>What calling an allowed name gives.</summary>
    /// <exception cref="FormatException">The value cannot be called so.</exception>
    public static object Reduce(object? callable, object? arguments) => (callable as Name)?.Text switch
    {
        OrderedDictionary when arguments is object?[] { Length: 0 } => new PickleDictionary(),
        RebuildTensor when arguments is object?[] and [ArchivedStorage storage, long offset, object?[] shape, object?[] strides, bool,
            PickleDictionary, ..] =>
            Tensor(storage, offset, Integers(shape), Integers(strides)),
        RebuildParameter when arguments is object?[] and [ArchivedTensor tensor, bool, PickleDictionary] => tensor,
        { } name => throw new FormatException($"{name} is called with arguments it does not take"),
        null => throw new FormatException("something that is no name is called"),
    };

    /// <summary>Takes a state that is torch's note on module versions, and forgets it.</summary>
    /// <exception cref="FormatException">Another state, or of something that is no dictionary.</exception>
    public static void Build(object? state, object? target)
    {
        if (target is not PickleDictionary || state is not PickleDictionary note || note.Items.Any(item => item.Key is not "_metadata"))
            throw new FormatException("a state other than a dictionary's _metadata is set");
    }

    private static ArchivedTensor Tensor(ArchivedStorage storage, long offset, long[] shape, long[] strides)
    {
        if (shape.Length > MaxDimensions || strides.Length > MaxDimensions)
            throw new FormatException(
                $"a tensor in data/{storage.Key} has {Math.Max(shape.Length, strides.Length)} dimensions; at most {MaxDimensions} are read");
        if (shape.Length != strides.Length || offset < 0 || shape.Concat(strides).Any(value => value < 0))
            throw new FormatException($"a tensor in data/{storage.Key} has offset {offset}, shape {Text(shape)} and strides {Text(strides)}");
        if (shape.Contains(0))
            return new(storage, 0, shape, strides);
        // dimensions from the innermost: each must step over all within it, so that no element is counted twice
        Int128 reach = 1;
        foreach ((long stride, long size) in strides.Zip(shape).Where(dimension => dimension.Second > 1).OrderBy(dimension => dimension.First))
        {
            if (stride < reach)
                throw new FormatException($"a tensor in data/{storage.Key} of shape {Text(shape)} has strides {Text(strides)}: its elements overlap");
            reach += (Int128)stride * (size - 1);
            if (offset + reach > storage.Elements)
                break;
        }
        return offset + reach <= storage.Elements ? new(storage, offset, shape, strides)
            : throw new FormatException($"a tensor in data/{storage.Key} of shape {Text(shape)}, strides {Text(strides)} and offset {offset} "
                + $"reaches beyond its {storage.Elements} elements");

        static string Text(long[] values) => $"[{string.Join(", ", values)}]";
    }

    private static long[] Integers(object?[] values) => values.All(value => value is long) ? [.. values.Cast<long>()]
        : throw new FormatException("a shape or stride is no integer");
}
