"""What a benchmark of `pagoda bench` does, in plain PyTorch: `twin.py BENCHMARK FORM SHAPE`.

SHAPE is JSON. Prints "ready" after its first step, then, for every line "step" on standard input, does one step and
prints "seconds S"; ends with standard input. Started by `pagoda bench --against python`, which asks for steps in turn
with its own.
"""

import json
import os
import signal
import sys
import time

try:
    import numpy
    import torch
    from torch.nn import functional
except ImportError:
    print("error --against python needs PyTorch for /usr/bin/python3: apt-get install python3-torch", flush=True)
    sys.exit(0)

import gpt
import inception
import jpeg
import towers
import training


def channels_last(form, *modules):
    if form == "channels-last":
        for module in modules:
            module.to(memory_format=torch.channels_last)


def pictures(form, *shape):
    drawn = torch.rand(*shape)
    return drawn.contiguous(memory_format=torch.channels_last) if form == "channels-last" else drawn


def pixel_step(form, shape):
    """The step of CLIPAG_T2I.ipynb. published: as there, the weights still require gradients; frozen: they do not."""
    tower = towers.image_tower(shape).eval()
    channels_last(form, tower)
    if form != "published":
        tower.requires_grad_(False)
    text = functional.normalize(torch.randn(1, shape["embed"]), dim=-1)
    image = torch.rand(1, 3, shape["size"], shape["size"]).requires_grad_()
    optimizer = torch.optim.AdamW([image], lr=0.0175)

    def step():
        optimizer.zero_grad(set_to_none=True)
        # As many views at a time as memory allows; their gradients add up to that of all.
        for first in range(0, shape["views"], shape["group"]):
            count = min(shape["group"], shape["views"] - first)
            views = image + 0.01 * torch.randn(count, 3, shape["size"], shape["size"])
            if form == "channels-last":
                views = views.contiguous(memory_format=torch.channels_last)
            loss = (1 - tower(views) @ text.t()).sum() / shape["views"]
            loss.backward()
        torch.nn.utils.clip_grad_norm_([image], 0.001)
        optimizer.step()

    return step


def encode_image(form, shape):
    tower = towers.image_tower(shape).eval()
    channels_last(form, tower)
    images = pictures(form, shape["views"], 3, shape["size"], shape["size"])
    return inference(lambda: tower(images))


def encode_text(form, shape):
    tower = towers.TextTower(
        shape["context"], shape["vocabulary"], shape["width"], shape["heads"], shape["layers"], shape["embed"], shape["quick_gelu"]
    ).eval()
    tokens = torch.zeros(shape["texts"], shape["context"], dtype=torch.long)
    tokens[:, : shape["length"] - 1] = torch.arange(1, shape["length"])
    tokens[:, shape["length"] - 1] = shape["vocabulary"] - 1
    return inference(lambda: tower(tokens))


def inference(run):
    def step():
        with torch.inference_mode():
            run()

    return step


def vqgan_encode(form, shape):
    """The tokens of a picture."""
    encoder = towers.VqganEncoder(shape, form == "published").eval()
    channels_last(form, encoder)
    codebook = torch.randn(shape["codes"], shape["code_width"])
    images = pictures(form, shape["views"], 3, shape["size"], shape["size"])
    return inference(lambda: towers.nearest(encoder(images), codebook))


def vqgan_decode(form, shape):
    """One picture from its tokens. published: SiLU written out as in taming-transformers; plain: PyTorch's own."""
    decoder = towers.VqganDecoder(shape, form == "published").eval()
    channels_last(form, decoder)
    codebook = torch.randn(shape["codes"], shape["code_width"])
    tokens = torch.randint(0, shape["codes"], (shape["views"], shape["grid"], shape["grid"]))

    def run():
        vectors = functional.embedding(tokens, codebook).permute(0, 3, 1, 2)
        decoder(vectors if form == "channels-last" else vectors.contiguous())

    return inference(run)


def gpt_sample(form, shape):
    model = gpt.Transformer(shape).eval()
    condition = torch.ones(shape["batch"], shape["condition"])
    draw = gpt.sample_again if form == "published" else gpt.sample
    return inference(lambda: draw(model, condition, shape["tokens"]))


def jpeg_pipeline(form, shape):
    return jpeg.pipeline(shape)


def fid(form, shape):
    """Mean and covariance of Inception's features, batch by batch, as pytorch-fid takes them."""
    network = inception.Inception().eval()
    channels_last(form, network)
    layout = torch.channels_last if form == "channels-last" else torch.contiguous_format
    drawn = torch.randint(0, 256, (shape["pictures"], 3, shape["size"], shape["size"]), dtype=torch.uint8)

    def step():
        with torch.no_grad():
            features = [network((part.float() / 255).contiguous(memory_format=layout)) for part in drawn.split(shape["batch"])]
        rows = torch.cat(features).double().numpy()
        rows.mean(axis=0), numpy.cov(rows, rowvar=False)

    return step


def call(form, shape):
    left, right = torch.ones(1), torch.ones(1)

    def step():
        for _ in range(shape["calls"]):
            left + right

    return step


def main():
    # Whoever started this program ends it by closing its standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    benchmark, form, shape = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    torch.manual_seed(0)
    step = {
        "pixel-step": pixel_step,
        "encode-image": encode_image,
        "encode-text": encode_text,
        "train-step": training.clipag_step,
        "clip-jem-step": training.clip_jem_step,
        "vqgan-encode": vqgan_encode,
        "vqgan-decode": vqgan_decode,
        "vqgan-train": training.vqgan_step,
        "gpt-train": training.gpt_step,
        "gpt-sample": gpt_sample,
        "jpeg-pipeline": jpeg_pipeline,
        "fid": fid,
        "call": call,
    }[benchmark](form, shape)
    step()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        print("seconds", time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
