from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from commerce_core.catalog.models import Variant
from commerce_core.database import make_session_factory
from commerce_core.errors import ImportFileError, InvalidTextError
from commerce_core.inventory import (
    RowOutcome,
    StockFileResult,
    StockFileSemantics,
    apply_stock_file,
    define_kit,
    find_level,
    preview_stock_file,
    read_stock_file,
    ship_stock,
)
from commerce_core.inventory import stock_file as module

if TYPE_CHECKING:
    from commerce_core.tests.inventory.market import Market

DELTA, ABSOLUTE = StockFileSemantics.DELTA, StockFileSemantics.ABSOLUTE
AB = ("ann", "bob", "ann")
HEAD = "sku,location,quantity\n"


def send(market: Market, content: str | bytes, **how: Any) -> StockFileResult:
    factory = make_session_factory(market.venue.database.engine)
    options = {"semantics": DELTA, "actor": "ann", "name": "levels.csv", **how}
    return apply_stock_file(factory, content, **options)


def outcomes(result: StockFileResult) -> list[str]:
    return [row.outcome.value for row in result.rows]


def problems(result: StockFileResult) -> list[tuple[int, str, str]]:
    return [
        (row.line, row.problem.column, row.problem.code) for row in result.refused if row.problem
    ]


def place(market: Market) -> str:
    return market.hall.code


def test_a_delta_is_added_as_a_movement_that_names_the_file(market: Market) -> None:
    market.stock(5)

    result = send(market, f"{HEAD}LAMP,{place(market)},-2\nLAMP,SHED,4\n")

    assert outcomes(result) == ["changed", "created"]
    assert [(row.before, row.after) for row in result.rows] == [(5, 3), (0, 4)]
    booked = market.story()[-1]
    assert (str(booked.kind), booked.on_hand_delta, booked.reason) == ("adjusted", -2, "levels.csv")
    assert (booked.cause_kind, booked.actor) == ("stock_file", "ann")
    assert booked.idempotency_key == f"{result.fingerprint}:2"
    assert market.now(at=market.shed) == {"on_hand": 4, "available": 4}


def test_an_absolute_number_is_what_is_on_hand_afterwards(market: Market) -> None:
    market.stock(5)
    desk = market.another("DESK")
    market.stock(7, of=desk)
    rows = f"lamp;{place(market)};2;Shelf\nDESK;{place(market)};7;\nDESK;SHED;0;\n"

    result = send(market, f"SKU;Location;Quantity;Reason\n{rows}", semantics=ABSOLUTE)

    assert outcomes(result) == ["changed", "unchanged", "unchanged"]
    assert market.story()[-1].reason == "Shelf"
    assert market.kinds(of=desk) == ["received"]
    assert market.ask(find_level, desk, market.shed) is None


@pytest.mark.parametrize("semantics", [DELTA, ABSOLUTE])
def test_a_second_run_changes_nothing_and_says_so(
    market: Market, semantics: StockFileSemantics
) -> None:
    market.stock(5)
    rows = f"LAMP,{place(market)},5\nLAMP,SHED,4\n"
    send(market, HEAD + rows, semantics=semantics)
    left = market.level().on_hand
    market.do(ship_stock, quantity=1)
    before = market.venue.contents()

    # Excel writes it again with a BOM and other line ends; another person sends it.
    again = ("\ufeff" + HEAD + rows).replace("\n", "\r\n").encode()
    preview = send(market, again, semantics=semantics, actor="bob", dry_run=True)
    result = send(market, again, semantics=semantics, actor="bob")

    assert outcomes(result) == outcomes(preview) == ["applied_before"] * 2
    assert market.level().on_hand == left - 1
    assert without_notes(market.venue.contents()) == without_notes(before)


def without_notes(contents: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: rows for name, rows in contents.items() if "idempotency" not in name}


def test_a_run_that_was_interrupted_goes_on(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)
    skus = [market.another(f"SKU-{number}").sku for number in range(5)]
    content = HEAD + "".join(f"{sku},SHED,3\n" for sku in skus)
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(market, content, on_progress=stop)
    result = send(market, content)

    assert seen == [(0, 5), (2, 5), (4, 5)]
    assert outcomes(result) == ["applied_before"] * 4 + ["created"]


def test_a_dry_run_tells_the_same_and_writes_nothing(market: Market) -> None:
    market.stock(5)
    content = f"{HEAD}LAMP,{place(market)},-2\nLAMP,SHED,4\nNO,SHED,1\n"
    before = market.venue.contents()

    dry = send(market, content, dry_run=True)
    read = market.ask(preview_stock_file, read_stock_file(content), semantics=DELTA)

    assert market.venue.contents() == before
    assert dry.is_dry_run
    assert dry.rows == read.rows == send(market, content).rows
    assert dry.by_outcome[RowOutcome.REFUSED] == 1


