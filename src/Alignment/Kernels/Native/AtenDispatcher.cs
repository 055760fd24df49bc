using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>
/// Calls of operators through libtorch's stable C ABI (torch/csrc/stable/c/shim.h, 2.10): arguments in schema order, 64 bits each. They pass
/// through libtorch's dispatcher, so autograd and every device work. What an argument owns goes over to libtorch with the call.
/// </summary>
internal static unsafe partial class AtenDispatcher
{
    public const ulong None = 0;
    private const string Library = "torch_cpu";
    private const ulong AbiVersion = (2UL << 56) | (10UL << 48);
    private const int Results = 4;

    static AtenDispatcher()
    {
        TorchLibrary.Load();
        NativeLibrary.SetDllImportResolver(typeof(AtenDispatcher).Assembly, (name, _, _) => name == Library && TorchLibrary.Directory is { } folder
            // by full path: the library that is loaded already, not one of the same name
            ? NativeLibrary.Load(Path.Combine(folder, "libtorch_cpu.so")) : 0);
    }

    /// <summary>An argument of schema type Tensor.</summary>
    public static ulong Argument(Tensor tensor)
    {
        Check(NewTensorHandle(tensor.Handle, out nint handle), "aoti_torch_new_tensor_handle");
        GC.KeepAlive(tensor);
        return (ulong)handle;
    }

    /// <summary>An argument of schema type float.</summary>
    public static ulong Argument(double value) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>An argument of schema type int.</summary>
    public static ulong Argument(long value) => (ulong)value;

    /// <summary>An argument of schema type bool.</summary>
    public static ulong Argument(bool value) => value ? 1UL : 0UL;

    /// <summary>An argument of schema type str.</summary>
    public static ulong Argument(string text)
    {
        Check(NewString(text, (nuint)text.Length, out nint handle), "torch_new_string_handle"); // names only, so bytes are characters
        return (ulong)handle;
    }

    /// <summary>An argument of schema type Tensor[].</summary>
    public static ulong Argument(ReadOnlySpan<Tensor> tensors)
    {
        Check(NewList((nuint)tensors.Length, out nint list), "torch_new_list_reserve_size");
        foreach (Tensor tensor in tensors)
            Check(Append(list, Argument(tensor)), "torch_list_push_back");
        return (ulong)list;
    }

    /// <summary>An argument of schema type int[].</summary>
    public static ulong Argument(ReadOnlySpan<long> values)
    {
        Check(NewList((nuint)values.Length, out nint list), "torch_new_list_reserve_size");
        foreach (long value in values)
            Check(Append(list, (ulong)value), "torch_list_push_back");
        return (ulong)list;
    }

    /// <summary>A given argument of an optional schema type: eight bytes that libtorch frees.</summary>
    public static ulong Optional(ulong argument)
    {
        ulong* box = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *box = argument;
        return (ulong)box;
    }

    /// <summary>Calls an operator whose only result is a tensor; the caller (or its dispose scope) owns it.</summary>
    /// <exception cref="InvalidOperationException">libtorch refused the call.</exception>
    public static Tensor Tensor(string name, params ReadOnlySpan<ulong> arguments)
    {
        ulong* stack = stackalloc ulong[arguments.Length + Results];
        Invoke(name, arguments, stack);
        return TorchSharp.torch.Tensor.UnsafeCreateTensor((nint)stack[0]);
    }

    /// <summary>Calls an operator whose results are so many tensors, at most its arguments + 4; the caller (or its dispose scope) owns them.</summary>
    /// <exception cref="InvalidOperationException">libtorch refused the call.</exception>
    public static Tensor[] Tensors(string name, int count, params ReadOnlySpan<ulong> arguments)
    {
        ulong* stack = stackalloc ulong[arguments.Length + Results];
        Invoke(name, arguments, stack);
        var results = new Tensor[count];
        for (int i = 0; i < count; i++)
            results[i] = TorchSharp.torch.Tensor.UnsafeCreateTensor((nint)stack[i]);
        return results;
    }

    /// <summary>Calls an operator without a result.</summary>
    /// <exception cref="InvalidOperationException">libtorch refused the call.</exception>
    public static void Run(string name, params ReadOnlySpan<ulong> arguments)
    {
        ulong* stack = stackalloc ulong[arguments.Length + Results];
        Invoke(name, arguments, stack);
    }

    /// <summary>Where the elements of a float32 CPU tensor begin, its storage offset included; valid while the tensor lives.</summary>
    public static float* Floats(Tensor tensor) => (float*)Data(tensor);

    /// <summary>As <see cref="Floats"/>, for float64.</summary>
    public static double* Doubles(Tensor tensor) => (double*)Data(tensor);

    /// <summary>As <see cref="Floats"/>, for int64.</summary>
    public static long* Longs(Tensor tensor) => (long*)Data(tensor);

    /// <summary>As <see cref="Floats"/>, of any dtype and on any device.</summary>
    /// <exception cref="ArgumentException">Its numbers do not lie in one piece.</exception>
    public static nint Pointer(Tensor tensor) => tensor.is_contiguous() ? Data(tensor)
        : throw new ArgumentException($"a tensor [{string.Join(", ", tensor.shape)}] is not contiguous");

    /// <summary>Runs parts of begin … end − 1 on libtorch's own threads.</summary>
    public static void ParallelFor(long end, long grain, delegate* unmanaged<long, long, nint, void> body, nint context) =>
        Check(RunParallel(0, end, grain, body, context), "torch_parallel_for");

    private static nint Data(Tensor tensor)
    {
        Check(DataPointer(tensor.Handle, out nint data), "aoti_torch_get_data_ptr");
        return data;
    }

    private static void Invoke(string name, ReadOnlySpan<ulong> arguments, ulong* stack)
    {
        arguments.CopyTo(new Span<ulong>(stack, arguments.Length));
        int dot = name.IndexOf('.', StringComparison.Ordinal); // aten::operator.overload
        (string operation, string overload) = dot < 0 ? (name, "") : (name[..dot], name[(dot + 1)..]);
        if (!RefusalText.Before())
        {
            Check(Call(operation, overload, stack, AbiVersion), name);
            return;
        }
        int error = Call(operation, overload, stack, AbiVersion);
        string reason = RefusalText.After();
        if (error != 0 && reason.Length > 0)
            throw new InvalidOperationException($"libtorch refused {name}: {reason}");
        Check(error, name);
    }

    private static void Check(int error, string name)
    {
        if (error != 0)
            throw new InvalidOperationException($"libtorch refused {name}; the reason is on standard error");
    }

    [LibraryImport(Library, EntryPoint = "torch_call_dispatcher", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Call(string name, string overload, ulong* stack, ulong version);

    [LibraryImport(Library, EntryPoint = "aoti_torch_new_tensor_handle")]
    private static partial int NewTensorHandle(nint tensor, out nint handle);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_data_ptr")]
    private static partial int DataPointer(nint tensor, out nint data);

    [LibraryImport(Library, EntryPoint = "torch_parallel_for")]
    private static partial int RunParallel(long begin, long end, long grain, delegate* unmanaged<long, long, nint, void> body, nint context);

    [LibraryImport(Library, EntryPoint = "torch_new_string_handle", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NewString(string text, nuint length, out nint handle);

    [LibraryImport(Library, EntryPoint = "torch_new_list_reserve_size")]
    private static partial int NewList(nuint size, out nint list);

    [LibraryImport(Library, EntryPoint = "torch_list_push_back")]
    private static partial int Append(nint list, ulong value);
}
