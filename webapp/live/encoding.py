"""One tick's changes in every form that is asked for, each written once."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.live.changes import Changes
from webapp.live.frames import Encoder, Frame, encode_frame
from webapp.live.topics import Topic, cut


class Encoding:
    """The frames of one tick, encoded when they are first asked for."""

    def __init__(
        self,
        encoders: Mapping[str, Encoder],
        changes: Changes,
        *,
        ready: Mapping[tuple[Topic, str], bytes] | None = None,
    ) -> None:
        """``ready`` holds what another process has encoded already."""
        self._encoders = encoders
        self.changes = changes
        self._frames: dict[tuple[Topic, str], Frame | None] = {
            key: Frame(changes.cursor, data) for key, data in (ready or {}).items()
        }

    def frame(self, topic: Topic, representation: str) -> Frame | None:
        """Return the frame for a topic in a representation; None where it has nothing to say."""
        key = topic, representation
        if key not in self._frames:
            events = self._encoders[representation](cut(self.changes, topic))
            self._frames[key] = encode_frame(events, self.changes.cursor)
        return self._frames[key]

    def broad(self, topic: Topic) -> dict[tuple[Topic, str], bytes]:
        """Return the frames of a topic in every representation, for other processes."""
        frames = {(topic, name): self.frame(topic, name) for name in self._encoders}
        return {key: frame.data for key, frame in frames.items() if frame is not None}
