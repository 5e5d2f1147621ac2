"""Brings in what another system kept: so far the UCI Online Retail file, as it is published.

An import is a flow of many short transactions. It can be interrupted anywhere and run again: what
is in the database already is recognised line by line and not imported twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from commerce_core.lazy import lazy_exports

if TYPE_CHECKING:
    from commerce_core.importing.models import ImportedAdjustment
    from commerce_core.importing.online_retail import import_flow, import_online_retail
    from commerce_core.importing.progress import Phase, Progress
    from commerce_core.importing.rows import Document, Item, Row
    from commerce_core.importing.summary import ImportSummary, summarize
    from commerce_core.importing.survey import RejectedRow, Survey, read_online_retail
    from commerce_core.importing.values import DocumentKind

__all__ = [
    "Document",
    "DocumentKind",
    "ImportSummary",
    "ImportedAdjustment",
    "Item",
    "Phase",
    "Progress",
    "RejectedRow",
    "Row",
    "Survey",
    "import_flow",
    "import_online_retail",
    "read_online_retail",
    "summarize",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "models": ("ImportedAdjustment",),
        "online_retail": (
            "import_flow",
            "import_online_retail",
        ),
        "progress": (
            "Phase",
            "Progress",
        ),
        "rows": (
            "Document",
            "Item",
            "Row",
        ),
        "summary": (
            "ImportSummary",
            "summarize",
        ),
        "survey": (
            "RejectedRow",
            "Survey",
            "read_online_retail",
        ),
        "values": ("DocumentKind",),
    },
)
