"""Made the files beside it, with Pillow 9.4, exiftool 12 and ImageMagick 6; run it in this folder to make them again.

NAME.pillow.png holds the pixels that Pillow reads from NAME, MODE.resized.png what it resizes MODE.png to.
"""
from subprocess import run

from PIL import Image, PngImagePlugin


def ramp(width, height, function):
    return Image.frombytes("L", (width, height), bytes(function(x, y) % 256 for y in range(height) for x in range(width)))


# PNG: 13 x 9 pixels in every mode.
W, H = 13, 9
rgb = Image.merge("RGB", [ramp(W, H, lambda x, y: x * 19 + y * 7 * (c + 1) + c * 50) for c in range(3)])
grey, alpha = rgb.convert("L"), ramp(W, H, lambda x, y: x * 21)
rgba = rgb.copy()
rgba.putalpha(alpha)
grey_alpha = Image.merge("LA", [grey, alpha])
palette = rgb.quantize(16)
rgb.save("rgb.png")
rgba.save("rgba.png")
grey.save("grey.png")
grey_alpha.save("grey-alpha.png")
rgb.convert("1").save("bilevel.png")
palette.save("palette4.png", bits=4)
palette.save("palette-alpha.png", transparency=bytes([0, 64, 128]))
grey.save("grey-key.png", transparency=grey.getpixel((3, 3)))
rgb.save("rgb-key.png", transparency=rgb.getpixel((2, 1)))
deep = b"".join(((x * 5000 + y * 300) % 65536).to_bytes(2, "little") for y in range(H) for x in range(W))
Image.frombytes("I;16", (W, H), deep).save("grey16.png")
colour, interlace, bits = (["-define", "png:color-type=2"], ["-interlace", "PNG"], ["-define", "png:bit-depth=16"])
run(["convert", "rgb.png", *interlace, *colour, "interlaced.png"], check=True)
run(["convert", "rgb.png", "-depth", "16", "-evaluate", "add", "77", *bits, *colour, "rgb16.png"], check=True)
run(["convert", "rgba.png", *interlace, "-depth", "16", *bits, "-define", "png:color-type=6", "rgba16-interlaced.png"], check=True)

texts = PngImagePlugin.PngInfo()
texts.add_text("parameters", "a cat\nSteps: 20, Seed: 7")
texts.add_text("Comment", "straße", zip=True)
texts.add_itxt("Title", "塔 🗼", "ja", "題", zip=True)
texts.add_itxt("Plain", "Ünï 塔")
rgb.save("texts.png", pnginfo=texts)

# JPEG and WebP: 40 x 24 pixels.
W, H = 40, 24
photo = Image.merge("RGB", [ramp(W, H, lambda x, y: x * 6 + y * (c + 2) * 2) for c in range(3)])
clear = photo.copy()
clear.putalpha(ramp(W, H, lambda x, y: x * 6))
photo.save("rgb.jpg", quality=90)
photo.save("progressive.jpg", quality=85, progressive=True)
photo.convert("L").save("grey.jpg", quality=90)
photo.convert("CMYK").save("cmyk.jpg", quality=95)
run(["convert", "rgb.jpg", "-colorspace", "CMYK", "ycck.jpg"], check=True)
photo.save("rgb.webp", quality=80)
photo.save("lossless.webp", lossless=True)
clear.save("alpha.webp", quality=80)
later = [photo.transpose(Image.FLIP_LEFT_RIGHT), photo.rotate(180)]
photo.save("animation.webp", save_all=True, append_images=later, duration=100, loop=0, lossless=True)

# Orientation: one upright picture, stored the eight ways in which cameras store it.
upright = Image.new("RGB", (48, 32), "white")
upright.paste("red", (0, 0, 16, 16))
upright.paste("blue", (32, 16, 48, 32))
upright.paste("green", (0, 16, 16, 32))
upright.save("upright.png")
stored = [None, Image.FLIP_LEFT_RIGHT, Image.ROTATE_180, Image.FLIP_TOP_BOTTOM,
          Image.TRANSPOSE, Image.ROTATE_90, Image.TRANSVERSE, Image.ROTATE_270]
exiftool = ["exiftool", "-q", "-overwrite_original", "-n"]
for number, turn in enumerate(stored, 1):
    name = f"orientation{number}.jpg"
    (upright if turn is None else upright.transpose(turn)).save(name, quality=95, subsampling=0)
    run([*exiftool, f"-Orientation={number}", name], check=True)
turned = upright.transpose(Image.ROTATE_90)
turned.save("orientation6.png")
turned.save("orientation6.webp", lossless=True)
run([*exiftool, "-IFD0:Orientation=6", "orientation6.png", "orientation6.webp"], check=True)

# What Pillow reads.
for name in ["rgb.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "ycck.jpg", "rgb.webp", "lossless.webp", "alpha.webp",
             "animation.webp", "interlaced.png", "rgb16.png", "rgba16-interlaced.png"]:
    picture = Image.open(name)
    (picture.convert("RGB") if picture.mode == "CMYK" else picture).save(f"{name}.pillow.png")
for name in ["bilevel.png", "palette4.png", "palette-alpha.png", "grey-key.png", "rgb-key.png", "grey-alpha.png"]:
    Image.open(name).convert("RGBA").save(f"{name}.pillow.png")

# What Pillow resizes to, one strip a mode: 20 x 17 pixels with each filter, then 5 x 4 with each at the left.
for name, picture in [("rgb", rgb), ("rgba", rgba), ("grey", grey), ("grey-alpha", grey_alpha)]:
    strip = Image.new(picture.mode, (20, 5 * 17 + 5 * 4))
    for i, kernel in enumerate([Image.NEAREST, Image.BOX, Image.BILINEAR, Image.BICUBIC, Image.LANCZOS]):
        strip.paste(picture.resize((20, 17), kernel), (0, 17 * i))
        strip.paste(picture.resize((5, 4), kernel), (0, 5 * 17 + 4 * i))
    strip.save(f"{name}.resized.png")
