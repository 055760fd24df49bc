using Alignment.Tests.Unit.Fuzz;
using SharpFuzz;

// READER: reads what afl-fuzz gives. READER FILE…: says of each file how it is read
DirectoryInfo folder = Directory.CreateTempSubdirectory("fuzz");
FuzzReader? reader = null;
if (args.Length == 1)
    Fuzzer.OutOfProcess.Run(stream =>
    {
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        if (Fault(bytes.ToArray()) is { } fault)
            throw new InvalidOperationException(fault); // what afl-fuzz takes for a crash
    });
foreach (string file in args.Skip(1))
    Console.WriteLine($"{file}: {Fault(File.ReadAllBytes(file)) ?? "read or refused, as it must be"}");
folder.Delete(recursive: true);

// the reader is looked up as late as this: instrumented code may not run before Fuzzer has set up its memory
string? Fault(byte[] bytes)
{
    if (reader == null)
    {
        reader = FuzzReaders.Named(args[0]);
        reader.Prepare(folder.FullName);
    }
    return reader.Fault(folder.FullName, bytes);
}
