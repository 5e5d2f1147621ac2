"""Labels and other documents: their bytes, and what they really are."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from commerce_core.logistics.dhl.messages import Message, key, term, text

_SPACE: Final = re.compile(r"\s+")
_URL_ALPHABET: Final = str.maketrans("-_", "+/")
_PDF_TAIL_BYTES: Final = 2048
_ZPL_HEAD_BYTES: Final = 4096


class MediaType(StrEnum):
    """What a document is by its first bytes, whatever it was called."""

    PDF = "application/pdf"
    PNG = "image/png"
    GIF = "image/gif"
    ZPL = "application/zpl"
    UNKNOWN = "application/octet-stream"


def sniff(content: bytes) -> MediaType:
    """Return the type that the magic bytes tell."""
    if content.startswith(b"%PDF"):
        return MediaType.PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if content.startswith((b"GIF87a", b"GIF89a", b"GIF8")):
        return MediaType.GIF
    if b"^XA" in content[:_ZPL_HEAD_BYTES]:
        return MediaType.ZPL
    return MediaType.UNKNOWN


def is_whole(content: bytes, media_type: MediaType) -> bool:
    """Return False if the document visibly stops before its end."""
    if media_type is MediaType.PDF:
        return b"%%EOF" in content[-_PDF_TAIL_BYTES:]
    if media_type is MediaType.PNG:
        return b"IEND" in content[-16:]
    if media_type is MediaType.ZPL:
        return b"^XZ" in content
    return bool(content)


def decode_base64(encoded: str) -> bytes:
    """Return the bytes; line breaks, the URL alphabet and missing padding are forgiven.

    What is no base64 at all gives no bytes.
    """
    cleaned = _SPACE.sub("", encoded).translate(_URL_ALPHABET).rstrip("=")
    if len(cleaned) % 4 == 1:
        cleaned = cleaned[:-1]
    try:
        return base64.b64decode(cleaned + "=" * (-len(cleaned) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


@dataclass(frozen=True, kw_only=True)
class Document(Message):
    """A label or form. ``url`` is a public link to it: keep it as a secret."""

    b64: str | None = key("b64", text)
    zpl2: str | None = key("zpl2", text)
    url: str | None = key("url", text)
    file_format: str | None = key("fileFormat", term)
    print_format: str | None = key("printFormat", term)
    content: bytes = field(default=b"", repr=False)
    media_type: MediaType = MediaType.UNKNOWN
    is_complete: bool = False
    """False if the bytes visibly stop before the document's end, or there are none."""

    @classmethod
    def _settle(cls, values: dict[str, Any]) -> None:
        content = b""
        if values.get("b64"):
            content = decode_base64(values["b64"])
        elif values.get("zpl2"):
            content = _zpl_bytes(values["zpl2"])
        media_type = sniff(content)
        values["content"] = content
        values["media_type"] = media_type
        values["is_complete"] = is_whole(content, media_type)

    def __repr__(self) -> str:
        return f"Document({self.media_type}, {len(self.content)} bytes)"


def document_of(content: bytes) -> Document:
    """Return downloaded bytes as a document."""
    media_type = sniff(content)
    return Document(
        content=content, media_type=media_type, is_complete=is_whole(content, media_type)
    )


def _zpl_bytes(value: str) -> bytes:
    """Return ZPL as bytes: DHL documents it as text and has sent it in base64, too."""
    if "^XA" in value:
        return value.encode()
    decoded = decode_base64(value)
    return decoded if b"^XA" in decoded else value.encode()
