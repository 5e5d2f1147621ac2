"""Names of those who did something: the journal keeps actors, pages show people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.models import User
from webapp.fields import whole_of
from webapp.security import signed_in_user

_PREFIX: Final = "user:"


def name_people(session: Session, actors: Iterable[str]) -> Mapping[str, str]:
    """Return the name of each actor; one that is no user of ours keeps its own. One statement."""
    wanted = set(actors)
    ids = {
        number: actor
        for actor in wanted
        if actor.startswith(_PREFIX)
        and (number := whole_of(actor.removeprefix(_PREFIX))) is not None
    }
    rows = session.execute(select(User.id, User.name).where(User.id.in_(sorted(ids))))
    names = {actor: actor for actor in wanted}
    names.update({ids[user_id]: name for user_id, name in rows})
    return names


def actor_of(request: Request[Any, Any, Any]) -> str:
    """Return the name under which what this request changes is journaled.

    For handlers whose right nobody has who is not signed in.
    """
    user = signed_in_user(request)
    assert user is not None  # noqa: S101 - the guard let nobody else in
    return user.actor
