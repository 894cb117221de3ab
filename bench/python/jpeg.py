"""JPEG files to training pictures: decoded, cropped at random, resized, batched. A thread for each core; Pillow decodes no larger than is needed."""

import io
import math
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import torch
from PIL import Image


def pipeline(shape):
    files = [file.read_bytes() for file in sorted(Path(shape["folder"]).iterdir())]
    size = shape["size"]
    pool = ThreadPoolExecutor(shape["workers"])

    def one(number):
        picture = Image.open(io.BytesIO(files[number % len(files)]))
        wide, high = picture.size
        area, ratio = wide * high * random.uniform(0.9, 1), math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = min(wide, math.sqrt(area * ratio)), min(high, math.sqrt(area / ratio))
        left, top = random.uniform(0, wide - w), random.uniform(0, high - h)
        # No larger than needed, and no smaller: the crop has at least the pixels that it is resized to.
        picture.draft("RGB", (math.ceil(size * wide / w), math.ceil(size * high / h)))
        # In the pixels that were decoded, which may be fewer than the file's.
        by = picture.size[0] / wide
        picture = picture.convert("RGB").resize((size, size), Image.BICUBIC, box=(left * by, top * by, (left + w) * by, (top + h) * by))
        return torch.from_numpy(numpy.asarray(picture, dtype=numpy.float32).transpose(2, 0, 1) / 255)

    def step():
        return torch.stack(list(pool.map(one, range(shape["pictures"]))))

    return step
