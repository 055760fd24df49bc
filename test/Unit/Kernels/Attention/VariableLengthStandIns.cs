using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Alignment.Kernels.Attention;
using Alignment.Kernels.Native;
using static TorchSharp.torch;

namespace Alignment.Tests.Unit.Kernels.Attention;

/// <summary>
/// Kernels of libtorch's two operators for sequences of different lengths, registered for the CPU, where it has none: so that what calls them on a GPU
/// runs here line for line. They refuse what the real ones refuse, except that they take any dtype, and compute in the plainest way.
/// </summary>
internal static unsafe partial class VariableLengthStandIns
{
    private const string Library = "torch_cpu";
    private const ulong Version = (2UL << 56) | (10UL << 48);
    private const int BottomRight = 2;

    private static readonly Lock s_gate = new();
    private static bool s_registered;

    /// <summary>Why the last call was refused; null where none was since it was last read.</summary>
    public static string? Refusal { get => Interlocked.Exchange(ref field, null); private set; }

    /// <summary>Calls so far.</summary>
    public static int Calls { get; private set; }

    public static IVariableLengthOperator[] Operators => [FlashOperator.Instance, EfficientOperator.Instance];

    /// <summary>An operator whose stand-in is registered.</summary>
    public static IVariableLengthOperator Operator<T>() where T : IVariableLengthOperator
    {
        Register();
        return Operators.OfType<T>().Single();
    }

    /// <summary>Registers them once in this process.</summary>
    public static void Register()
    {
        lock (s_gate)
        {
            if (s_registered)
                return;
            RuntimeHelpers.RunClassConstructor(typeof(AtenDispatcher).TypeHandle); // loads libtorch
            NativeLibrary.SetDllImportResolver(typeof(VariableLengthStandIns).Assembly, (name, _, _) =>
                name == Library ? NativeLibrary.Load(Path.Combine(TorchLibrary.Directory!, "libtorch_cpu.so")) : 0);
            Check(NewLibrary("aten", "CPU", nameof(VariableLengthStandIns), 1, out nint library));
            Check(Add(library, "_flash_attention_forward", &FlashForward, Version));
            Check(Add(library, "_flash_attention_backward", &FlashBackward, Version));
            Check(Add(library, "_efficient_attention_forward", &EfficientForward, Version));
            Check(Add(library, "_efficient_attention_backward", &EfficientBackward, Version));
            s_registered = true;
        }
    }

    // query, key, value, cum_seq_q, cum_seq_k, max_q, max_k, dropout_p, is_causal, return_debug_mask, scale, window_size_left, window_size_right, seqused_k, alibi_slopes
    [UnmanagedCallersOnly]
    private static void FlashForward(ulong* stack, ulong arguments, ulong results) => Guarded(stack, 5, () =>
    {
        var call = Call.Of(Take(stack[0]), Take(stack[1]), Take(stack[2]), Take(Given(stack[3])), Take(Given(stack[4])));
        call.Require(stack[8] == 1 && stack[9] == 0 && stack[7] == 0 && Missing(stack, 10, 13, 14), "causal, no dropout, no other scale");
        call.CheckFlash((long)stack[5], (long)stack[6]);
        (Tensor mixed, Tensor normalisers) = call.Forward(Window(stack[11], stack[12]));
        return [mixed, normalisers, zeros(2, ScalarType.Int64), zeros(0), zeros(0)];
    });

    // grad_out, query, key, value, out, logsumexp, cum_seq_q, cum_seq_k, max_q, max_k, dropout_p, is_causal, rng_state, unused, scale, window_size_left, window_size_right
    [UnmanagedCallersOnly]
    private static void FlashBackward(ulong* stack, ulong arguments, ulong results) => Guarded(stack, 3, () =>
    {
        (Tensor gradient, Tensor mixed, Tensor normalisers) = (Take(stack[0]), Take(stack[4]), Take(stack[5]));
        var call = Call.Of(Take(stack[1]), Take(stack[2]), Take(stack[3]), Take(stack[6]), Take(stack[7]));
        call.Require(Take(stack[12]).numel() == 2 && Take(stack[13]).numel() == 0, "the two numbers of dropout as they were given");
        call.Require(stack[11] == 1 && stack[10] == 0 && Missing(stack, 14), "causal, no dropout, no other scale");
        call.CheckFlash((long)stack[8], (long)stack[9]);
        return call.Backward(gradient, mixed, normalisers, Window(stack[15], stack[16]));
    });

