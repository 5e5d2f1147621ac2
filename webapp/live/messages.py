"""What the leading process tells the others, as bytes: the changes, and frames ready to send.

A message covers the span from ``since`` to the changes' cursor. Nothing in it is trusted blindly:
bytes that are no message of this very build are as good as silence, and silence means that the
database is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from commerce_core.journal import Cursor
from webapp.live.changes import Changes
from webapp.live.topics import Topic

SILENCE_SECONDS: Final = 1.0
"""A leader that is not heard for this long is taken for dead."""
KEEP_SECONDS: Final = 0.3
"""How often the lease is renewed and a quiet leader is heard."""
HINT: Final = b"hint"
"""Says to the leader that somebody has committed."""


class Message(msgspec.Struct, array_like=True, frozen=True):
    """A span of the journal, by the process ``sender``; ``lag`` is that of the journal, seconds."""

    build: str
    sender: str
    since: Cursor
    changes: Changes
    frames: list[tuple[str, int | None, str, bytes]]
    lag: float = 0.0

    def ready(self) -> dict[tuple[Topic, str], bytes]:
        """Return the frames by topic and representation."""
        return {(Topic(kind, id_), form): data for kind, id_, form, data in self.frames}


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Message)


def encode_message(message: Message) -> bytes:
    """Return the message as it travels."""
    return _encoder.encode(message)


def decode_message(data: bytes, *, build: str) -> Message | None:
    """Return the message; None for what another build has written, or nobody."""
    try:
        message = _decoder.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    return message if message.build == build else None


def as_frames(
    frames: Mapping[tuple[Topic, str], bytes],
) -> list[tuple[str, int | None, str, bytes]]:
    """Return frames as a message carries them."""
    return [(topic.kind, topic.id, form, data) for (topic, form), data in frames.items()]
