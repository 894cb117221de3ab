"""Made the files beside it, with Pillow 9.4 and numpy 1.24; run it in this folder to make them again.

NAME.png is a picture, NAME.clean.npz what clean-fid makes of it before the network: each channel as a picture of mode F, resized bicubically
to 299 x 299, cut to 0 ... 255. Of that, every 13th row and every 11th column from 0 on are kept, [3, 23, 28] of float32. blurred.png is
sharp.png after ImageFilter.GaussianBlur(2).
"""
import numpy as np
from PIL import Image, ImageFilter


def picture(width, height):
    y, x = np.mgrid[0:height, 0:width]
    planes = [(np.sin(x / (5 + 3 * c)) * np.cos(y / (7 - 2 * c)) * 0.5 + 0.5) * 255 for c in range(3)]
    # Black on white, where the kernel overshoots.
    planes = [np.where((x // 29 + y // 23) % 3 == 0, (x // 29 % 2) * 255, plane) for plane in planes]
    return Image.fromarray(np.stack(planes, -1).astype(np.uint8))


for name, size in dict(wide=(403, 310), small=(61, 83)).items():
    image = picture(*size)
    image.save(f"{name}.png", optimize=True)
    channels = [np.asarray(Image.fromarray(np.asarray(image)[:, :, c].astype(np.float32), mode="F").resize((299, 299), Image.BICUBIC)) for c in range(3)]
    np.savez_compressed(f"{name}.clean.npz", planes=np.stack(channels).clip(0, 255)[:, ::13, ::11])
picture(403, 310).crop((0, 0, 96, 80)).save("sharp.png", optimize=True)
picture(403, 310).crop((0, 0, 96, 80)).filter(ImageFilter.GaussianBlur(2)).save("blurred.png", optimize=True)
