"""A form that is sent twice does its work once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from commerce_core.idempotency import claim, fingerprint_of


class Identified(Protocol):
    """A record that has an id."""

    @property
    def id(self) -> int:
        """Its number."""


R = TypeVar("R", bound=Identified)


def once(
    session: Session, work: Callable[[], int], *, actor: str, verb: str, key: str, content: object
) -> int:
    """Return the id of the record that ``work`` makes; a repeat gets the id of the first time.

    A form changed after it was sent (the Back button) is another form: the key counts together
    with the content. The caller commits.
    """
    fingerprint = fingerprint_of(content=content)
    mine = claim(
        session, actor=actor, verb=verb, key=f"{key}:{fingerprint[:16]}", fingerprint=fingerprint
    )
    if mine.is_replay:
        return int(mine.result)
    made = work()
    mine.record(made)
    return made


def once_on(
    session: Session,
    record: R,
    work: Callable[[R], object],
    *,
    actor: str,
    verb: str,
    key: str,
    content: object,
) -> int:
    """Do ``work`` on a record unless it was done for this key; return the record's id."""

    def done() -> int:
        work(record)
        return record.id

    return once(session, done, actor=actor, verb=verb, key=key, content=content)
