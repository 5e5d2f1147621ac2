"""Numbers, money and moments as people write them, in English and German."""

from __future__ import annotations

import gettext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from commerce_core.clock import use_clock
from commerce_core.money import Money
from commerce_core.testing import FrozenClock
from webapp.format import Formatter, locale_for

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 24, 13, 32, 7, tzinfo=UTC)


def formatter(code: str = "en") -> Formatter:
    return Formatter(locale_for(code), BERLIN, gettext.NullTranslations().ngettext)


@pytest.mark.parametrize(
    ("value", "digits", "english", "german"),
    [
        (1240, None, "1,240", "1.240"),
        (-2, None, "\u22122", "\u22122"),
        (0, None, "0", "0"),
        (None, None, "\u2013", "\u2013"),
        (Decimal("1234.500"), None, "1,234.500", "1.234,500"),
        (2.0, None, "2.00", "2,00"),
        (2.345, 1, "2.3", "2,3"),
        (Decimal("0.5"), 0, "1", "1"),
        (Decimal("-0.4"), 0, "0", "0"),
        (10**18, None, "1,000,000,000,000,000,000", "1.000.000.000.000.000.000"),
    ],
)
def test_numbers(value: Decimal, digits: int | None, english: str, german: str) -> None:
    assert formatter("en").number(value, digits) == english
    assert formatter("de").number(value, digits) == german


@pytest.mark.parametrize(
    ("value", "text"), [(5, "+5"), (-2, "\u22122"), (0, "0"), (None, "\u2013")]
)
def test_changes_carry_their_sign(value: int | None, text: str) -> None:
    assert formatter().signed(value) == text


def test_shares() -> None:
    assert formatter().percent(0.0914) == "9\u00a0%"
    assert formatter("de").percent(Decimal("-0.0914"), 1) == "\u22129,1\u00a0%"


@pytest.mark.parametrize(
    ("amount", "currency", "english", "german"),
    [
        ("3184", "EUR", "€3,184.00", "3.184,00\u00a0€"),
        ("-12.5", "GBP", "\u2212£12.50", "\u221212,50\u00a0£"),
        ("0.072", "EUR", "€0.072", "0,072\u00a0€"),
        ("1.2345", "EUR", "€1.2345", "1,2345\u00a0€"),
        ("100", "CHF", "CHF\u00a0100.00", "100,00\u00a0CHF"),
    ],
)
def test_money_loses_no_decimal(amount: str, currency: str, english: str, german: str) -> None:
    money = Money.of(amount, currency)
    assert formatter("en").money(money) == english
    assert formatter("de").money(money) == german


def test_money_in_tiles_has_no_cents_and_no_minus_before_zero() -> None:
    assert formatter().money(Money.of("3184.49", "EUR"), whole=True) == "€3,184"
    assert formatter().money(Money.of("-0.2", "EUR"), whole=True) == "€0"
    assert formatter().money(None) == "\u2013"


def test_moments_are_written_in_the_shops_zone() -> None:
    with use_clock(FrozenClock(NOW)):
        late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
        assert formatter().date(late) == "Wed 25 Nov"
        assert formatter("de").date(late) == "Mi 25. Nov"
        assert formatter().time(NOW) == "14:32"
        assert formatter().time(NOW, seconds=True) == "14:32:07"
        assert formatter().exact(NOW) == "Tue 24 Nov 2026, 14:32:07 CET"
        assert formatter().iso(NOW) == "2026-11-24T14:32:07+01:00"


def test_the_year_is_said_only_when_it_is_another() -> None:
    with use_clock(FrozenClock(NOW)):
        assert formatter().date(date(2026, 1, 5)) == "Mon 5 Jan"
        assert formatter().date(date(2025, 1, 5)) == "Sun 5 Jan 2025"


def test_today_is_a_time_and_other_days_are_days() -> None:
    with use_clock(FrozenClock(NOW)):
        assert formatter().moment(NOW - timedelta(hours=1)) == "13:32"
        assert formatter().moment(NOW - timedelta(days=1)) == "Mon 23 Nov, 14:32"


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=12), "12\u00a0s"),
        (timedelta(minutes=41, seconds=59), "41\u00a0min"),
        (timedelta(hours=2), "2\u00a0h"),
        (timedelta(days=1, hours=5), "1 day"),
        (timedelta(days=3), "3 days"),
        (timedelta(seconds=-5), "0\u00a0s"),
    ],
)
def test_ages_use_their_largest_unit(age: timedelta, text: str) -> None:
    with use_clock(FrozenClock(NOW)):
        assert formatter().ago(age) == text
        assert formatter().ago(NOW - age) == text


def test_nothing_is_a_dash_everywhere() -> None:
    filters = formatter().filters()
    assert {name: write(None) for name, write in filters.items()} == dict.fromkeys(
        filters, "\u2013"
    ) | {"iso": ""}


@pytest.mark.parametrize("code", ["de", "de_AT", "de-CH", "DE"])
def test_german_by_any_name(code: str) -> None:
    assert locale_for(code).code == "de"


def test_an_unknown_language_is_english() -> None:
    assert locale_for("fr").code == "en"
