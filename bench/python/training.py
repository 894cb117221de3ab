"""Training steps in plain PyTorch: CLIPAG's, CLIP-JEM's, a VQGAN's and its transformer's, with the shapes of the embedded models."""

import torch
from torch.nn import functional

import gpt
import towers


def last(form, module):
    return module.to(memory_format=torch.channels_last) if form == "channels-last" else module


def drawn(form, *shape):
    pictures = torch.rand(*shape)
    return pictures.contiguous(memory_format=torch.channels_last) if form == "channels-last" else pictures


class Weights:
    """All that a step trains: AdamW, limited gradients, a moving average."""

    def __init__(self, weights, clip=1.0, average=None, **options):
        self.all = [weight for weight in weights if weight.requires_grad]
        self.clip, self.average = clip, average
        self.optimizer = torch.optim.AdamW(self.all, **options)
        self.means = [weight.detach().clone() for weight in self.all] if average else []

    def freeze(self, frozen):
        for weight in self.all:
            weight.requires_grad_(not frozen)

    def descend(self, loss):
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.all, self.clip)
        self.optimizer.step()
        if self.average:
            with torch.no_grad():
                torch._foreach_mul_(self.means, self.average)
                torch._foreach_add_(self.means, self.all, alpha=1 - self.average)


def emoji_towers(form, shape):
    image = last(form, towers.ResidualTower(shape["widths"], shape["blocks"], shape["embed"]))
    text = towers.TextTower(shape["context"], shape["vocabulary"], shape["text_width"], shape["text_heads"], shape["text_layers"], shape["embed"])
    return image, text, torch.nn.Parameter(torch.tensor(2.659))


def captions(shape, count):
    tokens = torch.randint(1, shape["vocabulary"] - 1, (count, shape["context"]))
    tokens[:, -1] = shape["vocabulary"] - 1
    return tokens


def contrast(pictures, texts, scale):
    logits, matches = scale.exp() * pictures @ texts.t(), torch.arange(len(texts))
    return (functional.cross_entropy(logits, matches) + functional.cross_entropy(logits.t(), matches)) / 2


def length(x):
    return x.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


def gradient(pictures, loss):
    pictures = pictures.detach().requires_grad_()
    return torch.autograd.grad(loss(pictures), pictures)[0]


def ascend(images, loss, steps, size, radius):
    """An L2 attack: up the loss, never further than the radius."""
    moved = images
    for _ in range(steps):
        grad = gradient(moved, loss)
        with torch.no_grad():
            delta = moved + size * grad / (length(grad) + 1e-10) - images
            moved = (images + delta * (radius / (length(delta) + 1e-7)).clamp(max=1)).clamp(0, 1)
    return moved


def clipag_step(form, shape):
    """Texts once, an L2 attack on the pictures with the weights frozen, the contrastive loss, AdamW."""
    image, text, scale = emoji_towers(form, shape)
    weights = Weights([*image.parameters(), *text.parameters(), scale], lr=1e-4, weight_decay=0.05)
    images, tokens = drawn(form, shape["batch"], 3, shape["size"], shape["size"]), captions(shape, shape["batch"])

    def step():
        texts = text(tokens)
        weights.freeze(True)
        moved = ascend(images, lambda x: contrast(image(x), texts.detach(), scale), shape["attack_steps"], 1.0, 1.0)
        weights.freeze(False)
        weights.descend(contrast(image(moved), texts, scale))

    return step


