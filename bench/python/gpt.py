"""CLIP-GEN's transformer in plain PyTorch: pre-norm blocks, exact GELU, a CLIP embedding as the first position."""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask=None, cache=None, at=0):
        n, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if cache is not None:
            cache[0][:, :, at : at + length], cache[1][:, :, at : at + length] = k, v
            k, v = cache[0][:, :, : at + length], cache[1][:, :, : at + length]
        scores = q @ k.transpose(-2, -1) * (width // self.heads) ** -0.5
        scores = scores if mask is None else scores + mask
        x = x + self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, length, width))
        return x + self.narrow(functional.gelu(self.widen(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        width, self.heads, self.width = shape["width"], shape["heads"], shape["width"]
        self.tokens = nn.Embedding(shape["vocabulary"], width)
        self.positions = nn.Parameter(torch.zeros(1, shape["tokens"], width))
        self.condition = nn.Linear(shape["condition"], width)
        self.blocks = nn.ModuleList(Block(width, shape["heads"]) for _ in range(shape["layers"]))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, shape["vocabulary"])
        self.register_buffer("mask", torch.full((shape["tokens"], shape["tokens"]), float("-inf")).triu(1))
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, tokens, condition):
        """Logits of each token from those before it; the last is not looked at."""
        x = torch.cat([self.condition(condition).unsqueeze(1), self.tokens(tokens)], 1)
        length = x.shape[1]
        x = x + self.positions[:, :length]
        for block in self.blocks:
            x = block(x, self.mask[:length, :length])
        return self.head(self.norm(x))


def choose(logits, top_k=500, top_p=0.95):
    """One of the likely tokens: top-k, then top-p over what it left."""
    values, places = logits.topk(min(top_k, logits.shape[-1]))
    probabilities = values.softmax(-1)
    probabilities[probabilities.cumsum(-1) - probabilities > top_p] = 0
    return places.gather(1, torch.multinomial(probabilities, 1))


def sample(model, condition, count):
    """Keys and values of earlier positions are kept."""
    n, width = len(condition), model.width
    caches = [torch.empty(2, n, model.heads, count, width // model.heads) for _ in model.blocks]
    x, drawn = model.condition(condition).unsqueeze(1), []
    for at in range(count):
        x = x + model.positions[:, at : at + 1]
        for block, cache in zip(model.blocks, caches):
            x = block(x, None, cache, at)
        drawn.append(choose(model.head(model.norm(x[:, -1]))))
        x = model.tokens(drawn[-1])
    return torch.cat(drawn, 1)


def sample_again(model, condition, count):
    """As published: all earlier positions are computed again for each token."""
    tokens = torch.empty(len(condition), 0, dtype=torch.long)
    for _ in range(count):
        tokens = torch.cat([tokens, choose(model(tokens, condition)[:, -1])], 1)
    return tokens
