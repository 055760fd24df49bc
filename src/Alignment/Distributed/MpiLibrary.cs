using System.Runtime.InteropServices;

namespace Alignment.Distributed;

/// <summary>The functions of Open MPI that <see cref="MpiCollectives"/> calls (MPI 3.1; the handles are addresses of Open MPI's own objects: mpi.h of 4.1).</summary>
internal static unsafe partial class MpiLibrary
{
    private const string Library = "libmpi.so.40"; // the name under which Open MPI 4 and 5 install it
    private const int Serialised = 2; // MPI_THREAD_SERIALIZED: any thread, one at a time
    private const int TextBytes = 256; // MPI_MAX_ERROR_STRING

    private static readonly Lazy<nint> s_library = new(() => NativeLibrary.TryLoad(Library, out nint library) ? library
        : throw new DllNotFoundException($"{Library} was not found: several ranks on the CPU need Open MPI (Debian and Ubuntu: apt-get install openmpi-bin)"));

    /// <summary>All processes of the job.</summary>
    public static nint World => Handle("ompi_mpi_comm_world");

    /// <summary>One byte.</summary>
    public static nint Byte => Handle("ompi_mpi_byte");

    /// <summary>Four bytes of a float.</summary>
    public static nint Float => Handle("ompi_mpi_float");

    /// <summary>Joins the job, once in a process; errors are returned from then on.</summary>
    public static void Initialise()
    {
        _ = s_library.Value; // tells what is missing
        Check(InitThread(0, 0, Serialised, out int level), "MPI_Init_thread");
        Check(SetErrorHandler(World, Handle("ompi_mpi_errors_return")), "MPI_Comm_set_errhandler");
        if (level < Serialised)
            throw new NotSupportedException($"this Open MPI takes calls of one thread only (level {level}); it must be built with threads, as distributions do");
    }

    /// <summary>Throws with MPI's own words where a call failed.</summary>
    public static void Check(int error, string call)
    {
        if (error == 0)
            return;
        byte* text = stackalloc byte[TextBytes];
        _ = ErrorString(error, text, out int length);
        throw new InvalidOperationException($"{call}: {Marshal.PtrToStringUTF8((nint)text, length)}");
    }

    private static nint Handle(string name) => NativeLibrary.GetExport(s_library.Value, name);

    [LibraryImport(Library, EntryPoint = "MPI_Init_thread")]
    private static partial int InitThread(nint argumentCount, nint arguments, int required, out int provided);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_set_errhandler")]
    private static partial int SetErrorHandler(nint communicator, nint handler);

    [LibraryImport(Library, EntryPoint = "MPI_Error_string")]
    private static partial int ErrorString(int error, byte* text, out int length);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_rank")]
    public static partial int Rank(nint communicator, out int rank);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_size")]
    public static partial int Size(nint communicator, out int size);

    [LibraryImport(Library, EntryPoint = "MPI_Allgather")]
    public static partial int AllGather(nint send, int sent, nint sentType, nint receive, int received, nint receivedType, nint communicator);

    [LibraryImport(Library, EntryPoint = "MPI_Alltoallv")]
    public static partial int AllToAll(
        nint send, int* sent, int* sentAt, nint sentType, nint receive, int* received, int* receivedAt, nint receivedType, nint communicator);

    [LibraryImport(Library, EntryPoint = "MPI_Bcast")]
    public static partial int Broadcast(nint buffer, int count, nint type, int root, nint communicator);

    [LibraryImport(Library, EntryPoint = "MPI_Barrier")]
    public static partial int Barrier(nint communicator);

    [LibraryImport(Library, EntryPoint = "MPI_Finalize")]
    public static partial int Finalise();
}
