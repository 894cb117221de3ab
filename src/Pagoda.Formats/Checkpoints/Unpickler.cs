using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Pagoda.Formats.Checkpoints;

/// <summary>
/// Reads pickles of protocol 0 to 5 (CPython, <c>Lib/pickletools.py</c>) as data. Unlike Python's it can run nothing:
/// a global is a name, and only the few of <see cref="TorchGlobals"/> mean something when called. It does not recurse,
/// and the work that a pickle may ask for is bounded.
/// </summary>
internal sealed class Unpickler
{
    /// <summary>A thousand tensors with the state of AdamW take 126,000 (PyTorch 1.13).</summary>
    private const int MaximumWork = 5_000_000;

    private readonly Func<object?, object?> persistent;
    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<long, object?> memo = [];
    private PickleOpcode? opcode;
    private long work;

    /// <summary>An unpickler for one pickle.</summary>
    /// <param name="persistent">Makes something of a persistent id (of torch: the description of a storage).</param>
    public Unpickler(Func<object?, object?> persistent) => this.persistent = persistent;

    /// <summary>Reads one pickle.</summary>
    /// <param name="bytes">It and what follows it.</param>
    /// <param name="position">Where it begins; afterwards, where it ended.</param>
    /// <exception cref="CheckpointException">It is malformed; the message leaves the file to the caller.</exception>
    public object? Read(ReadOnlySpan<byte> bytes, ref int position)
    {
        var reader = new PickleBytes(bytes, position);
        var start = position;
        try
        {
            while (Step(ref reader))
            {
            }

            position = reader.Position;
            return Pop();
        }
        catch (CheckpointException e)
        {
            throw new CheckpointException($"its pickle is refused at byte {reader.Position - start}{(opcode is { } code ? $", opcode {code.ToString().ToUpperInvariant()} (0x{(byte)code:x2})" : "")}: {e.Message}");
        }
    }

    /// <summary>Accounts for work that grows with an argument, so that repeating it cannot take for ever.</summary>
    public void Spend(long amount)
    {
        work += amount;
        if (work > MaximumWork)
        {
            throw new CheckpointException($"it asks for more than {MaximumWork} steps, which no checkpoint needs");
        }
    }

