"""``commerce import orders FILE``."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from webapp.commands.terminal import Subparsers, add_command, add_database_option, say, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commerce_core.orders import OrderFileProblem, OrderFileResult

_ACTOR: Final = "import orders"
_SHOWN: Final = 20


def register_import(formats: Subparsers) -> None:
    """Add the format to ``commerce import``."""
    text = "orders of another system: CSV or xlsx, neutral or Shopify's order export"
    parser = add_command(formats, "orders", import_file, help=text)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would come in")
    parser.add_argument(
        "--channel",
        default="",
        metavar="NAME",
        help="where they were sold (default: shopify, or file)",
    )
    parser.add_argument(
        "--cut-over",
        type=datetime.fromisoformat,
        metavar="DATE",
        help="orders placed before it are history and touch no stock",
    )
    parser.add_argument(
        "--mapping",
        type=_pair,
        action="append",
        default=[],
        metavar="COLUMN=MEANING",
        help='what a column means, such as "Article no=sku"; as often as needed',
    )
    parser.add_argument(
        "--currency", default="EUR", metavar="CODE", help="of orders without one (default: EUR)"
    )
    parser.add_argument(
        "--zone", type=_zone, default="UTC", help="of times without one (default: UTC)"
    )
    add_database_option(parser)


def _pair(text: str) -> tuple[str, str]:
    column, mark, meaning = text.rpartition("=")
    if not (column and mark and meaning):
        message = f'{text!r} is no COLUMN=MEANING, such as "Article no=sku"'
        raise argparse.ArgumentTypeError(message)
    return column.strip(), meaning.strip()


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        message = f"{text!r} is no time zone, such as Europe/Berlin"
        raise argparse.ArgumentTypeError(message) from exc


def import_file(arguments: argparse.Namespace) -> None:
    """Import the file. The last line on standard output is one JSON object."""
    from commerce_core.orders import import_orders, read_order_file  # noqa: PLC0415 - slow to load
    from webapp.commands.databases import open_migrated  # noqa: PLC0415
    from webapp.commands.interruption import Interruption  # noqa: PLC0415
    from webapp.commands.progress import ProgressBar  # noqa: PLC0415

    cut_over: datetime | None = arguments.cut_over
    if cut_over is not None and cut_over.tzinfo is None:
        cut_over = cut_over.replace(tzinfo=arguments.zone)
    label = "Import: looking" if arguments.dry_run else "Import: orders"
    try:
        with (
            Interruption() as interruption,
            open_migrated(arguments.database) as sessions,
            ProgressBar(label, check=interruption.check) as bar,
        ):
            file = read_order_file(
                arguments.file,
                channel=arguments.channel,
                currency=arguments.currency,
                zone=arguments.zone,
                mapping=dict(arguments.mapping),
            )
            result = import_orders(
                sessions,
                file,
                actor=_ACTOR,
                cut_over=cut_over,
                dry_run=arguments.dry_run,
                on_progress=bar.show,
            )
    except KeyboardInterrupt:
        sys.stderr.write("What was imported stays; the same command goes on from there.\n")
        raise
    _tell(arguments, result)


def _tell(arguments: argparse.Namespace, result: OrderFileResult) -> None:
    _tell_problems(result.problems)
    waiting = [order for order in result.orders if order.obstacles]
    for order in waiting[:_SHOWN]:
        say(visible(f"order {order.number} will not ship yet: {'; '.join(order.obstacles)}"))
    if len(waiting) > _SHOWN:
        say(f"and {len(waiting) - _SHOWN:,} orders more that will not ship yet")
    would = "would be " if arguments.dry_run else ""
    words = ", ".join(f"{count:,} {would}{name}" for name, count in result.counts.items())
    say(f"{arguments.file.name}: {words}.")
    say(json.dumps({"dry_run": arguments.dry_run, **result.counts}))


def _tell_problems(problems: Sequence[OrderFileProblem]) -> None:
    for problem in problems[:_SHOWN]:
        place = f"row {problem.line}" + (f", {problem.column}" if problem.column else "")
        say(visible(f"{place}: {problem.sentence}"))
    if len(problems) > _SHOWN:
        say(f"and {len(problems) - _SHOWN:,} refused orders more")
