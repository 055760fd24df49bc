using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Alignment.Kernels.Native;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Native;

[Platform("Linux"), SupportedOSPlatform("linux")]
public unsafe partial class SignalBlockTests
{
    private const int Continue = 18, Words = 16; // SIGCONT, whose handler may do nothing
    private const ulong Bit = 1UL << (Continue - 1);

    [Test]
    public void Signals_that_come_while_one_dnn_computes_do_no_harm()
    {
        using var scope = NewDisposeScope();
        using PosixSignalRegistration handled = PosixSignalRegistration.Create(PosixSignal.SIGCONT, context => context.Cancel = true);
        using var generator = new Generator(5);
        Tensor rows = randn([48, 9000], generator: generator), columns = randn([96, 9000], generator: generator); // so long that oneDNN takes memory from the heap
        Tensor calm = OneDnn.Product(rows, columns);
        (int process, int thread, bool done) = (ProcessId(), ThreadId(), false);
        long sent = 0;
        var flood = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                _ = Send(process, thread, Continue);
                sent++;
                Thread.SpinWait(200);
            }
        });
        flood.Start();
        try
        {
            for (int i = 0; i < 300; i++)
                using (Tensor product = OneDnn.Product(rows, columns))
                    Assert.That(product.equal(calm).all().item<bool>());
        }
        finally
        {
            Volatile.Write(ref done, true);
            flood.Join();
        }
        Assert.That(sent, Is.GreaterThan(100));
    }

    [Test]
    public void They_are_held_until_the_end_and_by_workers_for_good()
    {
        int threads = get_num_threads();
        try
        {
            set_num_threads(3);
            bool held;
            using (SignalBlock.Begin())
                held = Held();
            bool[] workers = new bool[3];
            int caller = ThreadId();
            ParallelRows.For(3, 1, (begin, end) => workers[begin] = ThreadId() == caller || Held());
            Assert.That((held, Held()), Is.EqualTo((true, false)));
            Assert.That(workers, Is.All.True);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private static bool Held()
    {
        ulong* now = stackalloc ulong[Words];
        _ = Mask(0, null, now);
        return (now[0] & Bit) != 0;
    }

    [LibraryImport("libc.so.6", EntryPoint = "pthread_sigmask")]
    private static partial int Mask(int how, ulong* signals, ulong* before);

    [LibraryImport("libc.so.6", EntryPoint = "getpid")]
    private static partial int ProcessId();

    [LibraryImport("libc.so.6", EntryPoint = "gettid")]
    private static partial int ThreadId();

    [LibraryImport("libc.so.6", EntryPoint = "tgkill")]
    private static partial int Send(int process, int thread, int signal);
}