    private bool Step(ref PickleBytes reader)
    {
        opcode = null;
        opcode = (PickleOpcode)reader.Byte();
        Spend(1);
        switch (opcode)
        {
            case PickleOpcode.Proto:
                if (reader.Byte() is var protocol and > 5)
                {
                    throw new CheckpointException($"protocol {protocol} is newer than 5");
                }

                break;
            case PickleOpcode.Frame: reader.Skip(8); break;
            case PickleOpcode.Stop: return false;
            case PickleOpcode.Mark: marks.Add(stack.Count); break;
            case PickleOpcode.Pop:
                if (marks.Count > 0 && marks[^1] == stack.Count)
                {
                    marks.RemoveAt(marks.Count - 1);
                }
                else
                {
                    Pop();
                }

                break;
            case PickleOpcode.PopMark: PopMark(); break;
            case PickleOpcode.Dup: stack.Add(Peek()); break;
            case PickleOpcode.None: stack.Add(null); break;
            case PickleOpcode.NewTrue: stack.Add(true); break;
            case PickleOpcode.NewFalse: stack.Add(false); break;
            case PickleOpcode.Int: stack.Add(ParseInteger(reader.Line())); break;
            case PickleOpcode.Long: stack.Add(ParseInteger(reader.Line().TrimEnd('L'))); break;
            case PickleOpcode.BinInt: stack.Add((long)(int)reader.UInt32()); break;
            case PickleOpcode.BinInt1: stack.Add((long)reader.Byte()); break;
            case PickleOpcode.BinInt2: stack.Add((long)reader.UInt16()); break;
            case PickleOpcode.Long1: stack.Add(Narrow(new BigInteger(reader.Bytes(reader.Byte())))); break;
            case PickleOpcode.Long4: stack.Add(Narrow(new BigInteger(reader.Bytes(reader.UInt32(), 8192)))); break;
            case PickleOpcode.Float: stack.Add(ParseDouble(reader.Line())); break;
            case PickleOpcode.BinFloat: stack.Add(BinaryPrimitives.ReadDoubleBigEndian(reader.Bytes(8))); break;
            case PickleOpcode.String: stack.Add(reader.QuotedLine()); break;
            case PickleOpcode.Unicode: stack.Add(reader.Line()); break;
            // Python 2 wrote byte strings where text was meant.
            case PickleOpcode.BinString: stack.Add(Encoding.Latin1.GetString(reader.Bytes(reader.UInt32()))); break;
            case PickleOpcode.ShortBinString: stack.Add(Encoding.Latin1.GetString(reader.Bytes(reader.Byte()))); break;
            case PickleOpcode.BinUnicode: stack.Add(reader.Text(reader.UInt32())); break;
            case PickleOpcode.ShortBinUnicode: stack.Add(reader.Text(reader.Byte())); break;
            case PickleOpcode.BinUnicode8: stack.Add(reader.Text(reader.UInt64())); break;
            case PickleOpcode.BinBytes: stack.Add(reader.Bytes(reader.UInt32()).ToArray()); break;
            case PickleOpcode.ShortBinBytes: stack.Add(reader.Bytes(reader.Byte()).ToArray()); break;
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8: stack.Add(reader.Bytes(reader.UInt64()).ToArray()); break;
            case PickleOpcode.Get: stack.Add(Recall(ParseIndex(reader.Line()))); break;
            case PickleOpcode.BinGet: stack.Add(Recall(reader.Byte())); break;
            case PickleOpcode.LongBinGet: stack.Add(Recall(reader.UInt32())); break;
            case PickleOpcode.Put: memo[ParseIndex(reader.Line())] = Peek(); break;
            case PickleOpcode.BinPut: memo[reader.Byte()] = Peek(); break;
            case PickleOpcode.LongBinPut: memo[reader.UInt32()] = Peek(); break;
            case PickleOpcode.Memoize: memo[memo.Count] = Peek(); break;
            case PickleOpcode.EmptyTuple: stack.Add(new PickleTuple([])); break;
            case PickleOpcode.Tuple1: stack.Add(new PickleTuple([Pop()])); break;
            case PickleOpcode.Tuple2: PushTuple(2); break;
            case PickleOpcode.Tuple3: PushTuple(3); break;
            case PickleOpcode.Tuple: stack.Add(new PickleTuple(PopMark())); break;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet: stack.Add(new List<object?>()); break;
            case PickleOpcode.List or PickleOpcode.FrozenSet: stack.Add(PopMark().ToList()); break;
            case PickleOpcode.EmptyDict: stack.Add(new PickleDictionary()); break;
            case PickleOpcode.Dict: stack.Add(Fill(new PickleDictionary(), PopMark())); break;
            case PickleOpcode.Append: Append([Pop()]); break;
            case PickleOpcode.Appends or PickleOpcode.AddItems: Append(PopMark()); break;
            case PickleOpcode.SetItem: SetItems(PopLast(2)); break;
            case PickleOpcode.SetItems: SetItems(PopMark()); break;
            case PickleOpcode.Global: stack.Add(new PickleGlobal(reader.Line(), reader.Line())); break;
            case PickleOpcode.StackGlobal:
                var names = PopLast(2);
                stack.Add(names is [string module, string name] ? new PickleGlobal(module, name) : throw new CheckpointException("the names are not strings"));
                break;
            case PickleOpcode.Reduce or PickleOpcode.NewObj:
                var call = PopLast(2);
                stack.Add(Call(call[0], call[1]));
                break;
            case PickleOpcode.NewObjEx:
                var keywordCall = PopLast(3);
                stack.Add(Call(keywordCall[0], keywordCall[1]));
                break;
            case PickleOpcode.Inst:
                stack.Add(Call(new PickleGlobal(reader.Line(), reader.Line()), new PickleTuple(PopMark())));
                break;
            case PickleOpcode.Obj:
                var parts = PopMark();
                stack.Add(Call(parts.Length > 0 ? parts[0] : null, new PickleTuple(parts[Math.Min(1, parts.Length)..])));
                break;
            case PickleOpcode.Build: Build(Pop()); break;
            case PickleOpcode.PersId: stack.Add(persistent(reader.Line())); break;
            case PickleOpcode.BinPersId: stack.Add(persistent(Pop())); break;
            default: throw new CheckpointException("no PyTorch checkpoint has this opcode");
        }

        return true;
    }