    // query, key, value, bias, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, dropout_p, custom_mask_type, compute_log_sumexp, scale, seqlen_k, window_size
    [UnmanagedCallersOnly]
    private static void EfficientForward(ulong* stack, ulong arguments, ulong results) => Guarded(stack, 6, () =>
    {
        var call = Call.Of(Row(stack[0]), Row(stack[1]), Row(stack[2]), Take(Given(stack[4])), Take(Given(stack[5])));
        call.Require(stack[8] == 0 && stack[9] == BottomRight && stack[10] == 1 && Missing(stack, 3, 11, 12), "causal from the last key, log-normalisers, no bias");
        call.CheckEfficient((long)Given(stack[6]), (long)Given(stack[7]));
        (Tensor mixed, Tensor normalisers) = call.Forward(stack[13] == 0 ? null : (long)Given(stack[13]));
        return [mixed.unsqueeze(0), normalisers, empty(0), empty(0)];
    });

    // grad_out, query, key, value, bias, out, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, logsumexp, dropout_p, philox_seed, philox_offset,
    // custom_mask_type, bias_requires_grad, scale, num_splits_key, window_size, shared_storage_dqdkdv
    [UnmanagedCallersOnly]
    private static void EfficientBackward(ulong* stack, ulong arguments, ulong results) => Guarded(stack, 4, () =>
    {
        (Tensor gradient, Tensor mixed, Tensor normalisers) = (Row(stack[0]), Row(stack[5]), Take(stack[10]));
        var call = Call.Of(Row(stack[1]), Row(stack[2]), Row(stack[3]), Take(Given(stack[6])), Take(Given(stack[7])));
        call.Require(Take(stack[12]).numel() + Take(stack[13]).numel() == 0, "the two numbers of dropout as they were given");
        call.Require(stack[11] == 0 && stack[14] == BottomRight && stack[15] == 0 && stack[19] == 0 && Missing(stack, 4, 16, 17), "causal from the last key, no bias");
        call.CheckEfficient((long)stack[8], (long)stack[9]);
        return [.. call.Backward(gradient, mixed, normalisers, stack[18] == 0 ? null : (long)Given(stack[18])).Select(one => one.unsqueeze(0)), empty(0)];
    });

    private static void Guarded(ulong* stack, int results, Func<Tensor[]> work)
    {
        using var scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor[] given = [];
        try
        {
            Calls++;
            given = work();
        }
        catch (Exception e)
        {
            Refusal = e.Message;
        }
        for (int i = 0; i < results; i++)
            stack[i] = i < given.Length ? AtenDispatcher.Argument(given[i]) : given.Length > 0 ? 0UL : AtenDispatcher.Argument(zeros(0));
    }

    private static Tensor Take(ulong handle) => Tensor.UnsafeCreateTensor((nint)handle);

    private static Tensor Row(ulong handle)
    {
        Tensor row = Take(handle);
        return row.dim() == 4 && row.shape[0] == 1 ? row.squeeze(0) : throw new ArgumentException("sequences must be one row of four axes");
    }

    private static ulong Given(ulong box)
    {
        ulong value = *(ulong*)box;
        NativeMemory.Free((void*)box);
        return value;
    }

    private static bool Missing(ulong* stack, params ReadOnlySpan<int> places)
    {
        foreach (int place in places)
            if (stack[place] != 0)
                return false;
        return true;
    }

    // keys a token sees, itself included
    private static long? Window(ulong left, ulong right) => (left, right) switch
    {
        (0, 0) => null,
        (not 0, not 0) when Given(right) == 0 => (long)Given(left) + 1,
        _ => throw new ArgumentException("a window to the left alone"),
    };

    private static void Check(int error)
    {
        if (error != 0)
            throw new InvalidOperationException("libtorch refused a kernel; the reason is on standard error");
    }

