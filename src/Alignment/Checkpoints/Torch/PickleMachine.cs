using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Alignment.Checkpoints.Torch;

/// <summary>A dictionary of a pickle, in the order of its entries.</summary>
internal sealed class PickleDictionary
{
    public List<KeyValuePair<object?, object?>> Items { get; } = [];
}

/// <summary>
/// Interprets the few pickle instructions (protocol 2, as torch.save writes; those of protocol 4 that say the same) that a dictionary of tensors
/// needs. A value is a long, bool, string, null, object?[] (tuple), <see cref="PickleDictionary"/> or what <see cref="TorchObjects"/> makes of an
/// allowed name; every other instruction and name is refused. Nothing is ever called but the methods of that class.
/// </summary>
/// <param name="place">Names file and record in messages.</param>
/// <param name="code">The pickle.</param>
/// <param name="objects">Knows the allowed names.</param>
internal sealed class PickleMachine(string place, byte[] code, TorchObjects objects)
{
    private const int HighestProtocol = 5;
    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = []; // how many values lie below each
    private readonly Dictionary<long, object?> _memo = [];
    private int _at;
    private int _instruction;

    /// <summary>The pickled value.</summary>
    /// <exception cref="InvalidDataException">An instruction, name or value is not allowed, or the pickle breaks off; names the byte.</exception>
    public object? Run()
    {
        while (true)
        {
            _instruction = _at;
            byte instruction = Bytes(1)[0];
            if (instruction == (byte)'.')
                return _stack.Count == 1 && _marks.Count == 0 ? Pop()
                    : throw Fault($"the pickle ends with {_stack.Count} values and {_marks.Count} marks; wanted 1 value");
            try
            {
                Execute(instruction);
            }
            catch (FormatException refused)
            {
                throw Fault(refused.Message);
            }
        }
    }

    private void Execute(byte instruction)
    {
        switch ((char)instruction)
        {
            case '\x80': Protocol(); break; // PROTO
            case '\x95': Bytes(8); break; // FRAME: a hint about buffering
            case '(': _marks.Push(_stack.Count); break; // MARK
            case 'N': _stack.Add(null); break; // NONE
            case '\x88': _stack.Add(true); break; // NEWTRUE
            case '\x89': _stack.Add(false); break; // NEWFALSE
            case 'K': _stack.Add((long)Bytes(1)[0]); break; // BININT1
            case 'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2))); break; // BININT2
            case 'J': _stack.Add((long)Int32()); break; // BININT
            case '\x8a': _stack.Add(Long()); break; // LONG1
            case 'X': _stack.Add(Text(Int32())); break; // BINUNICODE
            case '\x8c': _stack.Add(Text(Bytes(1)[0])); break; // SHORT_BINUNICODE
            case '}': _stack.Add(new PickleDictionary()); break; // EMPTY_DICT
            case ')': _stack.Add(Array.Empty<object?>()); break; // EMPTY_TUPLE
            case '\x85': _stack.Add(Take(1)); break; // TUPLE1
            case '\x86': _stack.Add(Take(2)); break; // TUPLE2
            case '\x87': _stack.Add(Take(3)); break; // TUPLE3
            case 't': _stack.Add(TakeToMark()); break; // TUPLE
            case 's': SetItems(Take(2)); break; // SETITEM
            case 'u': SetItems(TakeToMark()); break; // SETITEMS
            case 'q': _memo[Bytes(1)[0]] = Peek(); break; // BINPUT
            case 'r': _memo[Int32()] = Peek(); break; // LONG_BINPUT
            case '\x94': _memo[_memo.Count] = Peek(); break; // MEMOIZE
            case 'h': _stack.Add(Memo(Bytes(1)[0])); break; // BINGET
            case 'j': _stack.Add(Memo(Int32())); break; // LONG_BINGET
            case 'c': _stack.Add(TorchObjects.Global($"{Line()}.{Line()}")); break; // GLOBAL
            case '\x93': StackGlobal(); break; // STACK_GLOBAL
            case 'Q': _stack.Add(objects.Persistent(Pop())); break; // BINPERSID
            case 'R': Reduce(); break; // REDUCE
            case 'b': TorchObjects.Build(state: Pop(), target: Peek()); break; // BUILD
            default: throw Fault($"the pickle instruction 0x{instruction:x2} is not one that a dictionary of tensors needs; it is not executed");
        }
    }

    private void Protocol()
    {
        if (Bytes(1)[0] is > HighestProtocol and var protocol)
            throw Fault($"pickle protocol {protocol} is unknown");
    }

    private void StackGlobal()
    {
        object?[] names = Take(2);
        _stack.Add(TorchObjects.Global($"{names[0] as string}.{names[1] as string}"));
    }

    private void Reduce()
    {
        object?[] call = Take(2);
        _stack.Add(TorchObjects.Reduce(call[0], call[1]));
    }

    private void SetItems(object?[] items)
    {
        if (Peek() is not PickleDictionary dictionary || items.Length % 2 != 0)
            throw Fault("entries are added to something that is no dictionary");
        for (int i = 0; i < items.Length; i += 2)
            dictionary.Items.Add(new(items[i], items[i + 1]));
    }

    private object? Memo(long key) => _memo.TryGetValue(key, out object? value) ? value : throw Fault($"the memo has no entry {key}");

    private object? Peek() => _stack.Count > Floor ? _stack[^1] : throw Fault("the stack is empty");

    private object? Pop() => Take(1)[0];

    private int Floor => _marks.TryPeek(out int floor) ? floor : 0;

    private object?[] Take(int count)
    {
        if (_stack.Count - Floor < count)
            throw Fault($"wanted {count} values on the stack");
        object?[] taken = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return taken;
    }

    private object?[] TakeToMark()
    {
        if (_marks.Count == 0)
            throw Fault("there is no mark on the stack");
        object?[] taken = Take(_stack.Count - Floor);
        _marks.Pop();
        return taken;
    }

    private long Long()
    {
        ReadOnlySpan<byte> bytes = Bytes(Bytes(1)[0]);
        if (bytes.Length > 8)
            throw Fault($"an integer of {bytes.Length} bytes does not fit into 64 bits");
        long value = bytes.Length > 0 && bytes[^1] >= 0x80 ? -1 : 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
            value = (value << 8) | bytes[i];
        return value;
    }

    private int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    private string Text(int bytes)
    {
        ReadOnlySpan<byte> text = Bytes(bytes);
        return Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw Fault("a string is not UTF-8");
    }

    private string Line()
    {
        int end = Array.IndexOf(code, (byte)'\n', _at);
        string line = end < 0 ? throw Fault("the pickle breaks off") : Text(end - _at);
        _at = end + 1;
        return line;
    }

    private ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > code.Length - _at)
            throw Fault("the pickle breaks off");
        _at += count;
        return code.AsSpan(_at - count, count);
    }

    private InvalidDataException Fault(string what) => new($"{place}, byte {_instruction}: {what}");
}
