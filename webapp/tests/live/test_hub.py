"""The hub without HTTP: what it hands out, to whom, and what becomes of those who cannot follow."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from commerce_core.inventory import get_location, set_stock_policy
from commerce_core.journal import Cursor, begin_epoch
from commerce_core.orders import Order, hold_order
from commerce_core.testing import make_variant
from webapp.live import changes
from webapp.live import feed as feed_module
from webapp.live import pulse as pulse_module
from webapp.live.subscription import MOST_FRAMES
from webapp.live.topics import ALL_STOCK, Topic
from webapp.tests.harness import PATIENCE
from webapp.tests.live.clients import Client, Shop, adjust, events, running_hub, settle
from webapp.tests.orders.shop import place

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.live.hub import Hub

pytestmark = pytest.mark.anyio


async def told(
    hub: Hub, client: Client, *, seconds: float = PATIENCE
) -> list[tuple[str, str, str]]:
    """Wait for the next thing the client is told."""
    async with asyncio.timeout(PATIENCE):
        return [event for data in await client.subscription.take() for event in events(data)]


async def until(condition: object, *, seconds: float = PATIENCE) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.02)


async def test_a_commit_of_another_program_is_told_with_all_its_numbers(
    shop: Shop, hub: Hub
) -> None:
    client = Client(shop, hub).open_page()
    variant = shop.variants()[0]
    version = await asyncio.to_thread(shop.adjust, variant, -3)
    found: list[tuple[str, str, str]] = []
    while not found:
        found = [event for event in await told(hub, client) if event[0]]
    ((name, last_id, data),) = found
    state = json.loads(data)
    assert name == "stock"
    assert Cursor.parse(last_id).horizon > 0
    assert state == shop.snapshot()[1][variant, state["location"]]
    assert (state["version"], state["kind"], state["on_hand"]) == (version, "adjusted", 7)
    assert set(state) == {
        "variant_id", "sku", "location", "on_hand", "available", "allocated", "reserved",
        "incoming", "minimum", "version", "kind", "occurred_at",
    }  # fmt: skip


async def test_what_was_rolled_back_is_never_told(shop: Shop, hub: Hub) -> None:
    client = Client(shop, hub).open_page()

    def fail(session: Session) -> None:
        adjust(session, shop.variants()[0], 5)
        session.flush()
        message = "the power is out"
        raise RuntimeError(message)

    variants = shop.variants()
    with pytest.raises(RuntimeError):
        await asyncio.to_thread(shop.run, fail)
    await asyncio.to_thread(shop.adjust, variants[1], 1)
    await settle([client])
    assert client.heard.count("stock") == 1


async def test_many_commits_in_one_tick_are_told_once_in_their_last_state(
    shop: Shop, hub: Hub
) -> None:
    client = Client(shop, hub).open_page()
    variant = shop.variants()[0]

    def burst() -> None:
        for _ in range(30):
            shop.adjust(variant, 1)

    await asyncio.to_thread(burst)
    await settle([client])
    assert client.heard.count("stock") < 30
    assert client.known == shop.snapshot()[1]


async def test_everybody_of_a_topic_gets_the_same_bytes(shop: Shop, hub: Hub) -> None:
    clients = [Client(shop, hub).open_page() for _ in range(3)]
    for client in clients:
        while client.subscription.is_behind:
            await client.read(patience=1)
    await asyncio.to_thread(shop.adjust, shop.variants()[0], 2)
    taken = [await client.subscription.take() for client in clients]
    assert taken[0][0] is taken[1][0] is taken[2][0]


async def test_a_topic_hears_its_own_only(shop: Shop, hub: Hub) -> None:
    one, other = shop.variants()[:2]
    location = shop.locations()[0]
    listeners = {
        topic: Client(shop, hub, topic).open_page()
        for topic in (
            ALL_STOCK,
            Topic("variant", one),
            Topic("variant", other),
            Topic("location", location),
            Topic("location", location + 99),
            Topic("product", 1),
            Topic("product", 99),
        )
    }
    await asyncio.to_thread(shop.adjust, one, 1)
    await settle([listeners[ALL_STOCK], listeners[Topic("variant", one)]])
    for listener in listeners.values():
        await listener.read(patience=0.2)
    heard = {topic for topic, listener in listeners.items() if "stock" in listener.heard}
    assert heard == {
        ALL_STOCK,
        Topic("variant", one),
        Topic("location", location),
        Topic("product", 1),
    }


async def test_a_change_of_the_minimum_is_told(shop: Shop, hub: Hub) -> None:
    client = Client(shop, hub).open_page()

    def decide(session: Session) -> None:
        variant = make_variant(session, on_hand=4)
        set_stock_policy(session, variant, get_location(session, code="HAM"), actor="a", minimum=5)

    await asyncio.to_thread(shop.run, decide)
    await settle([client])
    assert max(client.known.values(), key=lambda s: s["variant_id"])["kind"] == "policy_changed"


async def test_what_happened_between_page_and_connection_is_caught_up(shop: Shop, hub: Hub) -> None:
    client = Client(shop, hub)
    cursor, client.known = shop.snapshot()
    client.last_id = str(cursor)
    for variant in shop.variants()[:5]:
        await asyncio.to_thread(shop.adjust, variant, 2)
    client.connect()
    await settle([client])
    assert client.resets == 0


async def test_a_client_that_never_reads_holds_a_bounded_mailbox_and_misses_nothing(
    shop: Shop, hub: Hub
) -> None:
    slow, quick = Client(shop, hub).open_page(), Client(shop, hub).open_page()
    variants = shop.variants()
    for number in range(3 * MOST_FRAMES):
        await asyncio.to_thread(shop.adjust, variants[number % 3], 1)
        async with asyncio.timeout(PATIENCE):
            while not await quick.read(patience=0.3):
                pass
    assert slow.subscription.is_behind
    assert slow.subscription.waiting <= MOST_FRAMES
    await settle([slow, quick])
    assert slow.heard.count("stock") <= MOST_FRAMES


@pytest.mark.parametrize(
    "cursor", [Cursor("elsewhere", 5), Cursor("none", 0)], ids=["another epoch", "no epoch"]
)
async def test_a_cursor_of_another_database_is_answered_reset(
    shop: Shop, hub: Hub, cursor: Cursor
) -> None:
    client = Client(shop, hub)
    client.last_id = str(cursor)
    client.connect()
    await settle([client])
    assert client.resets == 1
    assert Cursor.parse(client.last_id).epoch == hub.cursor.epoch  # type: ignore[union-attr]


async def test_a_cursor_from_the_future_is_answered_reset(shop: Shop, hub: Hub) -> None:
    assert hub.cursor is not None
    client = Client(shop, hub)
    client.last_id = str(Cursor(hub.cursor.epoch, 2**62))
    client.connect()
    await settle([client])
    assert client.resets == 1


async def test_a_cursor_too_far_back_is_answered_reset(
    shop: Shop, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr(changes, "MOST_PAGES", 1)
    client = Client(shop, hub)
    cursor, client.known = shop.snapshot()
    client.last_id = str(cursor)
    for number in range(8):
        await asyncio.to_thread(shop.adjust, shop.variants()[number], 1)
    await until(lambda: hub.cursor == shop.snapshot()[0])
    hub.recent.begin(shop.snapshot()[0])  # it was too long ago to be remembered
    client.connect()
    await settle([client])
    assert client.resets == 1


async def test_a_new_epoch_resets_everybody_and_the_stream_goes_on(shop: Shop, hub: Hub) -> None:
    clients = [Client(shop, hub).open_page() for _ in range(2)]
    await asyncio.to_thread(shop.run, begin_epoch)
    await asyncio.to_thread(shop.adjust, shop.variants()[0], 1)
    await until(lambda: all(client.subscription._reset_reason for client in clients))
    await settle(clients)
    await asyncio.to_thread(shop.adjust, shop.variants()[1], 1)
    await settle(clients)
    assert [client.resets for client in clients] == [1, 1]


async def test_clients_that_come_back_together_share_one_read(shop: Shop, hub: Hub) -> None:
    assert hub.cursor is not None
    await asyncio.to_thread(shop.adjust, shop.variants()[0], 1)
    frames = await asyncio.gather(
        *(hub.catching_up.frame(ALL_STOCK, "json", hub.cursor) for _ in range(50))
    )
    assert len({id(frame) for frame in frames}) == 1


async def test_after_drain_streams_end_and_new_ones_end_at_once(shop: Shop, hub: Hub) -> None:
    client = Client(shop, hub).open_page()
    hub.drain()
    async with asyncio.timeout(1):
        while await client.subscription.take():
            pass
        late = hub.subscribe(ALL_STOCK, "json")
        assert await late.take() == []
    assert hub.is_stopping


async def test_streams_are_counted_by_owner_and_forgotten(shop: Shop, hub: Hub) -> None:
    mine = [hub.subscribe(ALL_STOCK, "json", owner=1) for _ in range(2)]
    other = hub.subscribe(ALL_STOCK, "json", owner=2)
    assert (hub.listeners.count(1), hub.listeners.count(2), hub.listeners.count()) == (2, 1, 3)
    for subscription in (*mine, *mine, other):
        hub.unsubscribe(subscription)
    assert (hub.listeners.count(1), hub.listeners.count()) == (0, 0)
    assert hub.listeners._groups == {}


async def test_what_happens_to_an_order_alone_is_seen_by_the_quick_look(
    shop: Shop, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def order(session: Session) -> int:
        variant = make_variant(session, sku="ALONE", on_hand=5)
        return place(session, {variant.sku: 1}).id

    async def next_of_orders() -> dict[str, object]:
        while True:
            for name, _, content in await told(hub, client):
                if name == "order":
                    found: dict[str, object] = json.loads(content)
                    return found

    def hold(session: Session) -> None:
        hold_order(session, session.get_one(Order, number), reason="a test", actor="tests")

    client = Client(shop, hub, Topic("orders"))
    client.connect()
    number = await asyncio.to_thread(shop.run, order)
    assert (await next_of_orders())["is_new"]
    reads = hub.figures.reads
    await until(lambda: hub.figures.reads > reads and hub.feed._was_quiet)
    # Nothing is read unless it is seen.
    monkeypatch.setattr(feed_module, "LONGEST_REST_SECONDS", 1e9)
    await asyncio.to_thread(shop.run, hold)
    assert not (await next_of_orders())["is_new"]


async def test_a_quiet_stream_gets_a_sign_of_life_that_moves_its_cursor(
    shop: Shop, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse_module, "HEARTBEAT_SECONDS", 0.0)
    client = Client(shop, hub, Topic("variant", 99_999)).open_page()
    before = client.last_id
    await asyncio.to_thread(shop.adjust, shop.variants()[0], 1)
    await until(lambda: str(hub.cursor) != before)
    async with asyncio.timeout(PATIENCE):
        while client.last_id == before:
            await client.read(patience=1)
    assert "stock" not in client.heard


@pytest.mark.postgres
async def test_a_hub_that_lost_its_connections_goes_on_and_misses_nothing(
    postgres_url: str,
) -> None:
    shop = Shop(postgres_url)
    async with running_hub(postgres_url) as hub:
        client = Client(shop, hub).open_page()
        name = shop.engine.url.database
        admin = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = :name AND pid <> pg_backend_pid()"
        )
        for number in range(5):
            await asyncio.to_thread(shop.run, lambda s: s.execute(admin, {"name": name}).all())
            await asyncio.to_thread(shop.adjust, shop.variants()[number], 1)
        await settle([client])
        await until(lambda: hub.is_well)
    shop.close()


@pytest.mark.postgres
@pytest.mark.slow
async def test_while_the_database_refuses_the_probe_is_red_and_the_delay_grows(
    postgres_url: str, postgres_server: str
) -> None:
    shop, server = Shop(postgres_url), Shop(postgres_server)
    name = shop.engine.url.database

    def allow(answer: str) -> None:
        with server.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {answer}"))
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"),
                {"n": name},
            )

    async with running_hub(postgres_url) as hub:
        client = Client(shop, hub).open_page()
        assert (await hub.examine()).faults == []
        await asyncio.to_thread(allow, "false")
        await until(lambda: not hub.is_well)
        (fault,) = (await hub.examine()).faults
        assert "does not answer" in fault
        async with asyncio.timeout(PATIENCE):
            while client.delayed < 3:
                await client.read(patience=1)
        shop.engine.dispose()
        await asyncio.to_thread(allow, "true")
        await until(lambda: hub.is_well)
        await asyncio.to_thread(shop.adjust, shop.variants()[0], 1)
        await settle([client])
        async with asyncio.timeout(PATIENCE):
            while client.delayed:
                await client.read(patience=1)
        assert (await hub.examine()).faults == []
    shop.close()
    server.close()


@pytest.mark.postgres
@pytest.mark.slow
async def test_a_long_writer_anywhere_in_the_cluster_is_said_as_a_delay(
    postgres_url: str, postgres_server: str
) -> None:
    shop, other = Shop(postgres_url), Shop(postgres_server)
    async with running_hub(postgres_url) as hub:
        client = Client(shop, hub).open_page()
        with other.engine.connect() as elsewhere:
            elsewhere.execute(text("SELECT pg_current_xact_id()"))
            await asyncio.to_thread(shop.adjust, shop.variants()[0], 1)
            async with asyncio.timeout(15):
                while client.delayed < 3:
                    await client.read(patience=1)
            assert "stock" not in client.heard
            assert hub.is_well
            elsewhere.rollback()
        await settle([client])
        async with asyncio.timeout(PATIENCE):
            while client.delayed:
                await client.read(patience=1)
    shop.close()
    other.close()