def clip_jem_step(form, shape):
    """CLIP-JEM with a replay buffer, as configs/emoji/3-energy.yaml has it."""
    image, text, scale = emoji_towers(form, shape)
    weights = Weights([*image.parameters(), *text.parameters(), scale], average=0.995, lr=5e-4, betas=(0.9, 0.98), weight_decay=0.05)
    side, batch, count = shape["size"], shape["batch"], shape["negatives"]
    images, tokens = drawn(form, batch, 3, side, side), captions(shape, batch)
    buffer, words = drawn(form, shape["buffer"], 3, side, side), captions(shape, shape["buffer"])
    ages = torch.full((shape["buffer"],), shape["max_age"] + 1)

    def fresh():
        clouds = functional.interpolate(torch.randn(count, 3, 8, 8), size=(side, side), mode="bilinear", align_corners=False)
        return (0.9 + 0.08 * clouds + 0.02 * torch.randn(count, 3, side, side)).clamp(0, 1)

    def paint(x, texts):
        direction = torch.zeros_like(x)
        for _ in range(shape["steps"]):
            grad = gradient(x + shape["noise"] * torch.randn_like(x), lambda seen: -(image(seen) * texts).sum())
            direction = shape["momentum"] * direction + (1 - shape["momentum"]) * grad / (length(grad) + 1e-9)
            x = (x - shape["step_size"] * direction).clamp(0, 1)
        return x

    def step():
        places = torch.randperm(shape["buffer"])[:count]
        anew = (ages[places] > shape["max_age"]) | (torch.rand(count) < shape["restart"])
        start = torch.where(anew.view(-1, 1, 1, 1), fresh(), buffer[places])
        own = torch.where(anew.view(-1, 1), tokens[torch.arange(count) % batch], words[places])
        # One pass of the text tower serves the attack, the painting and the loss.
        features = text(torch.cat([tokens, own]))
        texts = features.detach()
        weights.freeze(True)
        painted = paint(start, texts[batch:])
        buffer[places], words[places] = painted, own
        ages[places] = torch.where(anew, 0, ages[places]) + shape["steps"]
        begin = torch.empty_like(images).uniform_(-0.5, 0.5)
        begin = (images + begin * (shape["radius"] / (length(begin) + 1e-7)).clamp(max=1)).clamp(0, 1)
        moved = ascend(begin, lambda x: contrast(image(x), texts[:batch], scale), shape["attack_steps"], shape["radius"], shape["radius"])
        weights.freeze(False)
        seen = image(torch.cat([moved, painted]))
        real, made = seen[:batch], seen[batch:]
        adversarial = contrast(real, features[:batch], scale)
        choices = functional.cross_entropy(scale.exp() * features[:batch] @ seen.t(), torch.arange(batch))
        right, wrong = (real * features[:batch]).sum(1), (made * features[batch:]).sum(1)
        margin = functional.softplus((wrong.unsqueeze(0) - right.unsqueeze(1)) * scale.exp() / 2).mean()
        weights.descend(adversarial + shape["weight"] * (choices + shape["margin"] * margin))

    return step


def vqgan_step(form, shape):
    """Encoder, nearest codes straight through, decoder; mean absolute error and a distance of feature maps. published: SiLU written out."""
    encoder, decoder = (last(form, tower(shape, form == "published")) for tower in (towers.VqganEncoder, towers.VqganDecoder))
    codebook = torch.nn.Parameter(torch.empty(shape["codes"], shape["code_width"]).uniform_(-1 / shape["codes"], 1 / shape["codes"]))
    critic = last(form, towers.ResidualTower(shape["perceptual"]["widths"], shape["perceptual"]["blocks"], shape["perceptual"]["embed"])).requires_grad_(False)
    weights = Weights([*encoder.parameters(), *decoder.parameters(), codebook], 10.0, 0.998, lr=6e-4, betas=(0.5, 0.9), weight_decay=0)
    images = drawn(form, shape["batch"], 3, shape["size"], shape["size"])
    with torch.no_grad():
        # As codes that nothing chooses begin again at vectors of the batch, all of them do at first.
        rows = encoder(images * 2 - 1).permute(0, 2, 3, 1).flatten(0, 2)
        codebook.copy_(rows[torch.randint(len(rows), (len(codebook),))])

    def step():
        pictures = images * 2 - 1
        latents = encoder(pictures)
        vectors = functional.embedding(towers.nearest(latents, codebook), codebook).permute(0, 3, 1, 2)
        commitment = functional.mse_loss(vectors, latents.detach()) + shape["commitment"] * functional.mse_loss(vectors.detach(), latents)
        made = decoder(latents + (vectors - latents).detach())
        with torch.no_grad():
            wanted = critic.maps(images)
        distances = [(a - b).square().sum(1).mean() for a, b in zip(wanted, critic.maps((made + 1) / 2))]
        weights.descend((made - pictures).abs().mean() + shape["perceptual_weight"] * sum(distances) / len(distances) + commitment)

    return step


def gpt_step(form, shape):
    """Tokens and embeddings of the pictures, then the transformer's likelihood of the tokens."""
    encoder = last(form, towers.VqganEncoder(shape["vqgan"], False)).requires_grad_(False)
    clip = last(form, towers.ResidualTower(shape["clip"]["widths"], shape["clip"]["blocks"], shape["clip"]["embed"])).requires_grad_(False)
    codebook = torch.randn(shape["vqgan"]["codes"], shape["vqgan"]["code_width"])
    model = gpt.Transformer(shape)
    weights = Weights(model.parameters(), average=0.995, lr=1.8e-3, betas=(0.9, 0.95), weight_decay=0.02)
    images = drawn(form, shape["batch"], 3, shape["clip"]["size"], shape["clip"]["size"])

    def step():
        with torch.no_grad():
            tokens = towers.nearest(encoder(images * 2 - 1), codebook).flatten(1)
            condition = clip(images)
            noise = functional.normalize(torch.randn_like(condition), dim=-1) * shape["condition_noise"]
            condition = functional.normalize(condition + noise, dim=-1) * (torch.rand(len(images), 1) >= shape["condition_dropout"])
        logits = model(tokens[:, :-1], condition)
        weights.descend(functional.cross_entropy(logits.flatten(0, 1), tokens.flatten()))

    return step
