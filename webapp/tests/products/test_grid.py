"""The variant grid over HTTP: saving with and without scripts, refusals, two editors, undo."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from commerce_core.catalog import Axis, MatrixChoice, apply_matrix, create_product, set_price
from commerce_core.catalog.models import Variant
from commerce_core.inventory import receive_stock
from commerce_core.money import Money
from commerce_core.testing import make_location
from commerce_core.tests.statements import recorded
from webapp.accounts.roles import Role
from webapp.products.grid_form import read_cells
from webapp.tests.products.catalog import grid_cells, open_catalog, save_cells, variants
from webapp.tests.stockroom import submit, words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from webapp.tests.harness import Browser

pytestmark = pytest.mark.anyio
FIRST, SECOND = "SYL-MOS-S-LIGHT", "SYL-MOS-S-WARM"
HTMX = {"hx-request": "true"}
WIDE = {"Fit": 20, "Hem": 15}


async def test_changed_cells_are_saved_together(browser: Browser) -> None:
    address = await open_catalog(browser)
    rows = await variants(browser)
    answer = await save_cells(
        browser,
        address,
        (rows[FIRST], "price", "139,90", "149.00"),
        (rows[SECOND], "weight", "612", ""),
    )
    assert answer.status_code == 303
    now = await variants(browser)
    assert (now[FIRST].price, now[SECOND].weight) == (Decimal("139.90"), 612)


async def test_without_scripts_the_whole_form_saves_what_was_changed(browser: Browser) -> None:
    address = await open_catalog(browser)
    rows = await variants(browser)
    fields = grid_cells(await browser.get(address))
    fields[f"price.{rows[FIRST].id}"] = "120"
    answer = await submit(browser, f"{address}/grid", **fields)
    assert answer.status_code == 303
    now = await variants(browser)
    assert now[FIRST].price == 120
    assert {v.version for sku, v in now.items() if sku != FIRST} == {1}


async def test_the_form_without_scripts_sends_only_what_was_typed(browser: Browser) -> None:
    address = await open_catalog(browser)
    fields = grid_cells(await browser.get(address))
    assert len(read_cells(fields)) == 0
    name = next(name for name in fields if name.startswith("price."))
    assert [cell.text for cell in read_cells(fields | {name: "120"})] == ["120"]


async def test_a_wrong_cell_saves_nothing_and_keeps_what_was_typed(browser: Browser) -> None:
    address = await open_catalog(browser)
    rows = await variants(browser)
    answer = await save_cells(
        browser,
        address,
        (rows[FIRST], "price", "130", "149.00"),
        (rows[SECOND], "barcode", "4260731840523", ""),
    )
    assert answer.status_code == 422
    assert 'value="4260731840523"' in answer.text
    assert 'value="130"' in answer.text
    assert len(re.findall(r'data-cell="\w+"[^>]*aria-invalid="true"', answer.text)) == 1
    assert (await variants(browser))[FIRST].price == 149


async def test_two_editors_collide_and_both_values_are_shown(browser: Browser) -> None:
    address = await open_catalog(browser)
    rows = await variants(browser)
    await save_cells(browser, address, (rows[FIRST], "price", "145", "149.00"))

    mine = ((rows[FIRST], "price", "139", "149.00"), (rows[FIRST], "weight", "600", ""))
    answer = await save_cells(browser, address, *mine)

    assert answer.status_code == 409
    said = words(answer)
    assert "Some manager changed 1 cell while you were editing" in said
    assert "149.00 139 145.00" in said
    assert "&#34;600&#34;" in answer.text
    assert (await variants(browser))[FIRST].price == 145


async def test_save_mine_and_keep_theirs(browser: Browser) -> None:
    address = await open_catalog(browser)
    weight = ""
    for keep, other, price in (("theirs", "145", 145), ("mine", "146", 139)):
        rows = await variants(browser)
        shown = f"{rows[FIRST].price:.2f}"
        await save_cells(browser, address, (rows[FIRST], "price", other, shown))
        mine = ((rows[FIRST], "price", "139", shown), (rows[FIRST], "weight", f"6{price}", weight))
        weight = f"6{price}"
        clash = await save_cells(browser, address, *mine)
        given_up = re.findall(r'name="clash" value="([^"]*)"', clash.text)
        fields = grid_cells(clash) | {"keep": keep, "clash": given_up}
        answer = await submit(browser, f"{address}/grid", **fields)
        assert (clash.status_code, answer.status_code) == (409, 303)
        now = (await variants(browser))[FIRST]
        assert (now.price, now.weight) == (Decimal(price), int(f"6{price}"))


async def test_a_refusal_does_not_hide_a_clash_behind_it(browser: Browser) -> None:
    """The grid that is shown again after a wrong cell is still about what its editor saw."""
    address = await open_catalog(browser)
    rows = await variants(browser)
    await save_cells(browser, address, (rows[FIRST], "price", "145", "149.00"))
    wrong = ((rows[FIRST], "price", "139", "149.00"), (rows[SECOND], "barcode", "1", ""))
    refused = await save_cells(browser, address, *wrong)
    assert refused.status_code == 422

    fields = grid_cells(refused)
    fields[f"barcode.{rows[SECOND].id}"] = ""
    answer = await submit(browser, f"{address}/grid", **fields)

    assert answer.status_code == 409
    assert (await variants(browser))[FIRST].price == 145


async def test_the_last_save_can_be_undone(browser: Browser) -> None:
    address = await open_catalog(browser)
    rows = await variants(browser)
    changes = [[rows[FIRST].id, "price", "99", rows[FIRST].version, "149.00"]]
    fields = {"_csrf_token": await browser.token(), "changes": json.dumps(changes)}
    saved = await browser.http.post(f"{address}/grid", data=fields, headers=HTMX)
    assert "1 change saved" in saved.text
    undo = re.search(r'name="changes" value="([^"]*)"', saved.text)
    assert undo
    answer = await submit(browser, f"{address}/grid", changes=html.unescape(undo[1]))
    assert answer.status_code == 303
    assert (await variants(browser))[FIRST].price == 149


@pytest.mark.parametrize(
    "sent",
    ["", "[", "[[1]]", '[["1","price","2",1,"3"]]', '[[1,"nothing","2",1,"3"]]', "{}", "[" * 9999],
)
async def test_what_is_no_cell_changes_nothing(browser: Browser, sent: str) -> None:
    address = await open_catalog(browser)
    answer = await submit(browser, f"{address}/grid", changes=sent)
    assert answer.status_code == 303
    assert {v.version for v in (await variants(browser)).values()} == {1}


async def test_a_variant_of_another_product_is_refused(browser: Browser) -> None:
    address = await open_catalog(browser)
    answer = await submit(browser, f"{address}/grid", changes='[[1,"price","2",1,"19.90"]]')
    assert answer.status_code == 422
    assert "read the page again" in words(answer)


async def test_a_viewer_reads_the_grid_and_cannot_send_it(browser: Browser) -> None:
    address = await open_catalog(browser, Role.VIEWER)
    page = await browser.get(address)
    assert "<input name=" not in page.text.partition('id="variants"')[2]
    assert FIRST in page.text
    answer = await submit(browser, f"{address}/grid", changes="[]")
    assert answer.status_code == 403


async def test_live_stock_stands_beside_every_variant(browser: Browser) -> None:
    address = await open_catalog(browser)
    page = await browser.get(address)
    rows = await variants(browser)
    for variant in rows.values():
        assert f'id="t{variant.id}" data-version=' in page.text
    assert f"/live/stock?product={address.rpartition('/')[2]}" in page.text


async def test_three_hundred_variants_are_one_query_for_each_table(browser: Browser) -> None:
    coat = await open_catalog(browser)

    def make_wide(session: Session) -> int:
        product = create_product(session, name="Wide", actor="tests")
        axes = [
            Axis("Fit", [f"F{n}" for n in range(20)]),
            Axis("Hem", [f"H{n}" for n in range(15)]),
        ]
        wanted = MatrixChoice(axes, price=Money.of("10", "EUR"))
        apply_matrix(session, product, wanted, actor="tests")
        variant = session.scalars(select(Variant).filter_by(product_id=product.id)).first()
        assert variant is not None
        set_price(session, variant, Money.of("12", "EUR"), actor="tests")
        receive_stock(session, variant, make_location(session), quantity=2, actor="tests")
        return product.id

    wide = f"/products/{await browser.database.transact(make_wide)}"
    sent = {}
    for address in (coat, wide):
        await browser.get(address)  # the first one fills caches
        with recorded(browser.database.engine.sync_engine) as statements:
            await browser.get(address)
        sent[address] = [one.text for one in statements]
    assert (await browser.get(wide)).text.count("<tr data-row=") == 300
    assert len(sent[wide]) == len(sent[coat])
    for table in (
        "commerce_variant_price",
        "commerce_stock_level",
        "commerce_variant_option_value",
    ):
        assert sum(f"{table}." in one for one in sent[wide]) == 1, sent[wide]
