from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_core.catalog import (
    Variant,
    create_product,
    create_variant,
    ensure_option_value,
    find_product,
    find_variant,
    get_product,
    get_variant,
    list_variants,
    normalize_sku,
)
from commerce_core.errors import (
    CommerceError,
    DatabaseError,
    DuplicateCombinationError,
    DuplicateError,
    DuplicateSkuError,
    InvalidInputError,
    InvalidMoneyError,
    InvalidTextError,
    ProductNotFoundError,
    VariantNotFoundError,
)
from commerce_core.inventory import create_location, get_location, list_locations
from commerce_core.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from commerce_core.tests.databases import Database

PRICE = Money.of("19.90", "EUR")


def lamp(session: Session, sku: str = "LAMP-1", **values: Any) -> Variant:
    """Create a variant of the product Lamp, which is created where it is missing."""
    product = find_product(session, slug="lamp") or create_product(session, name="Lamp")
    return create_variant(session, product, sku=sku, **({"price": PRICE} | values))


# --- products --------------------------------------------------------------------------------


def test_a_product_gets_an_address_from_its_name(run: Callable[[Any], Any]) -> None:
    product = run(lambda session: create_product(session, name=" Crème brûlée, 2 & ½ l "))

    assert (product.name, product.slug) == ("Crème brûlée, 2 & ½ l", "creme-brulee-2-12-l")
    assert (product.status, product.version, product.details) == ("active", 1, {})


def test_names_without_latin_letters_have_addresses_of_their_own(sqlite: Database) -> None:
    slugs = {
        sqlite.run(partial(create_product, name=name)).slug for name in ("灯", "茶", "مصباح", "🏮")
    }

    assert len(slugs) == 4
    assert all(slug.startswith("product-") for slug in slugs)


def test_two_products_cannot_have_one_address(run: Callable[[Any], Any]) -> None:
    run(lambda session: create_product(session, name="Lamp"))

    with pytest.raises(DuplicateError, match="choose another"):
        run(lambda session: create_product(session, name="LAMP!"))
    assert run(lambda s: create_product(s, name="Lamp", slug="Lamp Two")).slug == "lamp-two"


def test_a_product_is_found_by_its_address(run: Callable[[Any], Any]) -> None:
    product = run(lambda session: create_product(session, name="Lamp"))

    assert run(lambda session: get_product(session, slug="lamp")).id == product.id
    assert run(lambda session: find_product(session, slug="lamp-2")) is None
    with pytest.raises(ProductNotFoundError):
        run(lambda session: get_product(session, slug="lamp-2"))


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"name": "a\x00b"},
        {"name": "Lamp", "slug": "x" * 201},
        {"name": "Lamp", "brand": "x" * 201},
        {"name": "Lamp", "category": "a\nb"},
        {"name": "Lamp", "description": "a\x00b"},
        {"name": "Lamp", "description": "x" * 20_001},
    ],
    ids=lambda values: ascii(values)[:40],
)
def test_a_text_that_cannot_be_stored_is_refused(
    database: Database, values: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTextError):
        database.run(lambda session: create_product(session, **values))


# --- variants --------------------------------------------------------------------------------


def test_a_variant_has_one_value_on_each_axis(run: Callable[[Any], Any]) -> None:
    red = run(lambda s: lamp(s, "L-RED-M", options={"Colour": "Red", "Size": "M"}))
    blue = run(lambda s: lamp(s, "L-BLUE-M", options={"Colour": "Blue", "Size": "M"}))

    assert (red.name, blue.name) == ("Red · M", "Blue · M")
    assert (red.position, blue.position) == (0, 1)
    assert (red.price, red.currency) == (Decimal("19.9000"), "EUR")


def test_variants_are_listed_in_their_order(run: Callable[[Any], Any]) -> None:
    for number in (3, 1, 2):
        run(partial(lamp, sku=f"L-{number}", options={"Edition": str(number)}))

    def listed(session: Session) -> list[str]:
        return [found.sku for found in list_variants(session, get_product(session, slug="lamp"))]

    assert run(listed) == ["L-3", "L-1", "L-2"]


@pytest.mark.parametrize(
    "same", ["LAMP-1", "lamp-1", " Lamp-1 ", "LAMP -1", "\uff4c\uff41\uff4d\uff50-1"]
)
def test_a_sku_exists_once_however_it_is_written(run: Callable[[Any], Any], same: str) -> None:
    first = run(lamp)

    with pytest.raises(DuplicateSkuError, match="choose another"):
        run(lambda session: lamp(session, same, options={"Colour": "Red"}))
    assert run(lambda session: get_variant(session, sku=same)).id == first.id


def test_the_sku_is_kept_as_it_was_written(run: Callable[[Any], Any]) -> None:
    assert run(lambda session: lamp(session, " La mp-1 ")).sku == "La mp-1"


def test_a_combination_exists_once_in_a_product(run: Callable[[Any], Any]) -> None:
    run(lambda s: lamp(s, "L-1", options={"Colour": "Red", "Size": "M"}))

    with pytest.raises(DuplicateCombinationError):
        run(lambda s: lamp(s, "L-2", options={"Size": "M", "Colour": "Red"}))
    with pytest.raises(InvalidInputError, match="twice"):
        run(lambda s: lamp(s, "L-3", options={"Size": "M", " Size": "L"}))


