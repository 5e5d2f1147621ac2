"""Count and keep the SQL that a block of code sends."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@dataclass(frozen=True)
class Statement:
    """SQL as the driver got it."""

    text: str
    parameters: Any


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Statement]]:
    """Yield a list that fills with every statement sent, savepoints and PRAGMAs left out."""
    sent: list[Statement] = []

    def keep(_c: Any, _cursor: Any, text: str, parameters: Any, _x: Any, _many: Any) -> None:
        if not text.startswith(("PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK TO")):
            sent.append(Statement(text, parameters))

    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", keep)
