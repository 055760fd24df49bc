"""
The benchmarks' training steps, reference pass and sampling in PyTorch: what the library is measured beside. Nothing but Python and torch is needed.

    python3 peer.py FOLDER THREADS

FOLDER holds the model as a Hugging Face folder (config.json, model.safetensors) and work.json. The first line printed tells what computes; then every
line read has the work done once, and answered by one line of JSON: seconds, and the numbers by which both sides are compared. README.md has the rest.
"""
import json
import os
import re
import struct
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError as missing:
    print(json.dumps({"refused": f"{sys.executable} has no torch ({missing})"}), flush=True)
    sys.exit(0)

IGNORED = -100


def read_safetensors(path):
    """Name -> float32 tensor."""
    with open(path, "rb") as file:
        content = bytearray(file.read())
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{name} is {entry['dtype']}: F32 is wanted")
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(content[begin:end], dtype=torch.float32).reshape(entry["shape"]).clone()
    return tensors


def attention_of_this_torch():
    """transformers' choice where torch has it, its older one where not: the name and the function."""
    if hasattr(F, "scaled_dot_product_attention"):
        return "scaled_dot_product_attention", lambda query, key, value, bias: F.scaled_dot_product_attention(query, key, value, attn_mask=bias)

    def eager(query, key, value, bias):
        scores = query @ key.transpose(2, 3) / query.shape[-1] ** 0.5 + bias
        return F.softmax(scores, dim=-1) @ value

    return "matmul and softmax", eager


class Phi3:
    """Phi-3 as transformers composes it."""

    def __init__(self, folder):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.layers, self.heads, self.key_heads = config["num_hidden_layers"], config["num_attention_heads"], config["num_key_value_heads"]
        self.head_width, self.epsilon = config["hidden_size"] // self.heads, config["rms_norm_eps"]
        self.weights = {name: tensor.requires_grad_() for name, tensor in read_safetensors(os.path.join(folder, "model.safetensors")).items()}
        frequencies = 1.0 / config["rope_theta"] ** (torch.arange(0, self.head_width, 2, dtype=torch.float32) / self.head_width)
        angles = torch.outer(torch.arange(config["max_position_embeddings"], dtype=torch.float32), frequencies)
        angles = torch.cat([angles, angles], 1)
        self.cosine, self.sine = angles.cos(), angles.sin()  # [positions, head width]
        self.attention_name, self.attend = attention_of_this_torch()

    def hidden_states(self, tokens, mask, cache=None):
        """tokens [rows, length] after what is in the cache, mask [rows, cached + length] -> [rows, length, width]."""
        length, keys = tokens.shape[1], mask.shape[1]
        seen = mask.bool()[:, None, :] & torch.ones(length, keys, dtype=torch.bool).tril(keys - length)
        bias = torch.zeros(seen.shape).masked_fill_(~seen, -1e9)[:, None]  # [rows, 1, length, keys]
        positions = (mask.cumsum(1) - 1).clamp_min(0)[:, -length:]
        cosine, sine = self.cosine[positions][:, None], self.sine[positions][:, None]  # [rows, 1, length, head width]
        hidden = F.embedding(tokens, self.weights["model.embed_tokens.weight"])
        for layer in range(self.layers):
            name = f"model.layers.{layer}."
            mixed = self.attention(name + "self_attn.", self.norm(hidden, name + "input_layernorm"), bias, cosine, sine, cache, layer)
            hidden = hidden + mixed
            gate, up = F.linear(self.norm(hidden, name + "post_attention_layernorm"), self.weights[name + "mlp.gate_up_proj.weight"]).chunk(2, -1)
            hidden = hidden + F.linear(up * F.silu(gate), self.weights[name + "mlp.down_proj.weight"])
        return self.norm(hidden, "model.norm")

    def attention(self, name, states, bias, cosine, sine, cache, layer):
        rows, length, width = states.shape
        parts = F.linear(states, self.weights[name + "qkv_proj.weight"]).view(rows, length, -1, self.head_width).transpose(1, 2)
        query, key, value = parts.split([self.heads, self.key_heads, self.key_heads], 1)  # [rows, heads, length, head width]
        query, key = self.turned(query, cosine, sine), self.turned(key, cosine, sine)
        if cache is not None:
            if layer in cache:
                key, value = torch.cat([cache[layer][0], key], 2), torch.cat([cache[layer][1], value], 2)
            cache[layer] = (key, value)
        shared = self.heads // self.key_heads
        mixed = self.attend(query, key.repeat_interleave(shared, 1), value.repeat_interleave(shared, 1), bias)
        return F.linear(mixed.transpose(1, 2).reshape(rows, length, width), self.weights[name + "o_proj.weight"])

    def norm(self, states, name):
        return states * torch.rsqrt(states.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weights[name + ".weight"]

    def logits(self, hidden):
        return F.linear(hidden, self.weights["lm_head.weight"])

    @staticmethod
    def turned(heads, cosine, sine):
        first, second = heads.chunk(2, -1)
        return heads * cosine + torch.cat([-second, first], -1) * sine


def response_sums(model, pairs):
    """[2 * pairs] summed log-probs of the responses, chosen then rejected: one padded batch, logits everywhere, TRL's selective log-softmax."""
    rows = [(pair["prompt"], pair[side]) for side in ("chosen", "rejected") for pair in pairs]
    longest = max(len(prompt) + len(response) for prompt, response in rows)
    tokens, mask, labels = [], [], []
    for prompt, response in rows:
        padding = longest - len(prompt) - len(response)
        tokens.append(prompt + response + [0] * padding)
        mask.append([1] * (longest - padding) + [0] * padding)
        labels.append([IGNORED] * len(prompt) + response + [IGNORED] * padding)
    logits = model.logits(model.hidden_states(torch.tensor(tokens), torch.tensor(mask)))[:, :-1]
    following = torch.tensor(labels)[:, 1:]
    scored = following != IGNORED
    selected = logits.gather(-1, following.clamp_min(0)[..., None])[..., 0]
    normalisers = torch.stack([row.logsumexp(-1) for row in logits])
    return (selected - normalisers).masked_fill(~scored, 0).sum(1)


class Steps:
    """DPO steps in padded batches: forward, backward, clipping, AdamW."""

    def __init__(self, model, work):
        self.model, self.work = model, work
        self.parameters = list(model.weights.values())
        rates = {"lr": work["learningRate"], "weight_decay": 0.0}
        try:
            self.optimiser, self.name = torch.optim.AdamW(self.parameters, fused=True, **rates), "fused"
        except (RuntimeError, TypeError):  # before torch 2.4 it is CUDA's alone
            self.optimiser, self.name = torch.optim.AdamW(self.parameters, **rates), "not fused on the CPU"

    def run(self):
        losses, norms, count = [], [], self.work["batch"]
        for first in range(0, len(self.work["pairs"]), count):
            self.optimiser.zero_grad()
            sums = response_sums(self.model, self.work["pairs"][first:first + count])
            reference = torch.tensor(self.work["referenceMargins"][first:first + count])
            loss = -F.logsigmoid(self.work["beta"] * (sums[:count] - sums[count:] - reference)).mean()
            loss.backward()
            norms.append(torch.nn.utils.clip_grad_norm_(self.parameters, 1.0).item())
            self.optimiser.step()
            losses.append(loss.item())
        return {"loss": losses, "gradient norm": norms}, []


class Pass:
    """Log-probs of the pairs without gradients, in padded batches."""

    name = "none"

    def __init__(self, model, work):
        self.model, self.work = model, work

    @torch.no_grad()
    def run(self):
        chosen, rejected, count = [], [], self.work["batch"]
        for first in range(0, len(self.work["pairs"]), count):
            batch = self.work["pairs"][first:first + count]
            sums = response_sums(self.model, batch).tolist()
            chosen += sums[:len(batch)]
            rejected += sums[len(batch):]
        return {"chosen log-prob": chosen, "rejected log-prob": rejected}, []


class Generation:
    """Sampling as transformers does it: left-padded, a cache that is concatenated, top-p by sorting. The draws are given."""

    name = "none"

    def __init__(self, model, work):
        self.model, self.work = model, work
        self.draws = torch.tensor(work["draws"])  # [rows, new tokens]

    @torch.no_grad()
    def run(self):
        prompts, cache = self.work["prompts"], {}
        longest = max(len(prompt) for prompt in prompts)
        tokens = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts])
        mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        drawn = []
        for position in range(self.draws.shape[1]):
            scores = self.model.logits(self.model.hidden_states(tokens, mask, cache)[:, -1]) / self.work["temperature"]
            ascending, ids = scores.sort(-1)
            dropped = ascending.softmax(-1).cumsum(-1) <= 1 - self.work["topP"]
            dropped[:, -1] = False
            scores = scores.masked_fill(dropped.scatter(1, ids, dropped), -float("inf"))
            reached = scores.softmax(-1).cumsum(-1)
            tokens = torch.searchsorted(reached, self.draws[:, position:position + 1].contiguous(), right=True).clamp_max(scores.shape[1] - 1)
            mask = torch.cat([mask, torch.ones_like(tokens)], 1)
            drawn.append(tokens)
        return {}, torch.cat(drawn, 1).tolist()


