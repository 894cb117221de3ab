"""Writes the sample checkpoints of this folder with PyTorch (made with 1.13.1): python3 make_samples.py

Every tensor holds 0, 1, 2, ... scaled, so that the tests can tell what belongs where.
"""
import argparse
import collections
import json
import os
import zipfile

import numpy
import torch

here = os.path.dirname(os.path.abspath(__file__))


def count(*shape, scale=1.0, dtype=torch.float32):
    size = 1
    for n in shape:
        size *= n
    return (torch.arange(size, dtype=torch.float64) * scale).reshape(shape).to(dtype)


def path(name):
    return os.path.join(here, name)


class Callback:
    """A class that nobody else has."""

    def __init__(self):
        self.best = 0.5
        self.me = self


class Pair(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 2)
        self.norm = torch.nn.BatchNorm1d(2)
        self.mask = count(4)

    def forward(self, x):
        return self.norm(self.first(x)) + self.mask[0]


class Clip(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = Pair()
        self.text = Pair()
        self.logit_scale = torch.nn.Parameter(torch.tensor(4.5))
        self.vocab_size = 49408
        self.rate = 0.25
        self.widths = [8, 16]
        self.register_buffer("input_resolution", torch.tensor(224))

    def forward(self, x):
        return self.visual(x) * self.logit_scale


def fill(module):
    with torch.no_grad():
        for i, (_, parameter) in enumerate(module.named_parameters()):
            parameter.copy_(count(*parameter.shape) + 10 * i)
    return module


def state_dict():
    model = fill(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)))
    torch.save(model.state_dict(), path("state_dict.pt"))
    torch.save(model.state_dict(), path("protocol4.pt"), pickle_protocol=4)
    torch.save(model.state_dict(), path("legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(model, path("whole_module.pt"))


def types():
    names = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
    tensors = {name: count(2, 3, dtype=getattr(torch, name)) for name in names}
    tensors["complex64"] = torch.zeros(2, dtype=torch.complex64)
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 3)
    torch.save(tensors, path("types.pt"))


def views():
    base = count(4, 6)
    tensors = {
        "base": base,
        "rows": base[1:3],
        "transposed": base.t(),
        "stepped": base[::2, 1::2],
        "expanded": base[0, :1].expand(3, 2),
        "permuted": count(2, 3, 4).permute(2, 0, 1),
        "channels_last": count(1, 2, 2, 3).contiguous(memory_format=torch.channels_last),
    }
    torch.save(tensors, path("views.pt"))
    torch.save(tensors, path("views_legacy.pth"), _use_new_zipfile_serialization=False)


def training():
    model = fill(torch.nn.Linear(3, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    fill(model)
    weights = collections.OrderedDict(("module." + name, value) for name, value in model.state_dict().items())
    torch.save({"epoch": 7, "name": "run", "state_dict": weights, "optimizer": optimizer.state_dict(), "scaler": {"scale": 65536.0}}, path("training.pt"))


def lightning():
    torch.save(
        {
            "epoch": 3,
            "global_step": 1 << 70,
            "state_dict": collections.OrderedDict(a=count(2, 2), b=count(3, dtype=torch.float16)),
            "callbacks": {Callback: Callback(), "best": numpy.float64(0.125)},
            "hyper_parameters": argparse.Namespace(lr=1e-3, betas=(0.9, 0.99), name="taming", device=torch.device("cpu"), size=torch.Size([2, 3])),
            "hparams_name": None,
            "tags": {"x"},
            "raw": b"\x00\xff",
        },
        path("lightning.ckpt"),
    )


def script():
    module = torch.jit.script(fill(Clip())).half()
    torch.jit.save(module, path("script.pt"))
    with open(path("script.json"), "w") as file:
        json.dump({name: [str(value.dtype), list(value.shape)] for name, value in module.state_dict().items()}, file, indent=1)
        file.write("\n")


def deflated():
    """As the tools that zip a checkpoint anew leave it."""
    torch.save({"a": count(50, 50) % 7, "b": count(3)}, path("stored.tmp"))
    with zipfile.ZipFile(path("stored.tmp")) as source, zipfile.ZipFile(path("deflated.pt"), "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry.filename))
    os.remove(path("stored.tmp"))


if __name__ == "__main__":
    torch.manual_seed(0)
    for make in (state_dict, types, views, training, lightning, script, deflated):
        make()
