"""The refused rows of a product file as a file of their own: to correct, and to import again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath
from sqlalchemy import select
from sqlalchemy.orm import Session

from commerce_core.catalog.file_import import preview_products
from commerce_core.catalog.file_models import ProductImportRefusal
from commerce_core.catalog.file_rows import ProductFile, read_product_file
from commerce_core.tables import write_table
from webapp.products.import_desk import desk_of
from webapp.products.import_models import ProductUpload
from webapp.products.import_reading import get_upload
from webapp.security import Right

REASON: Final = "refused because"
ROW: Final = "row"
_OURS: Final = (REASON, ROW)
_TYPE: Final = "text/csv"


@get("/import/{number:int}/refused.csv", right=Right.EDIT_PRODUCTS)
async def export_refused(request: Request[Any, Any, Any], number: FromPath[int]) -> Response[bytes]:
    """Return every refused row as the file has it, behind why it was refused and where it stood."""
    content = await desk_of(request).read(partial(_export, number=number))
    headers = {"content-disposition": 'attachment; filename="refused.csv"'}
    return Response(content, media_type=_TYPE, headers=headers)


def _export(session: Session, *, number: int) -> bytes:
    upload = get_upload(session, number, content=True)
    session.refresh(upload, ["content"])
    file = read_product_file(upload.content, name=upload.name)
    reasons = _gather(_found(session, upload, file))
    # A file that was downloaded here before has our columns already.
    columns = [name for name in file.header if name not in _OURS]
    rows = (
        [reasons[row.line], str(row.line), *(row.cells.get(name, "") for name in columns)]
        for row in file.rows
        if row.line in reasons
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "refused.csv"
        write_table(path, [*_OURS, *columns], rows)
        return path.read_bytes()


def _found(
    session: Session, upload: ProductUpload, file: ProductFile
) -> Iterable[tuple[int, str, str]]:
    """Return line, column and message of all that is wrong: as imported, or as it would be."""
    if upload.import_id is not None:
        told = (ProductImportRefusal.row, ProductImportRefusal.column, ProductImportRefusal.message)
        here = ProductImportRefusal.import_id == upload.import_id
        order = (ProductImportRefusal.row, ProductImportRefusal.position)
        rows = session.execute(select(*told).where(here).order_by(*order))
        return [(line, column, message) for line, column, message in rows]
    preview = preview_products(session, file, mapping=upload.mapping, currency=upload.currency)
    return [
        (row.line, problem.column, problem.message)
        for row in preview.refused
        for problem in row.problems
    ]


def _gather(found: Iterable[tuple[int, str, str]]) -> Mapping[int, str]:
    """Return by line what is wrong with it, in one text."""
    reasons: dict[int, list[str]] = {}
    for line, column, message in found:
        reasons.setdefault(line, []).append(f"{column}: {message}" if column else message)
    return {line: "; ".join(messages) for line, messages in reasons.items()}


HANDLERS: Final = (export_refused,)
