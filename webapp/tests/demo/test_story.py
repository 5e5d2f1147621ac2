"""The story has the rates of a real shop: returns, cancellations, guests, faults, seasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from commerce_core.inventory import MovementKind
from commerce_core.orders.models import OrderStatus
from webapp.demo.history import DAYS, tell_story
from webapp.demo.plan import OPEN, SHOP, WEB, PlannedLine, PlannedOrder, Story
from webapp.demo.rhythm import local_day

AS_OF = datetime(2026, 11, 24, 13, 32, tzinfo=UTC)
BLACK_FRIDAY_YEAR = 2025


@pytest.fixture(
    scope="module", params=[0.3, pytest.param(1.0, marks=pytest.mark.slow)], ids=["small", "whole"]
)
def story(request: pytest.FixtureRequest) -> Story:
    return tell_story(7, as_of=AS_OF, scale=request.param)


def share(part: Iterable[bool]) -> float:
    counted = [bool(each) for each in part]
    return sum(counted) / len(counted)


def old(story: Story) -> list[PlannedOrder]:
    """Orders of which everything that comes back has come back."""
    return [o for o in story.orders if o.placed_at < AS_OF - timedelta(days=35)]


def pieces(
    orders: Iterable[PlannedOrder], test: Callable[[PlannedLine], bool] = lambda _line: True
) -> int:
    lines = (line for order in orders for line in order.lines if order.has_shipped)
    return sum(line.quantity for line in lines if test(line))


def days_of(story: Story, channel: str) -> Counter[date]:
    return Counter(local_day(o.placed_at) for o in story.orders if o.channel == channel)


def test_it_is_the_same_for_the_same_seed_and_moment() -> None:
    first, second = (tell_story(3, as_of=AS_OF, scale=0.05) for _ in range(2))
    assert first == second
    assert tell_story(4, as_of=AS_OF, scale=0.05) != first


def test_it_covers_eighteen_months_until_now(story: Story) -> None:
    moments = [order.placed_at for order in story.orders]
    assert moments == sorted(moments)
    assert (AS_OF - moments[0]).days in range(DAYS - 2, DAYS + 1)
    assert AS_OF - moments[-1] < timedelta(hours=12)
    assert max(m.occurred_at for m in story.movements) <= AS_OF


def test_a_third_or_more_of_fashion_comes_back_and_little_of_home(story: Story) -> None:
    orders = old(story)
    known = {order.id for order in orders}
    back: Counter[bool] = Counter()
    for credit in story.credits:
        if credit.order.id in known:
            for part in credit.lines:
                back[part.line.variant.product.is_fashion] += part.quantity
    fashion = pieces(orders, lambda line: line.variant.product.is_fashion)
    home = pieces(orders, lambda line: not line.variant.product.is_fashion)
    assert 0.30 <= back[True] / fashion <= 0.45
    assert 0.02 <= back[False] / home <= 0.10


def test_some_orders_are_cancelled_or_never_paid(story: Story) -> None:
    assert 0.015 <= share(o.status is OrderStatus.CANCELLED for o in story.orders) <= 0.06
    assert 0.001 <= share(o.status is OrderStatus.EXPIRED for o in story.orders) <= 0.02


def test_a_quarter_of_the_orders_are_of_guests(story: Story) -> None:
    assert 0.15 <= share(o.customer is None for o in story.orders) <= 0.32


def test_some_addresses_have_faults_of_every_kind(story: Story) -> None:
    typed = [o.typed for o in story.orders if o.typed is not None]
    assert 0.04 <= share(each.fault is not None for each in typed) <= 0.11
    faults = {each.fault for each in typed} - {None}
    assert len(faults) >= 6
    for each in typed:
        address = each.address
        if each.fault == "missing house number":
            assert address["house_number"] == ""
        if each.fault == "locker without post number":
            assert address["street"] == "Packstation"
            assert "post_number" not in address


def test_some_customers_have_two_accounts(story: Story) -> None:
    assert 0.01 <= share(c.duplicate_of is not None for c in story.people) <= 0.05
    assert len({c.number for c in story.people}) == len(story.people)


def test_most_customers_have_ordered_and_a_few_order_much(story: Story) -> None:
    counts = Counter(o.customer.index for o in story.orders if o.customer)
    assert len(counts) / len(story.people) > 0.75
    best = sorted(counts.values(), reverse=True)
    assert sum(best[: len(best) // 5]) > 0.4 * sum(best)


def test_seasons_are_felt(story: Story) -> None:
    def sold(season: str, months: set[int]) -> int:
        orders = [o for o in story.orders if o.placed_at.month in months]
        return pieces(orders, lambda line: line.variant.product.season == season)

    assert sold("summer", {6, 7}) > 3 * sold("summer", {11, 12})
    assert sold("winter", {11, 12}) > 4 * sold("winter", {6, 7})


def test_november_and_december_are_the_best_months(story: Story) -> None:
    months = Counter(o.placed_at.strftime("%Y-%m") for o in story.orders)
    assert months["2025-12"] / 31 > 1.3 * months["2025-08"] / 31
    assert months["2025-11"] / 30 > 1.2 * months["2025-08"] / 31


def test_the_web_shop_is_busy_on_mondays_and_the_shop_closed_on_sundays(story: Story) -> None:
    web, shop = (
        Counter(day.weekday() for day in days_of(story, channel).elements())
        for channel in (WEB, SHOP)
    )
    assert web[0] > 1.2 * web[5]
    assert shop[6] == 0
    assert shop[5] > 1.3 * shop[0]


def test_people_order_in_the_evening(story: Story) -> None:
    hours = Counter(o.placed_at.hour for o in story.orders if o.channel == WEB)
    assert sum(hours[h] for h in (18, 19, 20)) > 5 * sum(hours[h] for h in (1, 2, 3))


def test_the_shop_grows(story: Story) -> None:
    per_day = days_of(story, WEB)

    def quarter(end: date) -> int:
        return sum(n for day, n in per_day.items() if timedelta(0) <= end - day < timedelta(90))

    last = local_day(AS_OF) - timedelta(days=1)
    assert 1.15 < quarter(last) / quarter(last - timedelta(days=364)) < 1.8


def test_promotions_lower_prices_for_a_while(story: Story) -> None:
    def is_cut(line: PlannedLine) -> bool:
        return line.price < line.variant.product.price

    assert 0.08 <= pieces(story.orders, is_cut) / pieces(story.orders) <= 0.4
    black_week = [
        o
        for o in story.orders
        if date(BLACK_FRIDAY_YEAR, 11, 22)
        <= local_day(o.placed_at)
        < date(BLACK_FRIDAY_YEAR, 11, 30)
    ]
    assert pieces(black_week, is_cut) == pieces(black_week)
    calm = [o for o in story.orders if o.placed_at.month in {5, 9, 10}]
    assert pieces(calm, is_cut) == 0


def test_a_tenth_or_more_hardly_sells(story: Story) -> None:
    recent = [o for o in story.orders if o.placed_at > AS_OF - timedelta(days=180)]
    sold: Counter[int] = Counter()
    for order in recent:
        for line in order.lines:
            sold[line.variant.number] += line.quantity
    assert 0.05 <= share(sold[v.number] <= 3 for v in story.variants) <= 0.28


def test_things_are_sold_out_at_times(story: Story) -> None:
    on_hand: Counter[tuple[int, int]] = Counter()
    emptied = set()
    for movement in story.movements:
        on_hand[movement.level] += movement.pieces
        if on_hand[movement.level] == 0:
            emptied.add(movement.level)
    assert 0.1 < len(emptied) / len(story.available) < 0.8
    assert story.lost_sales > 0


def test_no_level_ever_falls_below_zero(story: Story) -> None:
    on_hand: Counter[tuple[int, int]] = Counter()
    last: dict[tuple[int, int], datetime] = {}
    for movement in story.movements:
        on_hand[movement.level] += movement.pieces
        assert on_hand[movement.level] >= 0
        assert last.get(movement.level, movement.occurred_at) <= movement.occurred_at
        last[movement.level] = movement.occurred_at


def test_what_is_open_is_promised_and_still_there(story: Story) -> None:
    on_hand: Counter[tuple[int, int]] = Counter()
    for movement in story.movements:
        on_hand[movement.level] += movement.pieces
    for order in story.orders:
        if order.status in OPEN:
            assert AS_OF - order.placed_at < timedelta(days=1)
            for line in order.lines:
                on_hand[line.variant.number, line.location] -= line.quantity
    assert {level: on_hand[level] for level in story.available} == story.available


def test_a_few_variants_are_low_and_fewer_are_out(story: Story) -> None:
    scale = len(story.variants) / 816
    low = {
        level[0]
        for level, minimum in story.minimums.items()
        if 0 < minimum > story.available[level]
    }
    there: Counter[int] = Counter()
    for level, available in story.available.items():
        there[level[0]] += available
    out = {v.number for v in story.variants if not there[v.number]}
    assert out <= low
    assert 14 * scale <= len(low) <= 30 * scale
    assert 4 * scale <= len(out) <= 10 * scale


def test_purchases_arrive_whole_and_some_are_late(story: Story) -> None:
    arrived = [p for p in story.purchases if p.received_at is not None and p.lines]
    assert len(arrived) > 10
    received = [m for m in story.movements if m.cause and m.cause[0] == "purchase_order_line"]
    assert sum(len(p.lines) for p in arrived) == len(received)
    assert all(m.kind is MovementKind.RECEIVED for m in received)
    days = [p.received_at.date() - p.expected_on for p in arrived if p.received_at]
    assert 0.02 < share(late > timedelta(days=4) for late in days) < 0.25
    waiting = [p for p in story.purchases if p.received_at is None and p.lines]
    assert waiting
