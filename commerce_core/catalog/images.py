"""Pictures of products: by address, or as files in a storage of the host's choice.

Storing a file is work on the outside world, so it happens before the transaction:
``store_image`` first, ``add_image`` second. A key is made of the content: the same picture is
stored once, and one that no row names is garbage that does no harm.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from sqlalchemy import select

from commerce_core.catalog.attribute_models import ALT_LENGTH, URL_LENGTH, ProductImage
from commerce_core.catalog.change_models import ChangeKind
from commerce_core.catalog.changes import ChangeLog, require_actor
from commerce_core.catalog.models import Product, Variant
from commerce_core.catalog.options import next_position
from commerce_core.errors import InvalidImageError, InvalidInputError
from commerce_core.records import id_of
from commerce_core.text import clean_optional, clean_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

MAX_IMAGE_BYTES: Final = 10_000_000
_KEY: Final = re.compile(r"[0-9a-f]{64}\.(png|jpg|gif|webp|avif)")
_SUFFIXES: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
}


class ImageStorage(Protocol):
    """Where pictures are kept: a folder, a bucket, anything with these three."""

    def save(self, key: str, content: bytes) -> None:
        """Keep ``content`` under ``key``; the same key always has the same content."""
        ...

    def read(self, key: str) -> bytes | None:
        """Return what is kept under ``key``, or None."""
        ...

    def remove(self, key: str) -> None:
        """Forget ``key``; nothing happens where it is not kept."""
        ...


@dataclass(frozen=True, slots=True)
class LocalImages:
    """Pictures in a folder of this machine, which is made with the first of them."""

    folder: Path

    def save(self, key: str, content: bytes) -> None:
        """Write the file whole or not at all."""
        path = self._path(key)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def read(self, key: str) -> bytes | None:
        """Return the file's content, or None where there is none."""
        path = self._path(key)
        return path.read_bytes() if path.is_file() else None

    def remove(self, key: str) -> None:
        """Delete the file, if it is there."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            message = "this is no key of a stored picture"
            raise InvalidImageError(message, key=key[:80])
        return self.folder / key[:2] / key


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A picture that is in the storage: its key, what it is, and how many bytes it has."""

    key: str
    content_type: str
    size: int


def sniff_image(content: bytes) -> str:
    """Return the content type that the bytes themselves show, whatever their name says.

    PNG, JPEG, GIF, WebP and AVIF are pictures; SVG is not taken, as it may hold scripts.

    Raises:
        InvalidImageError: none of these, empty, or larger than 10 MB.
    """
    if len(content) > MAX_IMAGE_BYTES:
        message = f"the picture has {len(content) / 1e6:.1f} MB: at most 10 MB"
        raise InvalidImageError(message, size=len(content))
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in {b"avif", b"avis"}:
        return "image/avif"
    message = "this is no picture: PNG, JPEG, GIF, WebP and AVIF are taken"
    raise InvalidImageError(message, size=len(content))


def store_image(storage: ImageStorage, content: bytes) -> StoredImage:
    """Check a picture and put it into the storage. Touches no database.

    Raises:
        InvalidImageError: it is none, or too large.
    """
    kind = sniff_image(content)
    key = f"{hashlib.sha256(content).hexdigest()}.{_SUFFIXES[kind]}"
    storage.save(key, content)
    return StoredImage(key, kind, len(content))


def add_image(
    session: Session,
    product: Product,
    image: StoredImage | str,
    *,
    actor: str,
    alt: str = "",
    variant: Variant | None = None,
) -> ProductImage:
    """Show a stored picture, or one at an https address, with a product. The caller commits.

    Raises:
        InvalidImageError: the text is no web address.
        InvalidInputError: the variant is another product's.
    """
    log = ChangeLog(require_actor(actor))
    product_id = id_of(product, Product)
    if variant is not None and variant.product_id != product_id:
        message = "the variant belongs to another product"
        raise InvalidInputError(message, variant_id=variant.id)
    made = ProductImage(
        product_id=product_id,
        variant_id=None if variant is None else id_of(variant, Variant),
        position=next_position(session, ProductImage, product_id=product_id),
        alt=clean_optional(alt, name="the description of the picture", max_length=ALT_LENGTH) or "",
    )
    if isinstance(image, str):
        made.url = require_url(image)
    else:
        made.storage_key, made.content_type, made.size = image.key, image.content_type, image.size
    session.add(made)
    session.flush()
    log.add(product_id, {"image": (None, made.url or made.storage_key)}, kind=ChangeKind.IMAGE)
    log.write(session)
    return made


def remove_image(session: Session, image: ProductImage, *, actor: str) -> None:
    """Show a picture no longer. The file stays: another product may show it. Caller commits."""
    log = ChangeLog(require_actor(actor))
    id_of(image, ProductImage)
    change = {"image": (image.url or image.storage_key, None)}
    log.add(image.product_id, change, kind=ChangeKind.IMAGE)
    session.delete(image)
    session.flush()
    log.write(session)


def order_images(
    session: Session, product: Product, images: Sequence[ProductImage], *, actor: str
) -> None:
    """Show the pictures of a product in this order; those left out come behind. Caller commits.

    Raises:
        InvalidInputError: one of them is another product's.
    """
    log = ChangeLog(require_actor(actor))
    before = list(list_images(session, product))
    wanted = list(dict.fromkeys(images))
    strange = [image.id for image in wanted if image not in before]
    if strange:
        message = "a picture belongs to another product, or is gone"
        raise InvalidInputError(message, image_ids=strange)
    after = [*wanted, *(image for image in before if image not in wanted)]
    for position, image in enumerate(after):
        image.position = position
    session.flush()
    if after != before:
        change = {"image_order": (_named(before), _named(after))}
        log.add(id_of(product, Product), change, kind=ChangeKind.IMAGE)
        log.write(session)


def _named(images: Sequence[ProductImage]) -> str:
    return ", ".join(image.alt or image.url or str(image.storage_key)[:8] for image in images)


def list_images(session: Session, product: Product) -> Sequence[ProductImage]:
    """Return the pictures of a product in their order."""
    return session.scalars(
        select(ProductImage)
        .filter_by(product_id=id_of(product, Product))
        .order_by(ProductImage.position, ProductImage.id)
    ).all()


def require_url(url: str) -> str:
    """Return the web address of a picture; raises InvalidImageError for anything else."""
    written = clean_text(url, name="the picture's address", max_length=URL_LENGTH)
    parts = urlsplit(written)
    if parts.scheme not in {"http", "https"} or not parts.hostname or " " in written:
        message = f"{written[:80]!r} is no web address of a picture: it begins with https://"
        raise InvalidImageError(message, url=written[:80])
    return written
