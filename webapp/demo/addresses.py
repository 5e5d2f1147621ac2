"""Addresses as people type them: most are right, some cannot be delivered to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from webapp.demo.people_data import CITIES_ABROAD, COMPANIES, GERMAN_CITIES, STREETS
from webapp.demo.randomness import Urn

if TYPE_CHECKING:
    from random import Random

Address = dict[str, Any]
"""``name``, ``street``, ``house_number``, ``postal_code``, ``city``, ``country`` (ISO 3166-1
alpha-2), and sometimes ``company``, ``extra`` or ``post_number``."""

FAULT_RATE: Final = 0.075
"""Share of addresses with a fault."""
_LOCKER_RATE: Final = 0.05
_COMPANY_RATE: Final = 0.03
_ABROAD_RATE: Final = 0.12
_EXTRAS: Final = ("Hinterhaus", "3. OG links", "c/o Weber", "Seiteneingang", "bei Schmidt klingeln")


@dataclass(frozen=True, slots=True)
class TypedAddress:
    """An address and what is wrong with it: the name of a fault, or None."""

    address: Address
    fault: str | None


def type_address(dice: Random, name: str) -> TypedAddress:
    """Return the address that ``name`` types at the checkout."""
    if dice.random() < _ABROAD_RATE:
        address = _abroad(dice, name)
    elif dice.random() < _LOCKER_RATE:
        address = _locker(dice, name)
    else:
        address = _german(dice, name)
    if dice.random() >= FAULT_RATE:
        return TypedAddress(address, None)
    possible = [fault for fault, (fits, _) in _FAULTS.items() if fits(address)]
    if not possible:
        return TypedAddress(address, None)
    fault = dice.choice(possible)
    return TypedAddress(_FAULTS[fault][1](dice, dict(address)), fault)


_CITIES: Final = Urn(
    [(code, city) for code, city, _ in GERMAN_CITIES], [w for *_, w in GERMAN_CITIES]
)
_FOREIGN: Final = Urn([place[:3] for place in CITIES_ABROAD], [w for *_, w in CITIES_ABROAD])


def _german(dice: Random, name: str) -> Address:
    code, city = _CITIES.draw(dice)
    address = _at_street(dice, name) | {"postal_code": code, "city": city, "country": "DE"}
    if dice.random() < _COMPANY_RATE:
        address["company"] = dice.choice(COMPANIES)
    if dice.random() < _LOCKER_RATE:
        address["extra"] = dice.choice(_EXTRAS)
    return address


def _abroad(dice: Random, name: str) -> Address:
    country, code, city = _FOREIGN.draw(dice)
    return _at_street(dice, name) | {"postal_code": code, "city": city, "country": country}


def _at_street(dice: Random, name: str) -> Address:
    number = str(int(dice.lognormvariate(2.6, 0.9)) + 1)
    suffix = dice.choice("abcd") if dice.random() < _LOCKER_RATE else ""
    return {"name": name, "street": dice.choice(STREETS), "house_number": number + suffix}


def _locker(dice: Random, name: str) -> Address:
    code, city = _CITIES.draw(dice)
    return {
        "name": name,
        "street": "Packstation",
        "house_number": str(dice.randint(101, 260)),
        "post_number": str(dice.randint(10**6, 10**9 - 1)),
        "postal_code": code,
        "city": city,
        "country": "DE",
    }


# --- what goes wrong -----------------------------------------------------------------------


def _drop_house_number(_dice: Random, address: Address) -> Address:
    return address | {"house_number": ""}


def _number_in_street(_dice: Random, address: Address) -> Address:
    street = f"{address['street']} {address['house_number']}"
    return address | {"street": street, "house_number": ""}


def _swap_digits(dice: Random, address: Address) -> Address:
    code = address["postal_code"]
    places = [i for i in range(len(code) - 1) if code[i] != code[i + 1]]
    place = dice.choice(places)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    return address | {"postal_code": swapped}


def _shorten_code(_dice: Random, address: Address) -> Address:
    return address | {"postal_code": address["postal_code"].lstrip("0")[:4]}


def _swap_fields(_dice: Random, address: Address) -> Address:
    return address | {"street": address["city"], "city": address["street"]}


def _garble(_dice: Random, address: Address) -> Address:
    """Return it as a system that takes UTF-8 for Latin-1 passes it on."""
    street = address["street"].encode().decode("latin-1")
    return address | {"street": "".join(c if c.isprintable() else "?" for c in street)}


def _drop_post_number(_dice: Random, address: Address) -> Address:
    return {key: value for key, value in address.items() if key != "post_number"}


def _at_home_in_germany(address: Address) -> bool:
    return _is_german(address) and not _is_locker(address)


def _has_umlaut(address: Address) -> bool:
    return not str(address["street"]).isascii()


def _is_locker(address: Address) -> bool:
    return "post_number" in address


def _is_german(address: Address) -> bool:
    return bool(address["country"] == "DE")


_Check = Callable[[Address], bool]
_Damage = Callable[["Random", Address], Address]
_FAULTS: Final[dict[str, tuple[_Check, _Damage]]] = {
    "missing house number": (_at_home_in_germany, _drop_house_number),
    "house number in the street": (_at_home_in_germany, _number_in_street),
    "swapped postal code": (_is_german, _swap_digits),
    "short postal code": (_is_german, _shorten_code),
    "street and city swapped": (_at_home_in_germany, _swap_fields),
    "garbled street": (_has_umlaut, _garble),
    "locker without post number": (_is_locker, _drop_post_number),
}
