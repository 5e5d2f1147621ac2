"""Rows of an absolute file that changed nothing: they have no movement to be known by.

Without a note a second run would compare them with what sales have left since, and book the
difference as a correction. The note is a claim (kept for 30 days) of their batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from commerce_core.idempotency import claim, find_claim

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from commerce_core.idempotency import Claim

_ACTOR: Final = "stock file"
"""The file counts, not who sends it."""


class Settled:
    """The note of one batch. Where none ``is_needed`` it does nothing."""

    def __init__(self, verb: str, key: str, *, is_needed: bool) -> None:
        self._asked = {"actor": _ACTOR, "verb": verb, "key": key, "fingerprint": key[:64]}
        self._is_needed = is_needed
        self._claim: Claim | None = None

    def find(self, session: Session) -> set[int]:
        """Return the lines of the note, none where there is no note."""
        found = find_claim(session, **self._asked) if self._is_needed else None
        return _lines_of(found)

    def take(self, session: Session) -> set[int]:
        """Return the lines of the note, or begin it. Whoever runs the same batch waits."""
        if not self._is_needed:
            return set()
        self._claim = claim(session, **self._asked)
        return _lines_of(self._claim if self._claim.is_replay else None)

    def record(self, lines: Iterable[int]) -> None:
        """Write down the lines that were as the file says, besides those noted before."""
        if self._claim is not None:
            before = _lines_of(self._claim if self._claim.is_replay else None)
            self._claim.record(sorted(before | set(lines)))


def _lines_of(found: Claim | None) -> set[int]:
    return set() if found is None else {int(line) for line in found.result}
