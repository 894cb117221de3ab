"""Writes the tables of this folder from what Python knows: html.entities (HTML 5) and unicodedata (Unicode).

    python3 generate.py
"""
import html
import sys
import unicodedata
from html.entities import html5
from itertools import groupby
from pathlib import Path

FOLDER = Path(__file__).parent


def hex_of(text):
    return " ".join(f"{ord(character):X}" for character in text)


def entities():
    """Lines `name;text` or, for names that HTML knows without their semicolon too, `name:text`; text in hexadecimal.
    A third field is the text in upper case where that differs and the name in upper case is no entity of its own."""
    for name, text in sorted(html5.items()):
        if not name.endswith(";"):
            continue
        line = name[:-1] + (":" if name[:-1] in html5 else ";") + hex_of(text)
        shouted = f"&{name.upper()}"
        if name == name.lower() and html.unescape(shouted) == shouted and text.upper() != text:
            line += ";" + hex_of(text.upper())
        yield line


def ranges(points):
    for _, group in groupby(enumerate(points), lambda pair: pair[1] - pair[0]):
        run = [point for _, point in group]
        yield f"{run[0]:X}" if len(run) == 1 else f"{run[0]:X}-{run[-1]:X}"


def normalization():
    """Lines `class ranges`, then `=character decomposition` (`!` where it is never composed), canonical ones only."""
    characters = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000]
    classes = {}
    for character in characters:
        if (number := unicodedata.combining(character)) != 0:
            classes.setdefault(number, []).append(ord(character))
    for number, points in sorted(classes.items()):
        yield f"{number} {' '.join(ranges(points))}"
    for character in characters:
        decomposition = unicodedata.decomposition(character)
        if decomposition and not decomposition.startswith("<"):
            mark = "=" if unicodedata.normalize("NFC", character) == character else "!"
            parts = "".join(chr(int(part, 16)) for part in decomposition.split())
            yield f"{mark}{hex_of(character)} {hex_of(parts)}"


def widths():
    """Lines `character text` for what has another width: U+3000 and the block of half and full widths."""
    yield "3000 20"
    for point in range(0xFF01, 0xFFF0):
        normal = unicodedata.normalize("NFKC", chr(point))
        if normal != chr(point):
            yield f"{point:X} {hex_of(normal)}"


for name, lines in {"entities": entities(), "normalization": normalization(), "widths": widths()}.items():
    (FOLDER / f"{name}.txt").write_text("".join(line + "\n" for line in lines), encoding="ascii")