    private object? Call(object? function, object? arguments)
    {
        if (arguments is not PickleTuple tuple)
        {
            throw new CheckpointException("the arguments are not a tuple");
        }

        return function switch
        {
            PickleGlobal global => TorchGlobals.Call(this, global, tuple.Items),
            PickleObject made => new PickleObject(made.Type, tuple.Items),
            _ => throw new CheckpointException("what is called is not a class or function"),
        };
    }

    private void Build(object? state)
    {
        // Attributes of dictionaries (the _metadata of state dicts) and tensors say nothing about weights.
        switch (Peek())
        {
            case PickleObject made: made.State = state; break;
            case PickleDictionary or TensorReference: break;
            default: throw new CheckpointException("what is built is not an object");
        }
    }

    private void Append(object?[] items)
    {
        switch (Peek())
        {
            case List<object?> list: list.AddRange(items); break;
            case PickleObject made: (made.Elements ??= []).AddRange(items); break;
            default: throw new CheckpointException("what is appended to is not a list");
        }
    }

    private void SetItems(object?[] items)
    {
        switch (Peek())
        {
            case PickleDictionary dictionary: Fill(dictionary, items); break;
            case PickleObject made: Fill(made.Items ??= new PickleDictionary(), items); break;
            default: throw new CheckpointException("what is filled is not a dictionary");
        }
    }

    private static PickleDictionary Fill(PickleDictionary dictionary, object?[] items)
    {
        if (items.Length % 2 != 0)
        {
            throw new CheckpointException("a key has no value");
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            dictionary.Set(items[i], items[i + 1]);
        }

        return dictionary;
    }

    private void PushTuple(int length) => stack.Add(new PickleTuple(PopLast(length)));

    private object? Peek() => stack.Count > Floor ? stack[^1] : throw new CheckpointException("the stack is empty");

    private object? Pop() => PopLast(1)[0];

    private object?[] PopLast(int count)
    {
        if (stack.Count - count < Floor)
        {
            throw new CheckpointException("the stack is empty");
        }

        object?[] items = [.. stack[^count..]];
        stack.RemoveRange(stack.Count - count, count);
        return items;
    }

    private object?[] PopMark()
    {
        if (marks.Count == 0)
        {
            throw new CheckpointException("no mark was set");
        }

        var items = PopLast(stack.Count - marks[^1]);
        marks.RemoveAt(marks.Count - 1);
        return items;
    }

    private int Floor => marks.Count > 0 ? marks[^1] : 0;

    private object? Recall(long index) => memo.TryGetValue(index, out var value) ? value : throw new CheckpointException($"nothing was memorised as {index}");

    private static object ParseInteger(string text) => text switch
    {
        "00" => false,
        "01" => true,
        { Length: <= 1000 } when BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => Narrow(number),
        _ => throw new CheckpointException("it is not an integer of at most 1000 digits"),
    };

    private static double ParseDouble(string text) =>
        text.Length <= 1000 && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new CheckpointException("it is not a number");

    private static long ParseIndex(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new CheckpointException("it is not an index");

    private static object Narrow(BigInteger number) => number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number;
}
