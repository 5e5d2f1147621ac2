"""Customers: who they are, when they came and went, how often they buy, and who is there twice."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from webapp.demo.addresses import TypedAddress, type_address
from webapp.demo.people_data import FIRST_NAMES, LAST_NAMES
from webapp.demo.randomness import make_dice

if TYPE_CHECKING:
    from random import Random

_FIRST_NAMES: Final = FIRST_NAMES.split()
_LAST_NAMES: Final = LAST_NAMES.split()
_MAIL_HOSTS: Final = ("example.com", "example.org", "example.net", "post.example", "mail.example")
_LOCALES: Final = {"DE": "de-DE", "AT": "de-AT", "CH": "de-CH", "FR": "fr-FR", "NL": "nl-NL"}
_FIRST_NUMBER: Final = 10_001
_DUPLICATE_RATE: Final = 0.025
_OLD_SHARE: Final = 0.3
"""Share of customers who were there before the story begins."""
_MEAN_STAY_DAYS: Final = 420
_MOST_EAGER: Final = 3.5
_SERIAL_RETURNER_RATE: Final = 0.06


@dataclass(frozen=True, slots=True)
class PlannedCustomer:
    """A customer account. ``index`` is its place in the list, from 0."""

    index: int
    number: str
    name: str
    email: str | None
    typed: TypedAddress
    joined_on: date
    left_on: date
    buys: float
    """How often they buy while they are there, against an average customer."""
    sends_back: float
    """How much they send back, against an average customer."""
    duplicate_of: int | None = None

    @property
    def locale(self) -> str:
        """The language they read."""
        return _LOCALES.get(self.typed.address["country"], "en")


def plan_people(seed: int, *, count: int, start: date, end: date) -> list[PlannedCustomer]:
    """Return ``count`` accounts; about one in forty is of somebody who has one already."""
    dice = make_dice("people", seed)
    joined = sorted(_joining_day(dice, start, end) for _ in range(count))
    people: list[PlannedCustomer] = []
    for index, day in enumerate(joined):
        if people and dice.random() < _DUPLICATE_RATE:
            people.append(_again(dice, dice.choice(people), index, day))
        else:
            people.append(_somebody(dice, index, day))
    return people


def make_name(dice: Random) -> str:
    """Return a full name."""
    return f"{dice.choice(_FIRST_NAMES)} {dice.choice(_LAST_NAMES)}"


def _joining_day(dice: Random, start: date, end: date) -> date:
    """Return a day before or within the story; more come late, because the shop grows."""
    if dice.random() < _OLD_SHARE:
        return start - timedelta(days=dice.randint(1, 400))
    return start + timedelta(days=int((end - start).days * dice.random() ** 0.8))


def _somebody(dice: Random, index: int, joined_on: date) -> PlannedCustomer:
    name = make_name(dice)
    is_serial = dice.random() < _SERIAL_RETURNER_RATE
    return PlannedCustomer(
        index=index,
        number=str(_FIRST_NUMBER + index),
        name=name,
        email=_email(dice, name),
        typed=type_address(dice, name),
        joined_on=joined_on,
        left_on=joined_on + timedelta(days=int(dice.expovariate(1 / _MEAN_STAY_DAYS)) + 1),
        buys=min(_MOST_EAGER, dice.gammavariate(1.1, 1 / 1.1)),
        sends_back=2.2 if is_serial else dice.uniform(0.5, 1.4),
    )


def _again(dice: Random, known: PlannedCustomer, index: int, day: date) -> PlannedCustomer:
    """Return a second account of ``known``, spelled a little differently."""
    first, _, last = known.name.partition(" ")
    name = dice.choice([known.name.upper(), f"{first[0]}. {last}", _plain(known.name), known.name])
    email = known.email
    if email is not None:
        email = dice.choice([email.upper(), email.replace("@", "+shop@"), _email(dice, known.name)])
    return PlannedCustomer(
        index=index,
        number=str(_FIRST_NUMBER + index),
        name=name,
        email=email,
        typed=known.typed,
        joined_on=day,
        left_on=day + timedelta(days=int(dice.expovariate(1 / _MEAN_STAY_DAYS)) + 1),
        buys=known.buys,
        sends_back=known.sends_back,
        duplicate_of=known.index,
    )


def _email(dice: Random, name: str) -> str:
    """Return an address under a domain that can never exist (RFC 2606)."""
    first, _, last = _plain(name).lower().replace("'", "").partition(" ")
    last = last.replace(" ", "-")
    local = dice.choice([f"{first}.{last}", f"{first[0]}{last}", f"{last}{dice.randint(50, 99)}"])
    return f"{local}{dice.choice(['', '', dice.randint(1, 99)])}@{dice.choice(_MAIL_HOSTS)}"


_GERMAN: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ı": "i"}  # noqa: RUF001
)


def _plain(name: str) -> str:
    """Return ``name`` as people write it who have no umlauts on their keyboard."""
    composed = unicodedata.normalize("NFC", name).translate(_GERMAN)
    return unicodedata.normalize("NFKD", composed).encode("ascii", "ignore").decode()
