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


def image_tower(shape):
    return (VisionTransformer if shape["kind"] == "ViT" else ConvNeXt)(shape)


class ChannelNorm(nn.LayerNorm):
    """Over the channels at each place of [N, C, H, W]."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 1e-6))

    def forward(self, x):
        inner = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        inner = self.narrow(functional.gelu(self.widen(inner))) * self.gamma
        return x + inner.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """timm's ConvNeXt (arXiv 2201.03545) with open_clip's linear projection."""

    def __init__(self, shape):
        super().__init__()
        widths = shape["widths"]
        layers = [nn.Conv2d(3, widths[0], 4, 4), ChannelNorm(widths[0], eps=1e-6)]
        for stage, (width, count) in enumerate(zip(widths, shape["blocks"])):
            if stage > 0:
                layers += [ChannelNorm(widths[stage - 1], eps=1e-6), nn.Conv2d(widths[stage - 1], width, 2, 2)]
            layers += [ConvNeXtBlock(width) for _ in range(count)]
        self.body = nn.Sequential(*layers)
        self.norm = nn.LayerNorm(widths[-1], eps=1e-6)
        self.proj = nn.Linear(widths[-1], shape["embed"], bias=False)
        self.register_buffer("mean", torch.tensor(shape["mean"]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(shape["std"]).view(1, 3, 1, 1))

    def forward(self, pixels):
        x = self.body((pixels - self.mean) / self.std).mean((2, 3))
        return functional.normalize(self.proj(self.norm(x)), dim=-1)


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

    def maps(self, pixels):
        """The maps after the stem, each halving and each block, their channels of length 1 at each place."""
        x, maps = (pixels - 0.5) / 0.5, []
        for layer in self.body:
            x = layer(x)
            if isinstance(layer, (nn.Conv2d, ResidualBlock)):
                maps.append(functional.normalize(x, dim=1))
        return maps


class VqganBlock(nn.Module):
    def __init__(self, inputs, outputs, silu, groups):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(groups, inputs, eps=1e-6), nn.GroupNorm(groups, outputs, eps=1e-6)
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.silu = silu

    def forward(self, x):
        hidden = self.conv1(self.silu(self.norm1(x)))
        return self.shortcut(x) + self.conv2(self.silu(self.norm2(hidden)))


class VqganAttention(nn.Module):
    def __init__(self, width, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, width, eps=1e-6)
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


class VqganDownsample(nn.Module):
    """Padded right and below only, so that an even side halves."""

    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 2)

    def forward(self, x):
        return self.conv(functional.pad(x, (0, 1, 0, 1)))


def swish(published):
    """SiLU, written out as in taming-transformers or PyTorch's own."""
    return (lambda x: x * torch.sigmoid(x)) if published else functional.silu


class VqganEncoder(nn.Module):
    """From pictures to latent vectors, as in taming-transformers."""

    def __init__(self, shape, published):
        super().__init__()
        self.silu, groups, width = swish(published), shape["groups"], shape["channels"]
        layers = [nn.Conv2d(3, width, 3, padding=1)]
        for level, wide in enumerate(shape["widths"]):
            if level > 0:
                layers.append(VqganDownsample(width))
            for _ in range(shape["blocks"]):
                layers.append(VqganBlock(width, wide, self.silu, groups))
                width = wide
                if level in shape["attention"]:
                    layers.append(VqganAttention(width, groups))
        layers += [VqganBlock(width, width, self.silu, groups), VqganAttention(width, groups), VqganBlock(width, width, self.silu, groups)]
        self.body = nn.Sequential(*layers)
        self.norm = nn.GroupNorm(groups, width, eps=1e-6)
        self.last, self.quant = nn.Conv2d(width, shape["latents"], 3, padding=1), nn.Conv2d(shape["latents"], shape["code_width"], 1)

    def forward(self, pictures):
        return self.quant(self.last(self.silu(self.norm(self.body(pictures)))))


def nearest(latents, codebook):
    """Numbers [N, h, w] of the codes nearest to [N, D, h, w]."""
    n, width, h, w = latents.shape
    with torch.no_grad():
        rows = latents.permute(0, 2, 3, 1).reshape(-1, width)
        distances = torch.addmm(codebook.square().sum(1), rows, codebook.t(), alpha=-2)
        return distances.argmin(1).view(n, h, w)


class VqganDecoder(nn.Module):
    """From code vectors to pictures, as in taming-transformers."""

    def __init__(self, shape, published):
        super().__init__()
        self.silu, groups, widths = swish(published), shape["groups"], shape["widths"]
        width = widths[-1]
        layers = [nn.Conv2d(shape["code_width"], shape["latents"], 1), nn.Conv2d(shape["latents"], width, 3, padding=1)]
        layers += [VqganBlock(width, width, self.silu, groups), VqganAttention(width, groups), VqganBlock(width, width, self.silu, groups)]
        for level in reversed(range(len(widths))):
            for _ in range(shape["blocks"] + 1):
                layers.append(VqganBlock(width, widths[level], self.silu, groups))
                width = widths[level]
                if level in shape["attention"]:
                    layers.append(VqganAttention(width, groups))
            if level > 0:
                layers.append(VqganUpsample(width))
        self.body = nn.Sequential(*layers)
        self.norm, self.last = nn.GroupNorm(groups, width, eps=1e-6), nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, vectors):
        return self.last(self.silu(self.norm(self.body(vectors))))
