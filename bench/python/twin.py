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

import inception
import towers


def pixel_step(form, shape):
    """The step of CLIPAG_T2I.ipynb. published: as there, the weights still require gradients; frozen: they do not."""
    tower = towers.VisionTransformer(shape).eval()
    if form == "frozen":
        tower.requires_grad_(False)
    text = functional.normalize(torch.randn(1, shape["embed"]), dim=-1)
    image = torch.rand(1, 3, shape["size"], shape["size"]).requires_grad_()
    optimizer = torch.optim.AdamW([image], lr=0.0175)

    def step():
        optimizer.zero_grad(set_to_none=True)
        views = image + 0.01 * torch.randn(shape["views"], 3, shape["size"], shape["size"])
        loss = (1 - tower(views) @ text.t()).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([image], 0.001)
        optimizer.step()

    return step


def encode_image(form, shape):
    tower = towers.VisionTransformer(shape).eval()
    images = torch.rand(shape["views"], 3, shape["size"], shape["size"])
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


def train_step(form, shape):
    """Texts once, an L2 attack on the pictures with the weights frozen, the contrastive loss, AdamW."""
    batch, size = shape["batch"], shape["size"]
    image_tower = towers.ResidualTower(shape["widths"], shape["blocks"], shape["embed"])
    text_tower = towers.TextTower(
        shape["context"], shape["vocabulary"], shape["text_width"], shape["text_heads"], shape["text_layers"], shape["embed"]
    )
    scale = torch.nn.Parameter(torch.tensor(2.659))
    weights = [*image_tower.parameters(), *text_tower.parameters(), scale]
    optimizer = torch.optim.AdamW(weights, lr=1e-4, weight_decay=0.05)
    images = torch.rand(batch, 3, size, size)
    tokens = torch.randint(1, shape["vocabulary"] - 1, (batch, shape["context"]))
    tokens[:, -1] = shape["vocabulary"] - 1
    matches = torch.arange(batch)

    def contrast(pictures, texts):
        logits = scale.exp() * image_tower(pictures) @ texts.t()
        return (functional.cross_entropy(logits, matches) + functional.cross_entropy(logits.t(), matches)) / 2

    def attack(texts):
        moved = images
        for _ in range(shape["attack_steps"]):
            moved = moved.detach().requires_grad_()
            (grad,) = torch.autograd.grad(contrast(moved, texts), moved)
            with torch.no_grad():
                delta = moved + grad / (grad.flatten(1).norm(dim=1).view(-1, 1, 1, 1) + 1e-10) - images
                delta = delta * (1 / (delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1) + 1e-7)).clamp(max=1)
                moved = (images + delta).clamp(0, 1)
        return moved

    def step():
        optimizer.zero_grad(set_to_none=True)
        texts = text_tower(tokens)
        for weight in weights:
            weight.requires_grad_(False)
        moved = attack(texts.detach())
        for weight in weights:
            weight.requires_grad_(True)
        contrast(moved, texts).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()

    return step


def vqgan_decode(form, shape):
    """One picture from its tokens. published: SiLU written out as in taming-transformers; plain: PyTorch's own."""
    decoder = towers.VqganDecoder(shape, form == "published").eval()
    tokens = torch.randint(0, shape["codes"], (shape["views"], shape["grid"], shape["grid"]))
    return inference(lambda: decoder(tokens))


def fid(form, shape):
    """Mean and covariance of Inception's features, batch by batch, as pytorch-fid takes them."""
    network = inception.Inception().eval()
    pictures = torch.randint(0, 256, (shape["pictures"], 3, shape["size"], shape["size"]), dtype=torch.uint8)

    def step():
        with torch.no_grad():
            features = [network(part.float() / 255) for part in pictures.split(shape["batch"])]
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
        "train-step": train_step,
        "vqgan-decode": vqgan_decode,
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
