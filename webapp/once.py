"""A form that is sent twice does its work once."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from commerce_core.idempotency import claim, fingerprint_of


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
