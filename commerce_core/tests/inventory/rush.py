"""Crowds on one shop: what many threads and processes do at once, for tests and the long form.

Each scenario takes a shop and a size, runs to its end and returns what happened. ``audit`` says
what must hold afterwards, whatever happened. As a program it is one customer who never stops:
``python -m commerce_core.tests.inventory.rush URL SEED``; somebody is going to kill it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from commerce_core.errors import CommerceError, InsufficientStockError
from commerce_core.flows import run_in_transaction
from commerce_core.inventory import (
    Allocation,
    BasketLine,
    Cause,
    Reservation,
    ReservationStatus,
    ReserveRequest,
    StockLevel,
    StockLocation,
    allocate_reservation,
    allocate_reservations,
    allocate_stock,
    deallocate_stock,
    expire_reservations,
    extend_reservation,
    receive_stock,
    release_reservation,
    release_reservations,
    reserve_basket,
    reserve_many,
    reserve_stock,
    ship_allocation,
    verify_ledger,
    verify_promises,
)
from commerce_core.models import Variant
from commerce_core.testing import make_location, make_variant
from commerce_core.tests.databases import Database, opened
from commerce_core.tests.source import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

SHORTEST: Final = timedelta(seconds=1)


@dataclass
class Crowd:
    """A shop and what its customers were told so far."""

    database: Database
    variants: list[Variant]
    place: StockLocation
    seed: int = 0
    told: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def attempts(self) -> int:
        return sum(self.told.values())

    def ask(self, verb: Any, *what: Any, attempts: int = 5, **how: Any) -> Any:
        """Run a verb and note the outcome: ``granted``, or the code of the refusal.

        Whatever is not a refusal by stock (a deadlock, say) comes out of here.
        """
        answer, outcome = None, "granted"

        def step(session: Session) -> Any:
            return verb(session, *what, actor="crowd", **how)

        try:
            answer = run_in_transaction(self.database.factory, step, attempts=attempts)
        except InsufficientStockError as refusal:
            outcome = refusal.code
        with self.lock:
            self.told[outcome] += 1
        return answer

    def each(self, threads: int, customer: Callable[[random.Random], None]) -> None:
        """Let ``threads`` customers act at once; raises what any of them met."""
        with ThreadPoolExecutor(threads) as pool:
            seeds = range(self.seed, self.seed + threads)
            started = [pool.submit(customer, random.Random(n)) for n in seeds]  # noqa: S311
            for one in started:
                one.result()


def open_crowd(database: Database, *, units: int, variants: int = 1) -> Crowd:
    """Open a shop with ``units`` pieces of each variant."""

    def build(session: Session) -> tuple[list[Variant], StockLocation]:
        made = [make_variant(session, on_hand=units) for _ in range(variants)]
        return made, make_location(session)

    return Crowd(database, *database.run(build))


def promised(database: Database) -> int:
    """Return the pieces that are held, promised, or shipped for a promise."""

    def read(session: Session) -> int:
        held = select(func.coalesce(func.sum(Reservation.quantity), 0)).where(
            Reservation.status == ReservationStatus.ACTIVE
        )
        firm = select(func.coalesce(func.sum(Allocation.quantity - Allocation.released), 0))
        return int(session.scalar(held) or 0) + int(session.scalar(firm) or 0)

    return database.run(read)


def audit(database: Database) -> list[str]:
    """Return every disagreement of the books."""

    def read(session: Session) -> list[str]:
        return [str(found) for found in (*verify_ledger(session), *verify_promises(session))]

    return database.run(read)


def reserved_now(database: Database) -> int:
    return database.run(lambda s: int(s.scalar(select(func.sum(StockLevel.reserved))) or 0))


# --- scenarios ----------------------------------------------------------------------------------


def grab(crowd: Crowd, *, threads: int, times: int) -> None:
    """Everybody wants a piece of the same variant: some hold it, some order it, some in a batch."""
    (variant,) = crowd.variants

    def customer(rng: random.Random) -> None:
        here = (variant, crowd.place)
        for number in range(times):
            name = f"{rng.random()}-{number}"
            way = rng.random()
            if way < 0.5:
                crowd.ask(reserve_stock, *here, quantity=1)
            elif way < 0.9:
                crowd.ask(allocate_stock, *here, quantity=1, holder=Cause("host_order", name))
            else:
                _batch(crowd, variant, name)

    crowd.each(threads, customer)


def _batch(crowd: Crowd, variant: Variant, name: str) -> None:
    wishes = [
        ReserveRequest(variant.id, crowd.place.id, 1, idempotency_key=f"{name}-{n}")
        for n in range(5)
    ]
    answers = run_in_transaction(
        crowd.database.factory, lambda s: reserve_many(s, wishes, actor="crowd")
    )
    with crowd.lock:
        for answer in answers:
            crowd.told["granted" if answer.reservation_id else str(answer.refusal)] += 1


def shop_in_any_order(crowd: Crowd, *, threads: int, times: int) -> None:
    """Baskets of the same variants in every order, ordered or given back in every order.

    Nothing is tried twice: a deadlock would come out.
    """

    def customer(rng: random.Random) -> None:
        for number in range(times):
            chosen = rng.sample(crowd.variants, k=rng.randint(2, len(crowd.variants)))
            lines = [BasketLine(variant, 1) for variant in chosen]
            basket = crowd.ask(reserve_basket, lines, attempts=1)
            if basket is None:
                continue
            rows = list(basket.reservations)
            rng.shuffle(rows)
            if rng.random() < 0.5:
                holders = {r: Cause("host_order", f"{r.id}-{number}") for r in rows}
                crowd.ask(allocate_reservations, holders, attempts=1)
            else:
                crowd.ask(release_reservations, rows, attempts=1)

    crowd.each(threads, customer)


def storm(crowd: Crowd, *, threads: int, times: int) -> None:
    """Short holds, extended, released, ordered, taken back, shipped; and a sweep in between."""

    def customer(rng: random.Random) -> None:
        for _ in range(times):
            variant = rng.choice(crowd.variants)
            how: dict[str, Any] = {"quantity": rng.randint(1, 3), "expires_in": SHORTEST}
            held = crowd.ask(reserve_stock, variant, crowd.place, **how)
            if held is None:
                crowd.ask(expire_reservations)
                continue
            with contextlib.suppress(CommerceError):  # it may have expired meanwhile
                _go_on(crowd, rng, held)

    crowd.each(threads, customer)


def _go_on(crowd: Crowd, rng: random.Random, held: Reservation) -> None:
    choice = rng.randrange(5)
    if choice == 0:
        crowd.ask(release_reservation, held)
    elif choice == 1:
        crowd.ask(extend_reservation, held, expires_in=SHORTEST)
    elif choice in {2, 3}:
        order = Cause("host_order", str(held.id))
        allocation = crowd.ask(allocate_reservation, held, holder=order)
        if choice == 2:
            crowd.ask(deallocate_stock, allocation)
        else:
            crowd.ask(ship_allocation, allocation)
            crowd.ask(_restock, crowd, held)


def _restock(session: Session, crowd: Crowd, held: Reservation, actor: str) -> None:
    variant = session.get_one(Variant, held.variant_id)
    receive_stock(session, variant, crowd.place, quantity=held.quantity, actor=actor)


SCENARIOS: Final[dict[str, Any]] = {
    "grab": grab,
    "shop_in_any_order": shop_in_any_order,
    "storm": storm,
}


# --- other processes ----------------------------------------------------------------------------


def join(url: str, scenario: str, *, seed: int, threads: int, times: int) -> Counter[str]:
    """Take part in a scenario in the shop at ``url``, from a process of one's own."""
    with opened(url) as database:
        crowd = _found(database, seed)
        SCENARIOS[scenario](crowd, threads=threads, times=times)
        return crowd.told


