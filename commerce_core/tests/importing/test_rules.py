"""What each kind of row becomes, on both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from commerce_core.catalog.models import OptionValue, Product, Variant, VariantOptionValue
from commerce_core.customers.models import Customer
from commerce_core.importing import ImportedAdjustment
from commerce_core.inventory.models import StockLevel, StockMovement
from commerce_core.orders.models import CreditNote, CreditNoteLine, Order, OrderLine
from commerce_core.tests.importing.retail import line

if TYPE_CHECKING:
    from commerce_core.tests.importing.retail import RetailFile


def column(retail: RetailFile, *columns: Any, order_by: Any = None) -> list[Any]:
    """Return what a query finds: tuples, or single values for a single column."""
    query = select(*columns).order_by(columns[0] if order_by is None else order_by)
    rows = retail.database.run(lambda session: session.execute(query).all())
    return [row[0] if len(columns) == 1 else tuple(row) for row in rows]


def movements(retail: RetailFile) -> list[tuple[str, int, int, str | None, str | None]]:
    """Return (kind, delta, on hand, cause, number) of all movements of the one level."""
    m = StockMovement
    found = column(
        retail, m.kind, m.on_hand_delta, m.on_hand, m.cause_kind, m.cause_id, order_by=m.version
    )
    return [(str(kind), *rest) for kind, *rest in found]


def test_codes_with_the_same_digits_are_variants_of_one_product(retail: RetailFile) -> None:
    summary = retail.load(
        line(code="85123A", name="WHITE HEART"),
        line(code="85123a", name="WHITE HEART"),
        line(code=" 85123 B", name="RED HEART"),
        line(code="85123", name="HEART"),
        line(code="22423", name="CAKESTAND"),
    )

    assert (summary.products, summary.variants) == (2, 4)
    assert column(retail, Product.external_id, Product.name) == [
        ("22423", "CAKESTAND"),
        ("85123", "WHITE HEART"),
    ]
    assert column(retail, Variant.sku, Variant.name, Variant.external_id) == [
        ("22423", "CAKESTAND", "22423"),
        ("85123", "HEART", "85123"),
        ("85123A", "WHITE HEART", "85123A"),
        ("85123B", "RED HEART", "85123B"),
    ]


def test_the_suffix_is_an_option_value(retail: RetailFile) -> None:
    retail.load(line(code="85123A"), line(code="85123GR"), line(code="84406A"), line(code="22423"))

    query = (
        select(Variant.sku, OptionValue.name)
        .join(VariantOptionValue, VariantOptionValue.variant_id == Variant.id)
        .join(OptionValue, OptionValue.id == VariantOptionValue.option_value_id)
        .order_by(Variant.sku)
    )
    found = retail.database.run(lambda session: session.execute(query).all())

    assert [tuple(row) for row in found] == [("84406A", "A"), ("85123A", "A"), ("85123GR", "GR")]
    assert len(column(retail, OptionValue.name)) == 2


def test_a_name_is_the_most_frequent_description_of_sales(retail: RetailFile) -> None:
    retail.load(
        line(name="wrongly coded"),
        line(name="CAKESTAND "),
        line(name="CAKESTAND"),
        line("536366", quantity=-1, price="0.0", name="smashed"),
        line("536367", quantity=-1, price="0.0", name="smashed"),
        line("536368", quantity=-1, price="0.0", name="smashed"),
        line("536369", code="22424", quantity=-1, price="0.0", name="thrown away"),
    )

    assert column(retail, Variant.sku, Variant.name) == [("22423", "CAKESTAND"), ("22424", "22424")]


def test_a_price_is_the_latest_positive_one_and_lines_keep_theirs(retail: RetailFile) -> None:
    retail.load(
        line("536367", price="0.001", at="2010-12-03 08:00:00"),
        line("536366", price="12.75", at="2010-12-02 08:00:00"),
        line("536368", price="0.0", at="2010-12-04 08:00:00"),
        line("536365", price="10.95", at="2010-12-01 08:00:00"),
    )

    assert column(retail, Variant.price) == [Decimal("0.0010")]
    assert column(retail, OrderLine.unit_price) == [
        Decimal("0.0000"),
        Decimal("0.0010"),
        Decimal("10.9500"),
        Decimal("12.7500"),
    ]


def test_three_decimals_are_summed_exactly(retail: RetailFile) -> None:
    summary = retail.load(*(line(quantity=1, price="0.001") for _ in range(7)), line(price="0.1"))

    assert summary.net_value == Decimal("0.607")
    assert summary.as_json()["net_value"] == "0.607"


def test_every_other_code_is_a_charge_and_no_variant(retail: RetailFile) -> None:
    codes = ["POST", "DOT", "M", "D", "BANK CHARGES", "DCGS0003", "gift_0001_20", "C2"]
    summary = retail.load(line(), *(line(code=code, quantity=1) for code in codes))

    assert (summary.order_lines, summary.charge_lines, summary.variants) == (1, 8, 1)
    kinds = column(retail, OrderLine.code, OrderLine.kind, OrderLine.variant_id)
    assert {code for code, kind, variant in kinds if kind == "charge" and variant is None} == {
        *codes
    }


def test_a_credit_note_takes_goods_back_into_stock(retail: RetailFile) -> None:
    summary = retail.load(
        line("536365", quantity=6),
        line("C536379", quantity=-2, at="2010-12-02 09:00:00"),
        line("C536379", code="D", quantity=-1, price="27.50", at="2010-12-02 09:00:00"),
    )

    assert (summary.orders, summary.credit_notes, summary.credit_lines) == (1, 1, 2)
    assert summary.net_value == Decimal(6) * Decimal("2.55") - Decimal("5.10") - Decimal("27.5")
    assert movements(retail) == [
        ("received", 6, 6, None, None),
        ("shipped", -6, 0, "order", "536365"),
        ("restocked", 2, 2, "credit_note", "C536379"),
    ]
    assert column(retail, CreditNote.number, CreditNote.kind) == [("C536379", "credit_note")]
    assert column(retail, CreditNoteLine.quantity) == [-2, -1]


def test_a_bad_debt_is_money_only(retail: RetailFile) -> None:
    summary = retail.load(
        line(),
        line("A563185", code="B", quantity=1, price="-11062.06", customer=""),
        line("A563186", code="22423", quantity=1, price="-1", customer=""),
    )

    assert (summary.credit_notes, summary.bad_debts, summary.credit_lines) == (0, 2, 2)
    assert summary.net_value == Decimal("15.3") - Decimal("11063.06")
    assert column(retail, StockLevel.on_hand) == [0]
    assert set(column(retail, CreditNote.kind)) == {"bad_debt"}


def test_a_negative_quantity_without_c_is_an_adjustment_with_its_reason(
    retail: RetailFile,
) -> None:
    summary = retail.load(
        line("536365", quantity=6),
        line("536366", quantity=-4, price="0.0", name="damaged", customer=""),
        line("536367", quantity=-1, price="0.0", name="", customer=""),
        line("536368", code="DCGS0055", quantity=-1, price="0.0", name="ebay", customer=""),
    )

    assert (summary.orders, summary.adjustments, summary.charge_lines) == (1, 3, 0)
    assert movements(retail)[2:] == [
        ("adjusted", -4, 1, "adjustment", "536366"),
        ("adjusted", -1, 0, "adjustment", "536367"),
    ]
    m = StockMovement
    assert column(retail, m.version, m.reason)[2:] == [(3, "damaged"), (4, "No reason given")]
    a = ImportedAdjustment
    assert column(retail, a.number, a.code, a.reason, a.quantity) == [
        ("536366", "22423", "damaged", -4),
        ("536367", "22423", "", -1),
        ("536368", "DCGS0055", "ebay", -1),
    ]


def test_an_adjustment_is_no_money_even_with_a_price(retail: RetailFile) -> None:
    summary = retail.load(line(quantity=1, price="1"), line("536366", quantity=-1, price="9.99"))

    assert summary.net_value == 1
    assert column(retail, ImportedAdjustment.unit_price) == [Decimal("9.9900")]


def test_rows_without_a_customer_are_guest_orders(retail: RetailFile) -> None:
    summary = retail.load(
        line("536365", customer="17850"),
        line("536366", customer="17850.0", country="France", at="2010-12-02 08:00:00"),
        line("536367", customer=""),
    )

    assert summary.customers == 1
    found = column(retail, Customer.number, Customer.external_id, Customer.country)
    assert found == [("17850", "17850", "France")]
    owners = column(retail, Order.number, Order.customer_id)
    assert [owner is None for _, owner in owners] == [False, False, True]


def test_exact_duplicates_are_kept(retail: RetailFile) -> None:
    summary = retail.load(line(), line(), line())

    assert (summary.orders, summary.order_lines) == (1, 3)
    assert column(retail, OrderLine.position) == [1, 2, 3]


@pytest.mark.parametrize("price", ["2.55", "0.0"])
def test_no_level_goes_below_zero(retail: RetailFile, price: str) -> None:
    retail.load(
        line("536365", quantity=6, price=price, at="2010-12-01 08:00:00"),
        line("C536366", quantity=-5, at="2010-12-01 09:00:00"),
        line("536367", quantity=4, price=price, at="2010-12-01 10:00:00"),
        line("536368", quantity=3, price=price, at="2010-12-01 11:00:00"),
    )

    assert [after for _, _, after, _, _ in movements(retail)] == [8, 2, 7, 3, 0]


def test_goods_that_only_came_back_need_no_opening_stock(retail: RetailFile) -> None:
    retail.load(line("C536379", quantity=-5))

    assert movements(retail) == [("restocked", 5, 5, "credit_note", "C536379")]


def test_movements_carry_the_time_of_the_sale_and_the_opening_lies_before(
    retail: RetailFile,
) -> None:
    retail.load(
        line("536366", at="2010-12-03 10:00:00"),
        line("536365", at="2010-12-01 08:26:00"),
        line("536366", at="2010-12-03 10:01:00"),
    )

    times = column(retail, StockMovement.occurred_at)
    assert [f"{moment:%d %H:%M:%S}" for moment in times] == [
        "01 08:25:59",
        "01 08:26:00",
        "03 10:00:00",
        "03 10:01:00",
    ]
    placed = column(retail, Order.number, Order.placed_at)
    assert [f"{moment:%d %H:%M}" for _, moment in placed] == ["01 08:26", "03 10:00"]


def test_a_file_in_any_order_gives_the_same_stock(retail: RetailFile) -> None:
    lines = [line(f"5363{n:02}", quantity=n, at=f"2010-12-{n:02} 08:00:00") for n in range(1, 20)]
    lines.append(line("C536400", quantity=-50, at="2010-12-10 09:00:00"))

    retail.load(*reversed(lines))

    results = [(delta, after) for _, delta, after, _, _ in movements(retail)]
    assert results[0] == (140, 140)
    assert min(after for _, after in results) == 0
    assert results[-1] == (-19, 0)


def test_no_transaction_writes_more_than_500_movements(retail: RetailFile) -> None:
    retail.load(*(line(f"{536365 + n // 700}", f"{20000 + n % 37}") for n in range(1_700)))

    sizes = retail.database.sql("SELECT count(*) FROM commerce_stock_movement GROUP BY xid")
    assert max(size for (size,) in sizes) <= 500
    assert len(column(retail, Order.number)) == 3
    lines = retail.database.sql("SELECT count(*), max(position) FROM commerce_order_line")
    assert [tuple(row) for row in lines] == [(1700, 700)]
