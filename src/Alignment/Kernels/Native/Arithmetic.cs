using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Alignment.Kernels.Native;

/// <summary>What libtorch leaves to whole processes: how exact and how repeatable a CUDA device computes.</summary>
internal static partial class Arithmetic
{
    private const string Library = "torch_cpu", WorkspaceVariable = "CUBLAS_WORKSPACE_CONFIG", Workspace = ":4096:8";

    /// <summary>
    /// Whether float32 matrix products on CUDA may round their factors to TensorFloat-32's 11 bits: several times the speed on an A100, and results that differ from
    /// float32's in the fourth digit. It is no matter of chance: where libtorch's defaults leave it open, this says it.
    /// </summary>
    public static bool Tf32
    {
        get => backends.cuda.matmul.allow_tf32;
        set => (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (value, value);
    }

    /// <summary>
    /// Whether only algorithms run that give the same bits every time; an operator that has none then throws, with its name. On the CPU they all do. To be set before the
    /// first product on a CUDA device: cuBLAS reads its part from the environment.
    /// </summary>
    public static bool Deterministic
    {
        get => GetDeterministic(Context()) != 0;
        set
        {
            nint context = Context();
            if (value)
                TorchLibrary.SetVariable(WorkspaceVariable, Workspace);
            SetDeterministic(context, value ? (byte)1 : (byte)0, warnOnly: 0);
            FillUninitialized(context, 0); // a search for faults, at the price of a pass over all memory
        }
    }

    private static nint Context()
    {
        RuntimeHelpers.RunClassConstructor(typeof(AtenDispatcher).TypeHandle); // which says where the library is
        return GlobalContext();
    }

    // members of at::Context, which the C ABI lacks; by their names in the library
    [LibraryImport(Library, EntryPoint = "_ZN2at13globalContextEv")]
    private static partial nint GlobalContext();

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context26setDeterministicAlgorithmsEbb")]
    private static partial void SetDeterministic(nint context, byte on, byte warnOnly);

    [LibraryImport(Library, EntryPoint = "_ZN2at7Context39setDeterministicFillUninitializedMemoryEb")]
    private static partial void FillUninitialized(nint context, byte on);

    [LibraryImport(Library, EntryPoint = "_ZNK2at7Context23deterministicAlgorithmsEv")]
    private static partial byte GetDeterministic(nint context);
}