def test_rows_are_refused_with_line_column_and_a_sentence(market: Market) -> None:
    market.stock(5)
    shut = market.place("SHUT")
    market.close(shut)
    kit = market.another("KIT")
    market.run(lambda s: define_kit(s, s.get_one(Variant, kit.id), {market.variant: 1}))
    here = place(market)
    rows = (
        f"NOPE,{here},1",
        "LAMP,NOWHERE,1",
        "LAMP,SHUT,1",
        f"KIT,{here},1",
        "LAMP,SHED,1.5",
        f"LAMP,{here},-6",
        ",SHED,1",
        f'"LAMP,{here},1',
        f"KIT,{here},1,240",
        "KIT,,1",
        "NOPE,SHED,2000000000",
        "NIL,SHED,",
    )
    before = market.venue.contents()

    result = send(market, HEAD + "\n".join(rows))

    assert problems(result) == [
        (2, "sku", "unknown_sku"),
        (3, "location", "unknown_location"),
        (4, "location", "closed_location"),
        (5, "sku", "twice"),
        (6, "quantity", "not_whole"),
        (7, "quantity", "below_zero"),
        (8, "sku", "no_sku"),
        (9, "", "damaged"),
        (10, "sku", "twice"),
        (11, "location", "no_location"),
        (12, "quantity", "too_large"),
        (13, "quantity", "no_quantity"),
    ]
    sentences = [row.problem.sentence for row in result.refused if row.problem]
    assert sentences[5] == "6 would go, but only 5 are on hand."
    assert all(sentence.endswith(".") for sentence in sentences)
    # What can be translated is the same for all rows of a kind.
    told = {(row.problem.code, row.problem.words) for row in result.refused if row.problem}
    assert len(told) == len({code for code, _ in told})
    assert market.venue.contents() == before


def test_a_kit_is_refused_and_a_row_of_too_many_fields(market: Market) -> None:
    kit = market.another("KIT")
    market.run(lambda s: define_kit(s, s.get_one(Variant, kit.id), {market.variant: 1}))

    result = send(market, f"{HEAD}KIT,SHED,1\nLAMP,SHED,1,240\n")

    assert problems(result) == [(2, "sku", "kit"), (3, "", "too_many_fields")]


def test_one_sku_and_location_twice_refuses_both_rows(market: Market) -> None:
    result = send(market, f"{HEAD}LAMP,SHED,1\n lamp ,SHED,2\nLAMP,{place(market)},3\n")

    assert outcomes(result) == ["refused", "refused", "created"]
    assert [row.problem.sentence for row in result.refused if row.problem] == [
        "LAMP at SHED stands in line 3 too: put both into one row.",
        "lamp at SHED stands in line 2 too: put both into one row.",
    ]


def test_nothing_goes_below_zero_and_no_level_is_left_behind(market: Market) -> None:
    low = send(market, f"{HEAD}LAMP,SHED,-1\n")
    negative = send(market, f"{HEAD}LAMP,SHED,-1\n", semantics=ABSOLUTE)

    assert problems(low) == problems(negative) == [(2, "quantity", "below_zero")]
    assert market.ask(find_level, market.variant, market.shed) is None


def test_refused_rows_are_tried_again_with_the_same_file(market: Market) -> None:
    content = f"{HEAD}LAMP,SHED,1\nDESK,SHED,2\n"
    assert outcomes(send(market, content)) == ["created", "refused"]
    market.another("DESK")

    assert outcomes(send(market, content)) == ["applied_before", "created"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "empty"),
        (b" \r\n\n", "empty"),
        ("sku,location,quantity\n", "no rows"),
        ("sku,quantity\nA,1\n", "'location'"),
        ("sku,location,quantity,sku\nA,B,1,C\n", "twice"),
        (b"\x89PNG\r\n\x1a\n\x00", "UTF-8"),
        (b"sku,loc\x00ation", "no text file"),
        (b"x" * 20_000_001, "20 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(content: str | bytes, word: str) -> None:
    with pytest.raises(ImportFileError, match=word):
        read_stock_file(content, name="levels.csv")


def test_a_reason_that_cannot_be_stored_is_refused_before_anything(market: Market) -> None:
    with pytest.raises(InvalidTextError):
        send(market, f"{HEAD}LAMP,SHED,1\n", reason="x" * 201)


@pytest.mark.parametrize("semantics", [DELTA, ABSOLUTE])
def test_two_runs_at_the_same_time_book_each_row_once(
    market: Market, semantics: StockFileSemantics
) -> None:
    market.stock(5)
    skus = [market.another(f"T-{number}").sku for number in range(20)]
    rows = "".join(f"{sku},SHED,3\n" for sku in skus)
    content = f"{HEAD}LAMP,{place(market)},9\n{rows}"

    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda who: send(market, content, semantics=semantics, actor=who), AB))

    booked = [row for run in runs for row in run.rows if row.delta]
    assert len(booked) == 21
    assert market.level().on_hand == (14 if semantics is DELTA else 9)


def test_statements_do_not_grow_with_the_rows(market: Market) -> None:
    counts = []
    for size in (3, 60):
        skus = [market.another(f"S{size}-{number}").sku for number in range(size)]
        content = HEAD + "".join(f"{sku},SHED,3\n" for sku in skus)
        seen: list[str] = []

        def note(_c: Any, _u: Any, statement: str, *_: Any, seen: list[str] = seen) -> None:
            if "SAVEPOINT" not in statement:
                seen.append(statement)

        engine = market.venue.database.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            send(market, content)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1]
