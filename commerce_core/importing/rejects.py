"""The file of rejected lines: line number, reason, and the fields as they were.

It has the columns of the original behind the first two, so it can be corrected and imported.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from commerce_core.errors import ImportFileError

if TYPE_CHECKING:
    from pathlib import Path

    from commerce_core.importing.survey import Survey


def rejects_path(path: Path) -> Path:
    """Return where the rejected lines of the file at ``path`` go: ``FILE.rejects.csv``."""
    return path.with_name(f"{path.name}.rejects.csv")


def write_rejects(survey: Survey) -> Path | None:
    """Write the rejected lines beside the file, and return where; None where there are none.

    An earlier file of rejects is replaced, or removed when nothing is rejected any more.

    Raises:
        ImportFileError: the folder cannot be written to.
    """
    target = rejects_path(survey.path)
    try:
        if not survey.rejected:
            if target.exists():
                target.unlink()
            return None
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["line", "reason", *survey.header])
            for row in survey.rejected:
                writer.writerow([row.line, row.reason, *row.fields])
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        message = (
            f"{len(survey.rejected)} rows are rejected, but {target} cannot be written: {reason}"
        )
        raise ImportFileError(message, file=str(target)) from exc
    return target
