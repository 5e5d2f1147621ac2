"""Reads an uploaded product file: what its columns mean, what it would do, how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, undefer

from commerce_core.catalog.file_columns import mapping_for, remember_mapping
from commerce_core.catalog.file_import import begin_product_import, preview_products
from commerce_core.catalog.file_models import ImportStatus, ProductImport, ProductImportRefusal
from commerce_core.catalog.file_results import ProductFileResult
from commerce_core.catalog.file_rows import ProductFile, read_product_file
from commerce_core.errors import ImportFileError
from commerce_core.records import number_of
from webapp.products.import_models import ProductUpload
from webapp.records import RecordNotFoundError

KEPT: Final = timedelta(days=7)
"""An uploaded file is forgotten after this time, applied or not; what it did is not."""
MOST_SHOWN: Final = 200
"""Rows of each table; the figures above them count all."""
_SILENT: Final = timedelta(seconds=30)
"""An import without a sign of life for this long has stopped."""
_MOST_LISTED: Final = 20
_SAMPLES: Final = 3


class UploadState(StrEnum):
    """Where an uploaded file stands."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """How far an upload is. ``done`` is None before it was applied."""

    upload: ProductUpload
    done: ProductImport | None
    state: UploadState


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong with a row that was refused."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Everything the page of an upload shows. ``preview`` is None once it is applied.

    ``samples`` holds a few values of each column; ``trouble`` is why the columns lead nowhere.
    """

    progress: UploadProgress
    header: Sequence[str] = ()
    samples: Mapping[str, str] = field(default_factory=dict)
    preview: ProductFileResult | None = None
    trouble: ImportFileError | None = None
    refusals: Sequence[Refusal] = ()
    refused_count: int = 0


def read_progress(session: Session, number: int, *, as_of: datetime) -> UploadProgress:
    """Return how far an upload is. Two statements.

    Raises:
        RecordNotFoundError: there is none, or it was forgotten.
    """
    upload = get_upload(session, number)
    done = session.get(ProductImport, upload.import_id) if upload.import_id else None
    return UploadProgress(upload, done, _state(upload, done, as_of))


def get_upload(session: Session, number: int, *, content: bool = False) -> ProductUpload:
    """Return an upload, with its content only where that is wanted.

    Raises:
        RecordNotFoundError: there is none, or it was forgotten.
    """
    options = [undefer(ProductUpload.content)] if content else []
    known = number_of(number)
    found = None if known is None else session.get(ProductUpload, known, options=options)
    if found is None:
        message = "There is no such file, or not any more: upload it again."
        raise RecordNotFoundError(message, number=str(number)[:40])
    return found


def _state(upload: ProductUpload, done: ProductImport | None, as_of: datetime) -> UploadState:
    if done is None:
        return UploadState.WAITING
    if done.status is ImportStatus.FINISHED:
        return UploadState.FINISHED
    is_silent = upload.beat_at is None or as_of - upload.beat_at > _SILENT
    return UploadState.STOPPED if upload.trouble or is_silent else UploadState.RUNNING


def read_page(session: Session, number: int, *, as_of: datetime) -> UploadPage:
    """Read the page of an upload: its preview, or what came of it.

    Raises:
        RecordNotFoundError: there is none, or it was forgotten.
    """
    progress = read_progress(session, number, as_of=as_of)
    if progress.done is not None:
        refusals, count = _refusals(session, progress.done.id)
        return UploadPage(progress, refusals=refusals, refused_count=count)
    upload = get_upload(session, number, content=True)
    session.refresh(upload, ["content"])
    file = read_product_file(upload.content, name=upload.name)
    samples = {name: _sample(file, name) for name in file.header}
    try:
        preview = preview_products(session, file, mapping=upload.mapping, currency=upload.currency)
    except ImportFileError as exc:
        return UploadPage(progress, file.header, samples, trouble=exc)
    refusals = [
        Refusal(row.line, problem.column, problem.message)
        for row in preview.refused[:MOST_SHOWN]
        for problem in row.problems
    ]
    return UploadPage(progress, file.header, samples, preview, None, refusals, len(preview.refused))