def blas_of_this_process():
    """The files of the BLAS that is mapped, after a product has been computed."""
    torch.ones(64, 64) @ torch.ones(64, 64)
    named = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    found = set()
    if os.path.exists("/proc/self/maps"):
        with open("/proc/self/maps", encoding="utf-8") as maps:
            for line in maps:
                path = os.path.realpath(line.split(maxsplit=5)[-1].strip()) if "/" in line else ""
                if re.search(r"blas|mkl_|blis|atlas", os.path.basename(path)):
                    found.add(path)
    files = ", ".join(sorted(found)) or "a part of torch itself"
    kernels = os.environ.get("OPENBLAS_CORETYPE")
    return (named.group(1) + ": " if named else "") + files + (f" with OPENBLAS_CORETYPE={kernels}" if kernels else "")


def main(folder, threads):
    torch.set_num_threads(threads)
    with open(os.path.join(folder, "work.json"), encoding="utf-8") as file:
        work = json.load(file)
    model = Phi3(folder)
    doing = {"steps": Steps, "pass": Pass, "generation": Generation}[work["kind"]](model, work)
    print(json.dumps({"torch": torch.__version__, "blas": blas_of_this_process(), "threads": torch.get_num_threads(),
                      "attention": model.attention_name, "adamW": doing.name}), flush=True)
    for _ in sys.stdin:
        begin = time.perf_counter()
        numbers, responses = doing.run()
        seconds = time.perf_counter() - begin
        print(json.dumps({"seconds": seconds, "numbers": numbers, "responses": responses}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