def test_any_number_of_axes_is_kept_apart(sqlite: Database) -> None:
    many = {f"Axis {number}": "x" for number in range(90)}
    sqlite.run(lambda session: lamp(session, "L-1", options=many, name="Many"))

    with pytest.raises(DuplicateCombinationError):
        sqlite.run(lambda session: lamp(session, "L-2", options=many, name="Many"))
    sqlite.run(lambda session: lamp(session, "L-3", options=many | {"Axis 0": "y"}, name="Other"))


def test_an_unknown_sku_is_not_found(run: Callable[[Any], Any]) -> None:
    for sku in ("LAMP-1", "", "x" * 999, "a\x00b"):
        assert run(partial(find_variant, sku=sku)) is None
        with pytest.raises(VariantNotFoundError, match="check its spelling"):
            run(partial(get_variant, sku=sku))


REFUSED: dict[str, dict[str, Any]] = {
    "no sku": {"sku": " "},
    "a long sku": {"sku": "x" * 65},
    "a sku that grows": {"sku": "ß" * 40},
    "a control character": {"sku": "a\tb"},
    "a float": {"price": 19.9},
    "a bare number": {"price": Decimal(5)},
    "a negative price": {"price": Money.of(-1, "EUR")},
    "a long barcode": {"barcode": "1" * 15},
    "a long name": {"name": "x" * 201},
    "no value": {"options": {"New": "x", "Newer": ""}},
    "long values": {"options": {"New": "x" * 150, "Newer": "y" * 150}},
    "an option twice": {"options": {"New": "x", "New ": "y"}},
    "a sku there is": {"sku": "lamp-1", "options": {"New": "x"}},
    "a combination there is": {"options": {"Colour": "Red"}},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_variant_leaves_the_session_as_it_was(
    run: Callable[[Any], Any], database: Database, case: str
) -> None:
    """Also when the caller catches the error and commits: no option is left behind."""
    run(lambda session: lamp(session, options={"Colour": "Red"}))
    before = database.contents()

    def catch_and_commit(session: Session) -> None:
        with pytest.raises(CommerceError) as caught:
            lamp(session, **({"sku": "LAMP-2"} | REFUSED[case]))
        assert not isinstance(caught.value, DatabaseError)
        assert not session.new

    run(catch_and_commit)
    assert database.contents() == before


@pytest.mark.parametrize("price", [19.9, Decimal(5), "5", Money.of(-1, "EUR")])
def test_a_price_is_money_and_not_negative(sqlite: Database, price: Any) -> None:
    with pytest.raises(InvalidMoneyError):
        sqlite.run(lambda session: lamp(session, price=price))


@given(st.text(min_size=1, max_size=40))
def test_comparing_a_sku_twice_changes_nothing_more(sku: str) -> None:
    try:
        once = normalize_sku(sku)
    except InvalidTextError:
        return

    assert normalize_sku(once) == once
    assert normalize_sku(f" {once.lower()} ") == normalize_sku(once.lower())


# --- options ---------------------------------------------------------------------------------


def test_an_option_value_is_created_once(run: Callable[[Any], Any]) -> None:
    first = run(partial(ensure_option_value, option="Colour", value="Red", swatch="#AA3322"))
    again = run(partial(ensure_option_value, option=" Colour", value="Red "))

    assert (again.id, again.swatch) == (first.id, "#AA3322")


@pytest.mark.parametrize("swatch", ["red", "#fff", "#12345g", "javascript:x"])
def test_a_swatch_is_a_colour(sqlite: Database, swatch: str) -> None:
    with pytest.raises(InvalidInputError, match="#aa3322"):
        sqlite.run(lambda s: ensure_option_value(s, option="Colour", value="Red", swatch=swatch))


def test_many_create_the_same_options_at_once(database: Database) -> None:
    database.run(lamp)

    def one(number: int) -> str:
        options = {"Colour": "Red", "Edition": str(number)}
        return database.run(lambda s: lamp(s, f"L-{number}", options=options)).name

    with ThreadPoolExecutor(6) as pool:
        names = list(pool.map(one, range(6)))

    assert names == [f"Red · {number}" for number in range(6)]
    assert database.sql("SELECT count(*) FROM commerce_option_type") == [(2,)]


def test_of_many_who_create_one_sku_at_once_one_does(database: Database) -> None:
    database.run(lambda session: create_product(session, name="Lamp"))

    def one(number: int) -> str:
        try:
            database.run(lambda s: lamp(s, "L-1", options={"Edition": str(number)}))
        except CommerceError as error:
            return error.code
        return "created"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(one, range(6)))

    assert outcomes == ["created"] + ["duplicate_sku"] * 5


# --- locations -------------------------------------------------------------------------------


def test_a_location_exists_once(run: Callable[[Any], Any]) -> None:
    run(lambda session: create_location(session, code="HAM", name="Hamburg", priority=2))
    run(lambda session: create_location(session, code="BER", priority=1))

    with pytest.raises(DuplicateError, match="choose another"):
        run(lambda session: create_location(session, code=" HAM "))
    assert [found.name for found in run(list_locations)] == ["BER", "Hamburg"]
    assert run(lambda session: get_location(session, code="HAM")).is_open
