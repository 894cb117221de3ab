"""The Inception-v3 that FID is measured with, in plain PyTorch.

A convolution, batch normalisation and a ReLU after each, average pools that do not count their padding, a maximum in the
last block: the shape that pytorch-fid's weights have. Written as one would read it in the paper (arXiv 1512.00567).
"""

import torch
from torch import nn
from torch.nn import functional


class Unit(nn.Sequential):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=None):
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = tuple(side // 2 for side in kernel) if padding is None else padding
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False), nn.BatchNorm2d(outputs, eps=0.001), nn.ReLU(inplace=True)
        )


class Average(nn.Module):
    def forward(self, x):
        return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


class Fork(nn.Module):
    """Branches side by side, their channels joined."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def chain(inputs, *steps):
    units = []
    for outputs, kernel, *rest in steps:
        units.append(Unit(inputs, outputs, kernel, *rest))
        inputs = outputs
    return nn.Sequential(*units)


def same(inputs, pooled):
    return Fork(
        chain(inputs, (64, 1)),
        chain(inputs, (48, 1), (64, 5)),
        chain(inputs, (64, 1), (96, 3), (96, 3)),
        nn.Sequential(Average(), Unit(inputs, pooled, 1)),
    )


def factorised(inputs, inner):
    return Fork(
        chain(inputs, (192, 1)),
        chain(inputs, (inner, 1), (inner, (1, 7)), (192, (7, 1))),
        chain(inputs, (inner, 1), (inner, (7, 1)), (inner, (1, 7)), (inner, (7, 1)), (192, (1, 7))),
        nn.Sequential(Average(), Unit(inputs, 192, 1)),
    )


def wide(inputs, pool):
    def split(width):
        return Fork(Unit(width, 384, (1, 3)), Unit(width, 384, (3, 1)))

    return Fork(
        chain(inputs, (320, 1)),
        nn.Sequential(chain(inputs, (384, 1)), split(384)),
        nn.Sequential(chain(inputs, (448, 1), (384, 3)), split(384)),
        nn.Sequential(pool, Unit(inputs, 192, 1)),
    )


class Inception(nn.Module):
    """Pictures [N, 3, H, W] in [0, 1] to [N, 2048]."""

    def __init__(self):
        super().__init__()
        half = dict(kernel_size=3, stride=2)
        self.layers = nn.Sequential(
            chain(3, (32, 3, 2, 0), (32, 3, 1, 0), (64, 3)),
            nn.MaxPool2d(**half),
            chain(64, (80, 1), (192, 3, 1, 0)),
            nn.MaxPool2d(**half),
            same(192, 32),
            same(256, 64),
            same(288, 64),
            Fork(chain(288, (384, 3, 2, 0)), chain(288, (64, 1), (96, 3), (96, 3, 2, 0)), nn.MaxPool2d(**half)),
            factorised(768, 128),
            factorised(768, 160),
            factorised(768, 160),
            factorised(768, 192),
            Fork(
                chain(768, (192, 1), (320, 3, 2, 0)),
                chain(768, (192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2, 0)),
                nn.MaxPool2d(**half),
            ),
            wide(1280, Average()),
            wide(2048, nn.MaxPool2d(3, stride=1, padding=1)),
        )

    def forward(self, pictures):
        x = functional.interpolate(pictures, size=(299, 299), mode="bilinear", align_corners=False)
        return self.layers(2 * x - 1).mean((2, 3))