def _sample(file: ProductFile, column: str) -> str:
    found = (row.cells[column] for row in file.rows)
    return ", ".join(list(dict.fromkeys(text[:30] for text in found if text))[:_SAMPLES])


def _refusals(session: Session, import_id: int) -> tuple[list[Refusal], int]:
    here = ProductImportRefusal.import_id == import_id
    order = (ProductImportRefusal.row, ProductImportRefusal.position)
    rows = session.scalars(select(ProductImportRefusal).where(here).order_by(*order))
    first = rows.fetchmany(MOST_SHOWN)
    count = select(func.count(ProductImportRefusal.row.distinct())).where(here)
    return [Refusal(r.row, r.column, r.message) for r in first], session.scalar(count) or 0


def read_recent(session: Session, *, as_of: datetime) -> list[UploadProgress]:
    """Return the uploads of the last days, the newest first. Two statements."""
    newest = select(ProductUpload).order_by(ProductUpload.id.desc()).limit(_MOST_LISTED)
    uploads = session.scalars(newest).all()
    ids = [one.import_id for one in uploads if one.import_id]
    imports = session.scalars(select(ProductImport).where(ProductImport.id.in_(ids)))
    done = {row.id: row for row in imports}
    states = ((one, done.get(one.import_id or 0)) for one in uploads)
    return [UploadProgress(one, row, _state(one, row, as_of)) for one, row in states]


# --- steps that write ---------------------------------------------------------------------------


def keep_upload(
    session: Session, file: ProductFile, content: bytes, *, currency: str, actor: str
) -> int:
    """Keep an uploaded file and what its columns probably mean; return its number. Flushes."""
    upload = ProductUpload(
        name=file.name,
        content=content,
        currency=currency,
        mapping=mapping_for(session, file.header),
        actor=actor,
    )
    session.add(upload)
    session.flush()
    return upload.id


def map_columns(
    session: Session, number: int, header: Sequence[str], mapping: Mapping[str, str], *, actor: str
) -> None:
    """Decide what the columns of an upload mean, and remember it for files like it. Flushes.

    Raises:
        ImportFileError: a target twice, or the columns lead to no variant.
        RecordNotFoundError: there is no such upload.
    """
    upload = get_upload(session, number)
    remember_mapping(session, header, mapping, actor=actor)
    if upload.import_id is None:
        upload.mapping = dict(mapping)
    session.flush()


def begin_import(
    session: Session, number: int, file: ProductFile, *, as_of: datetime, actor: str
) -> bool:
    """Mark an upload as applied by ``actor``; tell whether there is anything left to do. Flushes.

    Raises:
        ImportFileError: the columns lead to no variant.
        RecordNotFoundError: there is no such upload.
    """
    upload = get_upload(session, number)
    upload.beat_at, upload.trouble = as_of, ""
    if upload.import_id is None:
        upload.actor = actor
        begun = begin_product_import(
            session, file, mapping=upload.mapping, currency=upload.currency, actor=actor
        )
        upload.import_id = begun.id
    session.flush()
    return session.get_one(ProductImport, upload.import_id).status is ImportStatus.RUNNING


def forget_upload(session: Session, number: int) -> None:
    """Forget an upload that was not applied. Flushes."""
    here = (ProductUpload.id == number, ProductUpload.import_id.is_(None))
    session.execute(delete(ProductUpload).where(*here))


def forget_old_uploads(session: Session, *, as_of: datetime) -> int:
    """Forget the uploads of more than a week ago; return how many. Flushes."""
    old = delete(ProductUpload).where(ProductUpload.created_at < as_of - KEPT)
    gone = session.execute(old)
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE has one
