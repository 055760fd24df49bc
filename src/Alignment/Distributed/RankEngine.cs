using Alignment.Kernels.Native;
using TorchSharp;

namespace Alignment.Distributed;

/// <summary>Picks what carries the collectives: nothing where there is one rank, MPI on the CPU, NCCL on CUDA devices.</summary>
internal static class RankEngine
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5); // for the slowest node to start

    /// <summary>Joins the ranks of this launch.</summary>
    /// <param name="place">Of this process; null where no launcher started it.</param>
    /// <param name="device">"cpu", or "cuda": each rank takes the device of its number on its node.</param>
    /// <param name="folder">All ranks see it.</param>
    /// <exception cref="DllNotFoundException">The library that carries is not there.</exception>
    public static ICollectives Join(RankPlace? place, DeviceType device, string folder)
    {
        if (place is not { Ranks: > 1 })
            return new SingleProcess(torch.device(device, 0));
        if (device == DeviceType.CPU)
            return new MpiCollectives();
        CudaMemory.Select(place.OnNode);
        var file = new NcclIdFile(folder, place, s_patience);
        var ranks = new NcclCollectives(NcclLibrary.Load(), place, torch.device(device, place.OnNode), file.Exchange);
        file.Remove();
        return ranks;
    }
}
