"""Who listens in this process: every open stream, by what it listens to and by whose it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from webapp.live.topics import Topic

if TYPE_CHECKING:
    from webapp.live.subscription import Subscription


class Listeners:
    """The open streams of a hub."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Topic, str], set[Subscription]] = defaultdict(set)
        self._owners: Counter[object] = Counter()

    def add(self, subscription: Subscription) -> None:
        """Take a stream in."""
        self._groups[subscription.topic, subscription.representation].add(subscription)
        self._owners[subscription.owner] += 1

    def remove(self, subscription: Subscription) -> None:
        """Forget a stream. Does nothing the second time."""
        key = subscription.topic, subscription.representation
        members = self._groups.get(key, set())
        if subscription not in members:
            return
        members.discard(subscription)
        self._owners[subscription.owner] -= 1
        if not self._owners[subscription.owner]:
            del self._owners[subscription.owner]
        if not members:
            del self._groups[key]

    def count(self, owner: object | None = None) -> int:
        """Return how many streams are open: all, or those of one owner."""
        return self._owners.total() if owner is None else self._owners[owner]

    def behind(self) -> int:
        """Return how many streams wait to be caught up."""
        return sum(m.is_behind for members in self._groups.values() for m in members)

    def everybody(self) -> list[Subscription]:
        """Return all open streams."""
        return [member for members in self._groups.values() for member in members]

    def by_form(self) -> Iterable[tuple[tuple[Topic, str], set[Subscription]]]:
        """Return the streams by topic and representation: those who get the same bytes."""
        return self._groups.items()

    def groups(self) -> dict[tuple[str, str], int]:
        """Return how many streams are open, by kind of topic and representation."""
        found: Counter[tuple[str, str]] = Counter()
        for (topic, representation), members in self._groups.items():
            found[topic.kind, representation] += len(members)
        return dict(found)

    def wants(self, kind: str) -> bool:
        """Tell whether anybody listens to a topic of this kind."""
        return any(topic.kind == kind for topic, _ in self._groups)
