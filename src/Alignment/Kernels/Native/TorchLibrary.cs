using System.Reflection;
using System.Runtime.InteropServices;

namespace Alignment.Kernels.Native;

/// <summary>
/// Loads libtorch and TorchSharp's native shim before TorchSharp looks for them: from <c>ALIGNMENT_LIBTORCH</c> (for example an installed
/// PyTorch's torch/lib), else from the directory that the build of the program prepared and named in it. Does nothing on other systems than Linux.
/// </summary>
public static partial class TorchLibrary
{
    /// <summary>The environment variable that names a folder with another libtorch.</summary>
    public const string ExternalVariable = "ALIGNMENT_LIBTORCH";

    /// <summary>Set to 1, it lets an external libtorch of another minor version load.</summary>
    public const string UncheckedVariable = "ALIGNMENT_LIBTORCH_UNCHECKED";

    // libtorch reads it at its first allocation: tensors of 2 MB and more then lie in huge pages, where the system has them on request, and logits
    // cost a fault per 2 MB instead of one per 4 KB (bench/README.md has the gain)
    private const string HugePagesVariable = "THP_MEM_ALLOC_ENABLE";

    // how CUDA's allocator keeps memory: in segments that grow, so that batches of many lengths leave no gaps between blocks of many sizes
    private const string AllocatorVariable = "PYTORCH_ALLOC_CONF", OldAllocatorVariable = "PYTORCH_CUDA_ALLOC_CONF", GrowingSegments = "expandable_segments:True";

    private static readonly Lock s_gate = new();

    /// <summary>The folder libtorch was loaded from, or null before <see cref="Load"/> and on other systems than Linux.</summary>
    public static string? Directory { get; private set; }

    /// <summary>What of the environment decides which libtorch is loaded, where it is given; the folder by its full path.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> GivenVariables()
    {
        if (Environment.GetEnvironmentVariable(ExternalVariable) is { Length: > 0 } folder)
            yield return new(ExternalVariable, Path.GetFullPath(folder));
        if (Environment.GetEnvironmentVariable(UncheckedVariable) is { Length: > 0 } any)
            yield return new(UncheckedVariable, any);
    }

    /// <summary>Loads the native libraries once; later calls return at once.</summary>
    /// <exception cref="DllNotFoundException">A folder holds no libtorch, or the libtorch in it does not fit TorchSharp's shim.</exception>
    public static void Load()
    {
        lock (s_gate)
        {
            if (Directory != null || !OperatingSystem.IsLinux())
                return;
            string built = PreparedDirectory();
            string? external = Environment.GetEnvironmentVariable(ExternalVariable);
            string libtorch = string.IsNullOrEmpty(external) ? built : Path.GetFullPath(external);
            string? shim = new[] { Path.Combine(AppContext.BaseDirectory, "native"), built }
                .Select(folder => Path.Combine(folder, "libLibTorchSharp.so")).FirstOrDefault(File.Exists);
            if (!File.Exists(Path.Combine(libtorch, "libtorch_cpu.so")))
                throw new DllNotFoundException($"{libtorch} holds no libtorch_cpu.so; " + (string.IsNullOrEmpty(external)
                    ? "build the project again, or name a libtorch folder in " + ExternalVariable
                    : $"{ExternalVariable} must name the folder that does, for example an installed PyTorch's torch/lib"));
            if (shim == null)
                throw new DllNotFoundException($"libLibTorchSharp.so stands neither in {AppContext.BaseDirectory}native nor in {built}; build the project again");
            SetVariable(HugePagesVariable, "1");
            if (Environment.GetEnvironmentVariable(OldAllocatorVariable) is null)
                SetVariable(AllocatorVariable, GrowingSegments);
            LoadLibTorch(libtorch);
            CheckVersion(libtorch);
            LoadShim(shim, libtorch);
            Directory = libtorch;
        }
    }

    /// <summary>Sets what libtorch reads from the environment, unless it is set already.</summary>
    internal static void SetVariable(string name, string value) => _ = SetEnvironment(name, value, overwrite: 0);

