using Alignment.Checkpoints.Hub;
using Alignment.Models;
using Alignment.Models.NeoX;
using NUnit.Framework;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.Tests.Gpu;

/// <summary>Models moved to a device: hidden states, what moves with them, and checkpoints written and read there.</summary>
public sealed class ModelsOnDevice(string kind) : DeviceFixture(kind)
{
    [Test]
    public void Every_parameter_and_table_moves_with_the_model()
    {
        using Decoder policy = MicroModels.Policy(Device);
        using NeoXReward reward = MicroModels.Reward(Device, RewardPooling.Last);
        foreach (nn.Module module in new nn.Module[] { policy, reward })
            Assert.That(module.parameters().Concat(module.buffers()).Select(tensor => tensor.device.type), Is.All.EqualTo(Device.type));
        Assert.That((policy.Head.device.type, reward.Device.type), Is.EqualTo((Device.type, Device.type)));
    }

    // the meta device shows on any machine that modules read their tensors anew after a move
    [Test]
    public void The_head_is_that_of_the_device_the_model_was_moved_to()
    {
        using Decoder policy = MicroModels.Policy(META);
        using NeoXReward reward = MicroModels.Reward(META, RewardPooling.Last);
        Assert.That((policy.Head.device.type, reward.Device.type), Is.EqualTo((META.type, META.type)));
        foreach (nn.Module module in new nn.Module[] { policy, reward })
            Assert.That(module.parameters().Concat(module.buffers()).Select(tensor => tensor.device.type), Is.All.EqualTo(META.type));
    }

    [TestCase(false), TestCase(true)]
    public void Hidden_states_of_padded_rows_are_those_of_the_cpu(bool leftPadded)
    {
        using Decoder here = MicroModels.Policy(CPU), there = MicroModels.Policy(Device);
        Tensor tokens = arange(24, ScalarType.Int64).view(3, 8), mask = ones_like(tokens);
        mask[1].narrow(0, leftPadded ? 0 : 5, 3).zero_();
        Tensor real = mask.unsqueeze(-1);
        Near.Float32.Check(there.HiddenStates(tokens.to(Device), mask.to(Device)).cpu() * real, here.HiddenStates(tokens, mask) * real, "hidden states");
    }

    [Test]
    public void Token_by_token_with_the_cache_is_the_whole_pass()
    {
        using Decoder here = MicroModels.Policy(CPU), there = MicroModels.Policy(Device);
        Tensor tokens = arange(30, ScalarType.Int64).view(3, 10), kept = tensor(new long[] { 2, 0 });
        Tensor expected = here.HiddenStates(tokens, ones_like(tokens)).index_select(0, kept).narrow(1, 9, 1);
        using IDisposable noGrad = no_grad();
        using IKeyValueCache cache = there.NewCache(3, 10);
        Tensor placed = tokens.to(Device), all = ones_like(placed), rows = kept.to(Device);
        there.HiddenStates(placed.narrow(1, 0, 8), all.narrow(1, 0, 8), cache);
        there.HiddenStates(placed.narrow(1, 8, 1), all.narrow(1, 0, 9), cache);
        cache.KeepRows(rows);
        Tensor last = there.HiddenStates(placed.index_select(0, rows).narrow(1, 9, 1), all.index_select(0, rows), cache);
        Near.Float32.Check(last, expected, "hidden state of the last token");
    }

    [Test]
    public void A_checkpoint_written_on_the_device_is_read_bit_for_bit([Values] bool readOnDevice)
    {
        string folder = Path.Combine(Path.GetTempPath(), $"alignment-gpu-{Environment.ProcessId}-{TestContext.CurrentContext.Test.ID}");
        using Decoder written = MicroModels.Policy(Device, seed: 5), read = MicroModels.Policy(readOnDevice ? Device : CPU, seed: 6);
        try
        {
            HubCheckpoint.Save(written, folder, written.Config.ToJson());
            HubCheckpoint.Load(read, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        foreach (((string name, Parameter one), (string _, Parameter other)) in written.named_parameters().Zip(read.named_parameters()))
            new Near(0, 0).Check(other, one, name);
    }
}