    [LibraryImport(Library, EntryPoint = "aoti_torch_library_init_impl", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NewLibrary(string space, string key, string file, uint line, out nint library);

    [LibraryImport(Library, EntryPoint = "torch_library_impl", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Add(nint library, string name, delegate* unmanaged<ulong*, ulong, ulong, void> kernel, ulong version);

    // queries [tokens, heads, headWidth], keys and values [keys, keyHeads, headWidth], starts [sequences + 1]
    private sealed record Call(Tensor Query, Tensor Key, Tensor Value, int[] QueryStarts, int[] KeyStarts)
    {
        private static Tensor[] s_starts = [];

        private int Sequences => QueryStarts.Length - 1;

        private long Group => Query.shape[1] / Key.shape[1];

        public static Call Of(Tensor query, Tensor key, Tensor value, Tensor queryStarts, Tensor keyStarts)
        {
            s_starts = [queryStarts, keyStarts];
            if (s_starts.Any(starts => starts.dtype != ScalarType.Int32 || starts.dim() != 1 || !starts.is_contiguous()))
                throw new ArgumentException("starts must be int32 in one piece");
            return new(query, key, value, queryStarts.data<int>().ToArray(), keyStarts.data<int>().ToArray());
        }

        public void CheckFlash(long mostQueries, long mostKeys)
        {
            Check(mostQueries, mostKeys);
            Require(Query.shape[1] % Key.shape[1] == 0 && Query.shape[2] % 8 == 0 && Query.shape[2] <= 256, "key heads that divide the heads, of a width of 8, 16 … 256");
        }

        public void CheckEfficient(long mostQueries, long mostKeys)
        {
            Check(mostQueries, mostKeys);
            Require(Query.shape[1] == Key.shape[1], "a key head for every head");
            Require(new[] { Query, Key }.All(one => one.stride(1) % 4 == 0), "aligned heads");
        }

        public void Require(bool holds, string what)
        {
            if (!holds)
                throw new ArgumentException($"wanted: {what}");
        }

        public (Tensor Mixed, Tensor Normalisers) Forward(long? window)
        {
            Tensor mixed = empty_like(Query), normalisers = empty(Query.shape[1], Query.shape[0], Query.dtype);
            for (int i = 0; i < Sequences; i++)
            {
                Tensor scores = Scores(i, window);
                Own(mixed, i).copy_(einsum("hqk,khd->qhd", nn.functional.softmax(scores, -1), Seen(Value, i)));
                normalisers.narrow(1, QueryStarts[i], QueryStarts[i + 1] - QueryStarts[i]).copy_(scores.logsumexp(-1));
            }
            return (mixed, normalisers);
        }

        public Tensor[] Backward(Tensor gradient, Tensor mixed, Tensor normalisers, long? window)
        {
            Tensor query = empty_like(Query), key = empty_like(Key), value = empty_like(Value);
            Tensor products = (gradient * mixed).sum(-1).transpose(0, 1); // [heads, tokens]
            for (int i = 0; i < Sequences; i++)
            {
                (long first, long count) = (QueryStarts[i], QueryStarts[i + 1] - QueryStarts[i]);
                Tensor weights = (Scores(i, window) - normalisers.narrow(1, first, count).unsqueeze(-1)).exp();
                Tensor slopes = weights * (einsum("qhd,khd->hqk", Own(gradient, i), Seen(Value, i)) - products.narrow(1, first, count).unsqueeze(-1));
                double scale = 1 / Math.Sqrt(Query.shape[2]);
                Own(query, i).copy_(einsum("hqk,khd->qhd", slopes, Seen(Key, i)) * scale);
                Whole(key, i).copy_(Grouped(einsum("hqk,qhd->khd", slopes, Own(Query, i)) * scale));
                Whole(value, i).copy_(Grouped(einsum("hqk,qhd->khd", weights, Own(gradient, i))));
            }
            return [query, key, value];
        }

        // [heads, queries, keys] of a sequence: the last query sees the last key
        private Tensor Scores(int sequence, long? window)
        {
            Tensor scores = einsum("qhd,khd->hqk", Own(Query, sequence), Seen(Key, sequence)) / Math.Sqrt(Query.shape[2]);
            (long queries, long keys) = (scores.shape[1], scores.shape[2]);
            Tensor place = arange(keys - queries, keys, ScalarType.Int64).unsqueeze(1), key = arange(keys, ScalarType.Int64);
            return scores.masked_fill(key.gt(place).logical_or(key.le(place - (window ?? keys))), double.NegativeInfinity);
        }

        private Tensor Own(Tensor rows, int sequence) => rows.narrow(0, QueryStarts[sequence], QueryStarts[sequence + 1] - QueryStarts[sequence]);

        private Tensor Whole(Tensor rows, int sequence) => rows.narrow(0, KeyStarts[sequence], KeyStarts[sequence + 1] - KeyStarts[sequence]);

        private Tensor Seen(Tensor rows, int sequence) => Whole(rows, sequence).repeat_interleave(Group, 1);

        private Tensor Grouped(Tensor rows) => rows.view(rows.shape[0], Key.shape[1], Group, rows.shape[2]).sum(2);

        private void Check(long mostQueries, long mostKeys)
        {
            Require(Query.dim() == 3 && Key.dim() == 3 && Key.shape.SequenceEqual(Value.shape) && Key.shape[2] == Query.shape[2], "three axes and one width");
            Require(new[] { Query, Key, Value }.All(one => one.stride(2) == 1), "heads in one piece");
            Require(QueryStarts[0] == 0 && KeyStarts[0] == 0 && QueryStarts[^1] == Query.shape[0] && KeyStarts[^1] == Key.shape[0], "starts from 0 to all");
            Require(QueryStarts.Length == KeyStarts.Length && mostQueries == Longest(QueryStarts) && mostKeys == Longest(KeyStarts), "the longest lengths");
        }

        private static long Longest(int[] starts) => starts.Zip(starts.Skip(1), (start, end) => end - start).Max();
    }
}