    // by full path and in this order: an installed python3-torch would otherwise answer dlopen("libtorch_cpu.so") by name
    private static void LoadLibTorch(string folder)
    {
        foreach (string name in new[] { "libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so" })
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                LoadLibrary(path);
        }
    }

    private static void LoadLibrary(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e)
        {
            string reason = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1]; // the loader's own line
            throw new DllNotFoundException($"{path} does not load: {reason}. What it needs must stand beside it or in a folder of LD_LIBRARY_PATH (ldd lists it)", e);
        }
    }

    /// <summary>Version of the libtorch that is loaded, such as 2.10; null before <see cref="Load"/> and on other systems than Linux.</summary>
    internal static string? Version => Directory is { } folder ? VersionText(Abi(folder)) : null;

    private static string VersionText(ulong abi) => $"{abi >> 56}.{(abi >> 48) & 0xff}";

    private static ulong Abi(string folder)
    {
        nint torch = NativeLibrary.Load(Path.Combine(folder, "libtorch_cpu.so"));
        return NativeLibrary.TryGetExport(torch, "aoti_torch_abi_version", out nint version) ? Marshal.GetDelegateForFunctionPointer<AbiVersion>(version)() : 0;
    }

    private static void CheckVersion(string folder)
    {
        if (Environment.GetEnvironmentVariable(UncheckedVariable) == "1")
            return;
        ulong abi = Abi(folder);
        if (VersionMismatch(abi, Metadata(typeof(TorchLibrary).Assembly, "Alignment.LibTorchVersion")!, folder) is { } message)
            throw new DllNotFoundException(message);
    }

    /// <summary>What is wrong with a libtorch of this ABI version (0x020a000000000000 is 2.10), or null where it fits.</summary>
    internal static string? VersionMismatch(ulong abi, string built, string folder)
    {
        string found = abi == 0 ? "of an unknown version (it has no aoti_torch_abi_version)" : VersionText(abi);
        string wanted = string.Join('.', built.Split('.').Take(2));
        return found == wanted ? null
            : $"the libtorch in {folder} is {found}, and TorchSharp's shim was built for {wanted}: a changed operator would end the process in the middle of a run. "
                + $"Name a libtorch {wanted} in {ExternalVariable}, or set {UncheckedVariable}=1 to try this one";
    }

    // RTLD_NOW: every symbol is resolved here, or the load fails here
    private static void LoadShim(string shim, string libtorch)
    {
        _ = DlError(); // binds the function: binding it after a failure would clear the reason
        if (DlOpen(shim, RtldNow) == 0)
            throw new DllNotFoundException(Misfit(shim, libtorch, Marshal.PtrToStringUTF8(DlError()) ?? "unknown error", MissingSymbols(shim, libtorch)));
    }

    /// <summary>The message for a shim that does not load: the loader's reason, then the first missing symbols, one a line.</summary>
    internal static string Misfit(string shim, string libtorch, string reason, IReadOnlyList<string> missing) =>
        $"{shim} does not fit the libtorch in {libtorch}: {reason}" + (missing.Count == 0 ? "" : $"\n{missing.Count} symbols are missing (c++filt makes them readable):\n  "
            + string.Join("\n  ", missing.Take(MissingNamed)) + (missing.Count > MissingNamed ? $"\n  and {missing.Count - MissingNamed} more" : ""));

    /// <summary>What a shim takes from libtorch and no library of the folder has, sorted.</summary>
    internal static IReadOnlyList<string> MissingSymbols(string shim, string libtorch) =>
        [.. ElfSymbols.Undefined(shim).Where(name => name != Unused && DlSym(0, name) == 0 && !Exported(libtorch, name)).Order(StringComparer.Ordinal)];

    private static bool Exported(string folder, string symbol) => System.IO.Directory.EnumerateFiles(folder, "lib*.so")
        .Where(path => Path.GetFileName(path) is "libc10.so" or "libtorch_cpu.so" or "libc10_cuda.so" or "libtorch_cuda.so" or "libtorch.so")
        .Any(path => NativeLibrary.TryGetExport(NativeLibrary.Load(path), symbol, out _));

    // the package's targets write it into every assembly that uses Alignment, and each loads libtorch when it starts
    private static string PreparedDirectory() => AppDomain.CurrentDomain.GetAssemblies().Where(assembly => !assembly.IsDynamic)
        .Select(assembly => Metadata(assembly, "Alignment.NativeDirectory")).OfType<string>()
        .OrderByDescending(folder => File.Exists(Path.Combine(folder, "libLibTorchSharp.so"))).FirstOrDefault("");

    private static string? Metadata(Assembly assembly, string key) =>
        assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(attribute => attribute.Key == key)?.Value;

    private const int RtldNow = 2;

    private const int MissingNamed = 10;

    // of libstdc++ 13; no relocation of the shim uses it, and the build has made the need for it weak
    private const string Unused = "_ZSt21ios_base_library_initv";

    private delegate ulong AbiVersion();

    // the runtime's own Environment.SetEnvironmentVariable does not reach native code
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libdl.so.2", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint DlOpen(string path, int flags);

    [LibraryImport("libdl.so.2", EntryPoint = "dlsym", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint DlSym(nint handle, string symbol);

    [LibraryImport("libdl.so.2", EntryPoint = "dlerror")]
    private static partial nint DlError();
}
