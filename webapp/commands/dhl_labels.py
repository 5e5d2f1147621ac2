"""Saves labels that exist only once: DHL makes them, bills them, and keeps no copy."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from webapp.commands.terminal import visible

if TYPE_CHECKING:
    from commerce_core.logistics.dhl.return_messages import ReturnLabel

_SUFFIXES: Final = {"application/pdf": ".pdf", "image/png": ".png", "image/gif": ".gif"}


def check_folder(folder: Path) -> None:
    """Write into the folder and take it back, before a label is made that would get lost.

    Raises:
        OSError: the folder is not there, or cannot be written to.
    """
    if not folder.is_dir():
        raise FileNotFoundError(2, "no such folder", str(folder))
    with tempfile.NamedTemporaryFile(dir=folder):
        pass


def save_labels(label: ReturnLabel, folder: Path) -> list[str]:
    """Save the documents of a return and return their paths.

    Where the folder has become unusable meanwhile (a full disk), they go to the temporary folder,
    and a line on stderr says so.
    """
    saved: list[str] = []
    for name, document in (("label", label.label), ("qr", label.qr_label)):
        if document is None:
            continue
        suffix = _SUFFIXES.get(document.media_type.value, ".bin")
        file = f"{_plain(label.shipment_number)}-{name}{suffix}"
        try:
            (folder / file).write_bytes(document.content)
            saved.append(str(folder / file))
        except OSError as error:
            rescue = Path(tempfile.mkdtemp(prefix="dhl-return-")) / file
            rescue.write_bytes(document.content)
            saved.append(str(rescue))
            sys.stderr.write(visible(f"commerce: {folder}: {error.strerror}; saved in {rescue}"))
            sys.stderr.write("\n")
    return saved


def _plain(number: str | None) -> str:
    """Return a number of DHL as part of a file name: nothing in it leads to another folder."""
    return "".join(one for one in number or "" if one.isalnum()) or "return"
