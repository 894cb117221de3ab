"""Prints the numbers that OptimizerTests and LayerTests hold Pagoda against: /usr/bin/python3 reference_numbers.py"""

import torch
from torch import nn

START = [0.5, -1.25, 2.0]


def gradient(step):
    return torch.tensor([0.1 * (step + 1), -0.3, 0.02 * step * step])


def show(name, tensor):
    print(name, "[" + ", ".join(f"{x:.9g}f" for x in tensor.detach().flatten().tolist()) + "]")


def optimizer(name, make, steps=4):
    weight = nn.Parameter(torch.tensor(START))
    rule = make([weight])
    for step in range(steps):
        weight.grad = gradient(step)
        rule.step()
    show(name, weight)


optimizer("Adam", lambda p: torch.optim.Adam(p, lr=0.1))
optimizer("Adam, decay 0.2", lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.2))
optimizer("AdamW, decay 0.2, betas 0.8 0.9", lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.2, betas=(0.8, 0.9)))
optimizer("SGD", lambda p: torch.optim.SGD(p, lr=0.1))
optimizer("SGD, momentum 0.9, decay 0.2", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.2))

a, b = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1))
a.grad, b.grad = torch.tensor([3.0, 4.0]), torch.tensor([12.0])
print("norm", float(nn.utils.clip_grad_norm_([a, b], 6.5)))
show("clipped a", a.grad)
show("clipped b", b.grad)


def ramp(*shape, scale=0.1):
    """sin(0), sin(1), sin(2), ... times a scale: numbers that another program can make."""
    count = 1
    for size in shape:
        count *= size
    return (torch.arange(count, dtype=torch.float32).sin() * scale).view(shape)


def fill(module):
    for parameter in module.parameters():
        parameter.data = ramp(*parameter.shape)
    return module


show("Linear", fill(nn.Linear(3, 2))(ramp(2, 3, scale=1)))
show("Conv2d, stride 2, padding 1, groups 2", fill(nn.Conv2d(2, 2, 3, 2, 1, groups=2))(ramp(1, 2, 4, 4, scale=1)))
show("LayerNorm", fill(nn.LayerNorm(4))(ramp(2, 4, scale=1)))
show("GroupNorm, 2 groups", fill(nn.GroupNorm(2, 4))(ramp(1, 4, 1, 2, scale=1)))
show("Embedding", fill(nn.Embedding(4, 3))(torch.tensor([2, 0])))
norm = fill(nn.BatchNorm2d(2)).eval()
norm.running_mean, norm.running_var = torch.tensor([0.5, -0.5]), torch.tensor([2.0, 0.25])
show("BatchNorm2d", norm(ramp(1, 2, 1, 2, scale=1)))
attention = fill(nn.MultiheadAttention(4, 2, batch_first=True))
x = ramp(1, 3, 4, scale=1)
mask = torch.full((3, 3), float("-inf")).triu(1)
show("MultiheadAttention, 2 heads", attention(x, x, x, need_weights=False)[0])
show("MultiheadAttention, 2 heads, causal", attention(x, x, x, need_weights=False, attn_mask=mask)[0])
