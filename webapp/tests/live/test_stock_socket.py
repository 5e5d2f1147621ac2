"""The WebSocket over real sockets: what goes out, what may come in, and how it ends."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from commerce_core.catalog import Variant
from webapp.accounts.roles import Role
from webapp.accounts.sessions import end_sessions_of
from webapp.accounts.users import get_user
from webapp.tests.harness import email_of, running_server
from webapp.tests.live.clients import Shop
from webapp.tests.live.web_socket import open_socket
from webapp.tests.live.wire import session_cookie

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


class Office:
    """A running back office with its shop."""

    def __init__(self, url: str, process: subprocess.Popen[str], address: str) -> None:
        self.url = url
        self.process = process
        self.address = address
        self.shop = Shop(url)
        self.variants = self.shop.variants()
        self.skus: list[str] = self.shop.run(
            lambda s: [s.get_one(Variant, number).sku for number in self.variants]
        )

    def cookie(self, role: Role = Role.CLERK) -> str:
        return session_cookie(self.url, role)

    def on_hand(self, number: int = 0) -> int:
        _, levels = self.shop.snapshot()
        return int(levels[self.variants[number], "HAM"]["on_hand"])

    def movements(self) -> int:
        count = "SELECT count(*) FROM commerce_stock_movement"
        with self.shop.engine.connect() as connection:
            return int(connection.exec_driver_sql(count).scalar_one())


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, templates: dict[int, Any]) -> Iterator[Office]:
    path = tmp_path_factory.mktemp("office") / "shop.db"
    path.write_bytes(templates[min(templates)].read_bytes())
    url = f"sqlite:///{path}"
    with running_server(url) as (process, address):
        opened = Office(url, process, address)
        yield opened
        opened.shop.close()


def test_the_frames_of_the_stream_go_out_and_a_cursor_resumes(office: Office) -> None:
    cookie = office.cookie(Role.VIEWER)
    with open_socket(office.address, cookie) as opened:
        greeting = opened.receive()
        assert greeting is not None
        assert greeting["events"] == [{"event": "status", "data": {"delayed": 0}}]
        version = office.shop.adjust(office.variants[0], 5)
        level, cursor = opened.next_stock()
        assert level == office.shop.snapshot()[1][office.variants[0], "HAM"]
        assert level["version"] == version
    office.shop.adjust(office.variants[1], 2)
    with open_socket(office.address, cookie, query=f"?after={cursor}") as opened:
        level, _ = opened.next_stock()
        assert level["variant_id"] == office.variants[1]


def test_a_topic_hears_of_nothing_else(office: Office) -> None:
    query = f"?variant={office.variants[2]}"
    with open_socket(office.address, office.cookie(), query=query) as opened:
        opened.receive()
        office.shop.adjust(office.variants[1], 1)
        office.shop.adjust(office.variants[2], 1)
        assert opened.next_stock()[0]["variant_id"] == office.variants[2]


def test_a_clerk_adjusts_and_everybody_sees_it(office: Office) -> None:
    before = office.on_hand(3)
    with (
        open_socket(office.address, office.cookie()) as clerk,
        open_socket(office.address, office.cookie(Role.VIEWER)) as viewer,
    ):
        viewer.receive()
        answer = clerk.adjust("one", sku=office.skus[3], quantity=-2)
        assert answer == {
            "answer": "one",
            "result": {
                "sku": office.skus[3],
                "location": "HAM",
                "change": -2,
                "on_hand": before - 2,
                "version": 2,
            },
        }
        assert viewer.next_stock()[0]["on_hand"] == before - 2 == office.on_hand(3)


def test_the_same_key_books_once_even_over_two_connections(office: Office) -> None:
    cookie = office.cookie()
    count = office.movements()
    wish = {"sku": office.skus[4], "quantity": 3}
    answers: list[Any] = []

    def send() -> None:
        with open_socket(office.address, cookie) as opened:
            answers.extend(opened.adjust("twice", **wish) for _ in range(2))

    senders = [threading.Thread(target=send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
    assert "result" in answers[0]
    assert office.movements() == count + 1
    with open_socket(office.address, cookie) as opened:
        other = opened.adjust("twice", sku=office.skus[4], quantity=4)
        assert other["error"]["code"] == "idempotency_conflict"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"quantity": -1000}, "insufficient_stock"),
        ({"sku": "NO-SUCH"}, "variant_not_found"),
        ({"location": "MARS"}, "location_not_found"),
        ({"quantity": 0}, "invalid_quantity"),
        ({"quantity": "1"}, "invalid_message"),
        ({"quantity": True}, "invalid_message"),
        ({"reason": ""}, "invalid_text"),
        ({"actor": "somebody else"}, "invalid_message"),
    ],
)
def test_a_wish_that_cannot_be_granted_gets_a_named_error(
    office: Office, wish: dict[str, Any], code: str
) -> None:
    before = office.movements()
    with open_socket(office.address, office.cookie()) as opened:
        answer = opened.adjust("no", **{"sku": office.skus[5]} | wish)
        assert (answer["answer"], answer["error"]["code"]) == ("no", code)
        assert answer["error"]["detail"]
        assert opened.adjust("yes", sku=office.skus[5], quantity=1, reason=code)["answer"] == "yes"
    assert office.movements() <= before + 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"key": 1}', '{"key": "k"}', "x" * 5000])
def test_what_is_no_request_gets_an_answer_and_the_line_stays(office: Office, text: str) -> None:
    with open_socket(office.address, office.cookie()) as opened:
        assert opened.ask(text)["error"]["code"] == "invalid_message"
        assert opened.ask(text)["error"]["code"] == "invalid_message"


def test_an_enormous_message_closes_the_line(office: Office) -> None:
    with open_socket(office.address, office.cookie()) as opened:
        opened.send("x" * 100_000)
        while opened.receive():
            pass
        assert opened.code == 1009


def test_a_viewer_may_look_but_not_touch(office: Office) -> None:
    before = office.movements()
    with open_socket(office.address, office.cookie(Role.VIEWER)) as opened:
        answer = opened.adjust("v", sku=office.skus[0])
        assert (answer["answer"], answer["error"]["code"]) == ("v", "forbidden")
    assert office.movements() == before


def test_without_a_session_it_does_not_open(office: Office) -> None:
    for cookie in ("", "commerce_session=made-up"):
        with open_socket(office.address, cookie) as opened:
            assert opened.status == 403


def test_a_page_of_another_site_cannot_open_it(office: Office) -> None:
    for origin in ("https://evil.example", "null", "http://127.0.0.1.evil.example"):
        with open_socket(office.address, office.cookie(), origin=origin) as opened:
            assert opened.status == 403
    with open_socket(office.address, office.cookie(), origin=office.address.rstrip("/")) as opened:
        assert opened.status == 101


def test_a_cursor_of_nobody_does_not_open(office: Office) -> None:
    with open_socket(office.address, office.cookie(), query="?after=yesterday") as opened:
        assert opened.status == 403


def test_who_signs_out_changes_nothing_any_more(office: Office) -> None:
    with open_socket(office.address, office.cookie(Role.MANAGER)) as opened:
        assert "result" in opened.adjust("m1", sku=office.skus[6])
        before = office.movements()

        office.shop.run(lambda s: end_sessions_of(s, get_user(s, email=email_of(Role.MANAGER))))
        answer = opened.adjust("m2", sku=office.skus[6])
        assert answer["error"]["code"] == "unauthorized"
        assert opened.receive() is None
        assert opened.code == 4401
    assert office.movements() == before


def test_a_restart_is_told_with_its_code(sqlite_url: str) -> None:
    with (
        running_server(sqlite_url) as (process, address),
        open_socket(address, session_cookie(sqlite_url)) as opened,
    ):
        opened.receive()
        process.send_signal(signal.SIGTERM)
        while opened.receive():
            pass
        assert opened.code == 1012
        assert process.wait(timeout=15) == 0
