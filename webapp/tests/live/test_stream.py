"""The streams over a real socket, with the server and the writer each in a process of its own."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from commerce_core import make_engine, make_session_factory, run_in_transaction
from commerce_core.catalog import Variant
from commerce_core.journal import read_cursor
from webapp.accounts.roles import Role
from webapp.live.stream import MOST_STREAMS
from webapp.tests.harness import running_server
from webapp.tests.live.wire import ThirdProgram, open_wire, session_cookie, third_program

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

JSON, HTML = "/api/v1/stock/stream", "/live/stock"


class House:
    """A running server, somebody's session, and a program beside it."""

    def __init__(
        self, url: str, process: subprocess.Popen[str], address: str, writer: ThirdProgram
    ) -> None:
        self.url = url
        self.process = process
        self.address = address
        self.writer = writer
        self.cookie = session_cookie(url)
        self.skus = [str(sku) for sku in self.ask(lambda s: s.scalars(select(Variant.sku)).all())]

    def ask(self, question: Any) -> Any:
        engine = make_engine(self.url)
        answer = run_in_transaction(make_session_factory(engine), question)
        engine.dispose()
        return answer

    def cursor(self) -> str:
        return str(self.ask(read_cursor))

    def wire(self, path: str = JSON, **headers: str) -> Any:
        return open_wire(self.address, path, self.cookie, **headers)


@pytest.fixture
def house(any_url: str) -> Iterator[House]:
    with running_server(any_url) as (process, address), third_program(any_url) as writer:
        yield House(any_url, process, address, writer)


def test_a_commit_of_a_third_program_arrives(house: House) -> None:
    with house.wire() as programs, house.wire(HTML) as pages:
        programs.next_event("status")
        pages.next_event("status")
        house.writer.adjust(house.skus[0], 1)  # the writer has connected
        programs.next_event()
        on_hand = house.writer.adjust(house.skus[0], 1)
        last_id, state = programs.next_event()
        assert (state["sku"], state["on_hand"]) == (house.skus[0], on_hand)
        assert "." in last_id
        cells = ""
        while f"<strong>{on_hand}</strong>" not in cells:
            _, cells = pages.next_event("")
        assert f'id="c{state["variant_id"]}-1"' in cells


def test_the_head_lets_every_byte_through_at_once(house: House) -> None:
    for path in (JSON, HTML):
        with house.wire(path) as wire:
            assert wire.status == 200
            assert wire.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert wire.headers["cache-control"] == "no-cache, no-transform"
            assert wire.headers["x-accel-buffering"] == "no"
            assert "connection" not in wire.headers
            first = wire.read_chunk()
            assert first.startswith(b"retry: ")
            assert b"\r" not in first


def test_a_client_that_comes_back_hears_what_it_missed_and_nothing_twice(house: House) -> None:
    with house.wire() as wire:
        wire.next_event("status")
        house.writer.adjust(house.skus[0], 1)
        last_id, _ = wire.next_event()
    missed = [house.writer.adjust(sku, 2) for sku in house.skus[1:4]]
    with house.wire(Last_Event_ID=last_id) as wire:
        heard = [wire.next_event()[1] for _ in missed]
    assert [state["on_hand"] for state in heard] == missed
    assert [state["sku"] for state in heard] == house.skus[1:4]


def test_the_header_beats_the_query(house: House) -> None:
    early = house.cursor()
    house.writer.adjust(house.skus[0], 1)
    late = house.cursor()
    house.writer.adjust(house.skus[1], 1)
    with house.wire(f"{JSON}?after={early}") as wire:
        assert wire.next_event()[1]["sku"] == house.skus[0]
    with house.wire(f"{JSON}?after={early}", Last_Event_ID=late) as wire:
        assert wire.next_event()[1]["sku"] == house.skus[1]


def test_a_cursor_of_another_database_is_told_to_begin_anew(house: House) -> None:
    for header in ("abcdefgh.12", "not a cursor at all"):
        with house.wire(HTML, Last_Event_ID=header) as wire:
            last_id, content = wire.next_event("reset")
            assert content["reason"]
            assert last_id.split(".")[0] == house.cursor().split(".")[0]


def test_a_topic_is_part_of_the_address(house: House) -> None:
    with house.wire(f"{JSON}?variant=2") as wire:
        wire.next_event("status")
        house.writer.adjust(house.skus[0], 1)
        house.writer.adjust(house.skus[1], 1)
        assert wire.next_event()[1]["sku"] == house.skus[1]
    with house.wire(f"{JSON}?variant=two") as wire:
        assert wire.status == 400
    with house.wire(f"{JSON}?after=two") as wire:
        assert wire.status == 422


def test_without_a_session_it_is_401_and_never_a_redirect(house: House) -> None:
    for path in (JSON, HTML):
        for accept in ("text/event-stream", "text/html", "*/*"):
            with open_wire(house.address, path, "", Accept=accept) as wire:
                assert wire.status == 401
                assert "location" not in wire.headers


def test_one_person_has_so_many_streams_and_no_more(house: House) -> None:
    with ExitStack() as open_ones:
        for _ in range(MOST_STREAMS):
            open_ones.enter_context(house.wire()).next_event("status")
        with house.wire() as refused:
            assert refused.status == 429
            assert refused.headers["retry-after"] == "15"
        clerk = session_cookie(house.url, Role.CLERK)
        with open_wire(house.address, JSON, clerk) as somebody_else:
            assert somebody_else.status == 200


def test_streams_that_were_left_make_room(house: House) -> None:
    for _ in range(MOST_STREAMS + 5):
        with house.wire() as wire:
            wire.next_event("status")
        time.sleep(0.02)
    with house.wire() as wire:
        assert wire.status == 200


def test_at_sigterm_every_stream_ends_with_its_last_chunk_and_the_process_within_2_s(
    house: House,
) -> None:
    with ExitStack() as open_ones:
        wires = [open_ones.enter_context(house.wire(path)) for path in (JSON, HTML) * 5]
        for wire in wires:
            wire.next_event("status")
        house.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        for wire in wires:
            wire.read_to_end()
            assert wire.ended_cleanly
        house.process.wait(timeout=2)
        assert time.monotonic() - began < 2
        assert house.process.returncode == 0