def from_processes(
    crowd: Crowd, scenario: str, *, processes: int, threads: int, times: int
) -> None:
    """Run a scenario from several processes at once, each with several threads."""
    how = {"threads": threads, "times": times}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        url = crowd.database.url
        seeds = [1000 * number for number in range(processes)]
        started = [pool.submit(join, url, scenario, seed=seed, **how) for seed in seeds]
        for one in started:
            crowd.told += one.result()


def _found(database: Database, seed: int) -> Crowd:
    variants = database.run(lambda s: list(s.scalars(select(Variant).order_by(Variant.id))))
    place = database.run(lambda s: s.scalars(select(StockLocation)).one())
    return Crowd(database, variants, place, seed)


@contextlib.contextmanager
def customers_who_die(url: str, *, processes: int) -> Iterator[Callable[[], None]]:
    """Run customers as programs; yield a function that kills one (-9) and starts another."""
    seeds = iter(range(1_000_000))

    def start() -> subprocess.Popen[bytes]:
        name = "commerce_core.tests.inventory.rush"
        command = [sys.executable, "-W", "ignore", "-m", name, url, str(next(seeds))]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)

    running = [start() for _ in range(processes)]

    def kill_one() -> None:
        process = running.pop(0)
        assert process.stdout is not None
        process.stdout.readline()  # it is open for business
        time.sleep(random.uniform(0, 0.2))  # noqa: S311 - and in the middle of something
        process.kill()
        process.communicate()
        running.append(start())

    try:
        yield kill_one
    finally:
        for process in running:
            process.kill()
            process.communicate()


def shop_for_ever(url: str, seed: int) -> None:
    """Hold, order, ship and give back pieces of everything there is, until somebody kills us."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    with opened(url) as database:
        crowd = _found(database, seed)
        print("open", flush=True)  # noqa: T201 - the parent waits for it
        while True:
            storm(crowd, threads=1, times=1)
            chosen = rng.sample(crowd.variants, k=min(3, len(crowd.variants)))
            basket = [BasketLine(variant, 1) for variant in chosen]
            crowd.ask(reserve_basket, basket, expires_in=SHORTEST)
            crowd.seed += 1


def close_the_day(database: Database) -> None:
    """Wait until every hold has ended, and let the sweep journal it."""
    time.sleep(SHORTEST.total_seconds() + 0.1)
    while database.run(expire_reservations):
        pass


if __name__ == "__main__":
    shop_for_ever(sys.argv[1], int(sys.argv[2]))
