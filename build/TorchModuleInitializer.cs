using System.Runtime.CompilerServices;

/// <summary>Loads libtorch when a test or benchmark assembly starts, before TorchSharp looks for it.</summary>
internal static class TorchModuleInitializer
{
    [ModuleInitializer]
    internal static void Initialize() => Alignment.Kernels.Native.TorchLibrary.Load();
}
