"""Draws a product of the demo: the outline of its category in its colour, as a small PNG."""

from __future__ import annotations

import struct
import zlib
from itertools import pairwise
from typing import Final

Point = tuple[float, float]

SIZE: Final = 400
_PAPER: Final = (0xD9, 0xDE, 0xDC)
_SHADE: Final = 0.82
"""How much darker the second tone is: seams, handles, soles."""

# Outlines in hundredths of the picture; of each drawing the first is in the colour, the second in
# its darker tone.
_SHIRT: Final = "30,18 42,14 50,19 58,14 70,18 90,38 79,47 72,41 72,86 28,86 28,41 21,47 10,38"
_JUMPER: Final = "30,18 42,14 58,14 70,18 88,70 76,74 71,50 71,84 29,84 29,50 24,74 12,70"
_DRAWINGS: Final[dict[str, tuple[str, str]]] = {
    "Shirts": (_SHIRT, "49,20 51,20 51,86 49,86"),
    "Knitwear": (_JUMPER, "29,78 71,78 71,84 29,84"),
    "Outerwear": (_JUMPER, "48,16 52,16 52,84 48,84"),
    "Trousers": ("32,12 68,12 74,90 56,90 50,40 44,90 26,90", "32,12 68,12 69,19 31,19"),
    "Dresses": ("38,12 44,12 50,22 56,12 62,12 60,40 78,88 22,88 40,40", "40,38 60,38 61,43 39,43"),
    "Shoes": ("14,40 34,38 44,52 76,60 88,70 88,76 14,76", "12,76 90,76 90,83 12,83"),
    "Accessories": (
        "22,40 78,40 84,86 16,86",
        "36,40 36,24 44,16 56,16 64,24 64,40 59,40 59,27 54,21 46,21 41,27 41,40",
    ),
    "Textiles": ("14,34 86,34 86,48 14,48", "14,52 86,52 86,66 14,66"),
    "Tableware": ("22,30 66,30 62,78 26,78", "66,38 80,38 82,58 65,66 65,60 76,54 75,44 66,44"),
    "Kitchen": ("12,46 62,46 58,68 16,68", "62,49 92,44 92,50 62,55"),
    "Candles": ("36,36 64,36 64,86 36,86", "50,12 56,24 52,33 48,33 44,24"),
    "Living": ("30,14 70,14 82,50 18,50", "47,50 53,50 53,82 66,86 34,86 47,82"),
    "Bath": ("26,40 74,40 70,84 30,84", "42,28 58,28 58,40 42,40"),
}  # fmt: skip
_ANY: Final = ("18,30 50,16 82,30 82,74 50,88 18,74", "48,46 52,46 52,86 48,86")


def draw_product(category: str, colour: str) -> bytes:
    """Return the picture of a product of ``category`` in ``colour`` (``#aa3322``) as PNG."""
    rgb = tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
    darker = tuple(round(part * _SHADE) for part in rgb)
    rows = [bytearray(SIZE) for _ in range(SIZE)]
    for tone, outline in enumerate(_DRAWINGS.get(category, _ANY), 1):
        _fill(rows, _points(outline), tone)
    return _png(rows, (_PAPER, rgb, darker))


def _points(outline: str) -> list[Point]:
    pairs = (pair.split(",") for pair in outline.split())
    return [(float(x) * SIZE / 100, float(y) * SIZE / 100) for x, y in pairs]


def _fill(rows: list[bytearray], points: list[Point], tone: int) -> None:
    """Fill a polygon line by line, between every other crossing of its edges."""
    edges = list(pairwise([*points, points[0]]))
    for y, row in enumerate(rows):
        middle = y + 0.5
        crossings = sorted(
            ax + (middle - ay) * (bx - ax) / (by - ay)
            for (ax, ay), (bx, by) in edges
            if (ay <= middle) != (by <= middle)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            start, end = round(left), round(right)
            row[start:end] = bytes([tone]) * (end - start)


def _png(rows: list[bytearray], palette: tuple[tuple[int, ...], ...]) -> bytes:
    """Write rows of palette numbers as a PNG (ISO/IEC 15948, colour type 3)."""
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 3, 0, 0, 0)
    colours = b"".join(bytes(colour) for colour in palette)
    content = zlib.compress(b"".join(b"\x00" + bytes(row) for row in rows), 9)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", content), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum
