"""The products of the list as a file: those that the filters of the address leave."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Final

from litestar import Request, Response, get
from sqlalchemy.orm import Session

from commerce_core.catalog.file_export import Layout, export_products
from webapp.products.filters import ListFilter
from webapp.products.import_desk import desk_of
from webapp.products.listing import matching_ids
from webapp.security import Right

_TYPES: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@get(["/export.csv", "/export.xlsx"], right=Right.VIEW_PRODUCTS)
async def export_list(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return the file. ``layout=shopify`` gives it the columns of Shopify's product CSV."""
    kind = request.url.path.rpartition(".")[2]
    wanted = ListFilter.read(request.query_params)
    layout = Layout.SHOPIFY if request.query_params.get("layout") == "shopify" else Layout.OURS
    content = await desk_of(request).read(partial(_export, wanted=wanted, kind=kind, layout=layout))
    name = f'attachment; filename="products.{kind}"'
    return Response(content, media_type=_TYPES[kind], headers={"content-disposition": name})


def _export(session: Session, *, wanted: ListFilter, kind: str, layout: Layout) -> bytes:
    ids = matching_ids(session, wanted) if wanted.is_set else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"products.{kind}"
        export_products(session, path, layout=layout, product_ids=ids)
        return path.read_bytes()


HANDLERS: Final = (export_list,)
