"""A client to whose connection the hub writes by itself, as under ``commerce serve``.

Line, flow control and the loop that takes are the real ones; only the socket is a list.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from uvicorn.protocols.http.flow_control import FlowControl

from commerce_core.journal import Cursor
from webapp.live.answers import _take
from webapp.live.frames import as_chunk
from webapp.live.line import Line
from webapp.tests.live.clients import Client


class Recorder(asyncio.Transport):
    """Keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_cut = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_cut
        self.written.append(bytes(data))

    def abort(self) -> None:
        self.is_cut = True


@dataclass
class LineClient(Client):
    """``toggle`` fills the line, or lets it flow again."""

    transport: Recorder = field(default_factory=Recorder)
    _flow: FlowControl | None = None
    _task: asyncio.Task[None] | None = None

    def connect(self) -> None:
        self.transport = Recorder()
        self._flow = FlowControl(self.transport)
        line = Line(self.transport, self._flow)
        after = Cursor.parse(self.last_id) if self.last_id else None
        subscription = self.hub.subscribe(self.topic, "json", owner="tests", after=after, line=line)
        self._subscription = subscription
        self._newest = {}
        self._last_heard = []

        async def serve() -> None:
            while told := await _take(subscription, line):
                line.write(as_chunk(told))

        self._task = asyncio.create_task(serve())

    def toggle(self) -> None:
        assert self._flow is not None
        if self._flow.write_paused:
            self._flow.resume_writing()
        else:
            self._flow.pause_writing()

    def drop(self) -> None:
        super().drop()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def read(self, *, patience: float = 0.02) -> bool:
        """Hear what has arrived. Who settles waits until the line flows."""
        if self._subscription is None:
            self.connect()
        if self._flow is not None and self._flow.write_paused:
            self._flow.resume_writing()
        await asyncio.sleep(patience)
        written, self.transport.written = self.transport.written, []
        self.hear_all([_unwrapped(chunk) for chunk in written])
        return bool(written)


def _unwrapped(chunk: bytes) -> bytes:
    size, _, rest = chunk.partition(b"\r\n")
    assert len(rest) == int(size, 16) + 2
    return rest[:-2]
