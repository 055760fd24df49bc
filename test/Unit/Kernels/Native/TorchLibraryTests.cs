using Alignment.Kernels.Native;
using NUnit.Framework;
using TorchSharp;

namespace Alignment.Tests.Unit.Kernels.Native;

public class TorchLibraryTests
{
    private static string Shim => Path.Combine(TorchLibrary.Directory!, "libLibTorchSharp.so");

    [Test]
    public void Libtorch_is_loaded_from_the_folder_of_the_build()
    {
        using torch.Tensor one = torch.ones(1);
        Assert.That(one.item<float>(), Is.EqualTo(1));
        Assert.That(File.Exists(Path.Combine(TorchLibrary.Directory!, "libtorch_cpu.so")));
    }

    [Test]
    public void The_version_the_shim_was_built_for_is_accepted() =>
        Assert.That(TorchLibrary.VersionMismatch(0x020a_0000_0000_0000, "2.10.0", "/torch"), Is.Null);

    [Test]
    public void Another_minor_version_is_refused_with_both_versions_and_the_way_out() =>
        Assert.That(TorchLibrary.VersionMismatch(0x020b_0000_0000_0000, "2.10.0", "/torch"), Is.EqualTo(
            "the libtorch in /torch is 2.11, and TorchSharp's shim was built for 2.10: a changed operator would end the process in the middle of a run. "
            + "Name a libtorch 2.10 in ALIGNMENT_LIBTORCH, or set ALIGNMENT_LIBTORCH_UNCHECKED=1 to try this one"));

    [Test]
    public void A_libtorch_without_a_version_is_refused() =>
        Assert.That(TorchLibrary.VersionMismatch(0, "2.10.0", "/torch"), Does.Contain("of an unknown version (it has no aoti_torch_abi_version)"));

    [Test]
    public void No_symbol_is_missing_in_the_libtorch_the_shim_was_built_for() =>
        Assert.That(TorchLibrary.MissingSymbols(Shim, TorchLibrary.Directory!), Is.Empty);

    [Test]
    public void Symbols_that_no_library_of_the_folder_has_are_missing()
    {
        string folder = Directory.CreateTempSubdirectory("alignment-").FullName;
        File.CreateSymbolicLink(Path.Combine(folder, "libc10.so"), Path.Combine(TorchLibrary.Directory!, "libc10.so"));
        IReadOnlyList<string> missing = TorchLibrary.MissingSymbols(Shim, folder);
        Directory.Delete(folder, recursive: true);
        Assert.That(missing, Has.Some.StartsWith("_ZN2at4_ops"), "at::_ops is in libtorch_cpu.so");
        Assert.That(missing, Is.EqualTo(missing.Order(StringComparer.Ordinal)));
        Assert.That(missing, Has.None.StartsWith("_ZN3c105Error"), "c10::Error is in libc10.so");
        Assert.That(missing, Has.None.StartsWith("_ZNSt"), "std:: is found through libc10.so");
    }

    [Test]
    public void A_shim_that_does_not_load_is_refused_with_the_first_ten_missing_symbols() => Assert.That(
        TorchLibrary.Misfit("/app/native/libLibTorchSharp.so", "/torch", "undefined symbol: a0", [.. Enumerable.Range(0, 12).Select(i => $"a{i}")]),
        Is.EqualTo("/app/native/libLibTorchSharp.so does not fit the libtorch in /torch: undefined symbol: a0\n12 symbols are missing (c++filt makes them readable):\n  "
            + "a0\n  a1\n  a2\n  a3\n  a4\n  a5\n  a6\n  a7\n  a8\n  a9\n  and 2 more"));

    [Test]
    public void Undefined_symbols_of_the_shim_are_those_of_libtorch() =>
        Assert.That(ElfSymbols.Undefined(Shim), Has.Some.Contains("at"));
}
