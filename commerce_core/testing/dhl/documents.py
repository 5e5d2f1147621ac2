"""The smallest documents that are really what they say: a PDF, a PNG, a GIF, a ZPL label."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

_PAGE: Final = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R"
    b"/Resources<</Font<</F1 5 0 R>>>>>>"
)


def pdf(text: str) -> bytes:
    """Return a PDF of one page with one line of text."""
    safe = text.replace("\\", "").replace("(", "").replace(")", "")
    stream = f"BT /F1 12 Tf 20 100 Td ({safe}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        _PAGE,
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%sendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def png(seed: str, size: int = 21) -> bytes:
    """Return a black-and-white image that looks like a code, the same for the same seed."""
    noise = zlib.crc32(seed.encode())
    rows = bytearray()
    for y in range(size):
        rows.append(0)
        for x in range(size):
            noise = (noise * 1103515245 + 12345 + x * y) & 0x7FFFFFFF
            rows.append(0 if noise & 0x10000 else 255)
    header = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    out = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        out += struct.pack(">I", len(data)) + kind + data
        out += struct.pack(">I", zlib.crc32(kind + data))
    return out


def zpl(text: str) -> str:
    """Return a ZPL label with one line of text."""
    return f"^XA^FO40,40^A0N,40,40^FD{text.replace('^', '')}^FS^XZ"


GIF: Final = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
"""A signature of one pixel."""


def b64(content: bytes) -> str:
    """Return bytes as DHL's JSON carries them."""
    return base64.b64encode(content).decode()
