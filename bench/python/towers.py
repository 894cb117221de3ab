"""CLIP's towers in plain PyTorch, as the reference programs write them.

Attention is torch.nn.MultiheadAttention over [length, batch, width], as in openai/CLIP and open_clip. Nothing is shared
with Pagoda but the shapes.
"""

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    def __init__(self, width, heads, mlp_ratio, quick_gelu):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.c_fc = nn.Linear(width, int(width * mlp_ratio))
        self.c_proj = nn.Linear(int(width * mlp_ratio), width)
        self.quick_gelu = quick_gelu

    def forward(self, x, mask=None):
        normal = self.ln_1(x)
        x = x + self.attn(normal, normal, normal, need_weights=False, attn_mask=mask)[0]
        hidden = self.c_fc(self.ln_2(x))
        hidden = hidden * torch.sigmoid(1.702 * hidden) if self.quick_gelu else functional.gelu(hidden)
        return x + self.c_proj(hidden)


class Transformer(nn.Module):
    def __init__(self, width, layers, heads, mlp_ratio=4.0, quick_gelu=False):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads, mlp_ratio, quick_gelu) for _ in range(layers))

    def forward(self, x, mask=None):
        x = x.permute(1, 0, 2)
        for block in self.blocks:
            x = block(x, mask)
        return x.permute(1, 0, 2)


class VisionTransformer(nn.Module):
    def __init__(self, shape):
        super().__init__()
        width, patch = shape["width"], shape["patch"]
        grid = shape["size"] // patch
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(width) * width**-0.5)
        self.positional_embedding = nn.Parameter(torch.randn(grid * grid + 1, width) * width**-0.5)
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, shape["layers"], shape["heads"], shape["mlp_ratio"], shape["quick_gelu"])
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.randn(width, shape["embed"]) * width**-0.5)
        self.register_buffer("mean", torch.tensor(shape["mean"]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(shape["std"]).view(1, 3, 1, 1))

    def forward(self, pixels):
        x = self.conv1((pixels - self.mean) / self.std).flatten(2).transpose(1, 2)
        first = self.class_embedding.expand(x.shape[0], 1, -1)
        x = torch.cat([first, x], 1) + self.positional_embedding
        x = self.transformer(self.ln_pre(x))
        return functional.normalize(self.ln_post(x[:, 0]) @ self.proj, dim=-1)


class TextTower(nn.Module):
    def __init__(self, context, vocabulary, width, heads, layers, embed, quick_gelu=False):
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        self.positional_embedding = nn.Parameter(torch.randn(context, width) * 0.01)
        self.transformer = Transformer(width, layers, heads, quick_gelu=quick_gelu)
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.randn(width, embed) * width**-0.5)
        self.register_buffer("mask", torch.full((context, context), float("-inf")).triu(1))

    def forward(self, tokens):
        x = self.token_embedding(tokens) + self.positional_embedding
        x = self.ln_final(self.transformer(x, self.mask))
        x = x[torch.arange(len(x)), tokens.argmax(-1)] @ self.text_projection
        return functional.normalize(x, dim=-1)


class ResidualBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(8, width), nn.GroupNorm(8, width)
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, x):
        return x + self.conv2(functional.silu(self.norm2(self.conv1(functional.silu(self.norm1(x))))))


class ResidualTower(nn.Module):
    def __init__(self, widths, blocks, embed):
        super().__init__()
        layers = [nn.Conv2d(3, widths[0], 4, 2, 1)]
        for stage, (width, count) in enumerate(zip(widths, blocks)):
            if stage > 0:
                layers += [nn.GroupNorm(8, widths[stage - 1]), nn.Conv2d(widths[stage - 1], width, 2, 2)]
            layers += [ResidualBlock(width) for _ in range(count)]
        self.body = nn.Sequential(*layers, nn.GroupNorm(8, widths[-1]), nn.SiLU())
        self.proj = nn.Linear(widths[-1], embed)

    def forward(self, pixels):
        return functional.normalize(self.proj(self.body((pixels - 0.5) / 0.5).mean((2, 3))), dim=-1)


class VqganBlock(nn.Module):
    def __init__(self, inputs, outputs, silu):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(32, inputs, eps=1e-6), nn.GroupNorm(32, outputs, eps=1e-6)
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.silu = silu

    def forward(self, x):
        hidden = self.conv1(self.silu(self.norm1(x)))
        return self.shortcut(x) + self.conv2(self.silu(self.norm2(hidden)))


class VqganAttention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.GroupNorm(32, width, eps=1e-6)
        self.q, self.k, self.v, self.out = (nn.Conv2d(width, width, 1) for _ in range(4))

    def forward(self, x):
        normal = self.norm(x)
        q, k, v = (conv(normal).flatten(2) for conv in (self.q, self.k, self.v))
        shares = torch.softmax(q.transpose(1, 2) @ k * x.shape[1] ** -0.5, dim=2)
        return x + self.out((v @ shares.transpose(1, 2)).view_as(x))


class VqganUpsample(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return self.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))


class VqganDecoder(nn.Module):
    """From tokens to pictures, as in taming-transformers."""

    def __init__(self, shape, published):
        super().__init__()
        silu = (lambda x: x * torch.sigmoid(x)) if published else functional.silu
        widths = shape["widths"]
        width = widths[-1]
        self.codebook = nn.Embedding(shape["codes"], shape["code_width"])
        layers = [nn.Conv2d(shape["code_width"], shape["latents"], 1), nn.Conv2d(shape["latents"], width, 3, padding=1)]
        layers += [VqganBlock(width, width, silu), VqganAttention(width), VqganBlock(width, width, silu)]
        for level in reversed(range(len(widths))):
            for _ in range(shape["blocks"] + 1):
                layers.append(VqganBlock(width, widths[level], silu))
                width = widths[level]
                if level in shape["attention"]:
                    layers.append(VqganAttention(width))
            if level > 0:
                layers.append(VqganUpsample(width))
        self.body = nn.Sequential(*layers)
        self.norm, self.last = nn.GroupNorm(32, width, eps=1e-6), nn.Conv2d(width, 3, 3, padding=1)
        self.silu = silu

    def forward(self, tokens):
        x = self.body(self.codebook(tokens).permute(0, 3, 1, 2))
        return self.last(self.silu(self.norm(x)))
