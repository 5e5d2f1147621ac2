"""``commerce import products FILE`` and ``commerce export products FILE``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from webapp.commands.terminal import Subparsers, add_command, add_database_option, say

if TYPE_CHECKING:
    import argparse

    from commerce_core.catalog import ProductFileResult

_ACTOR: Final = "import products"
_SHOWN_REFUSALS: Final = 20


def register_import(formats: Subparsers) -> None:
    """Add the format to ``commerce import``."""
    text = "products and variants: CSV or xlsx, ours or Shopify's"
    parser = add_command(formats, "products", import_file, help=text)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="only tell what would change")
    parser.add_argument(
        "--currency", default="EUR", metavar="CODE", help="of a file without one (default: EUR)"
    )
    add_database_option(parser)


def register(subparsers: Subparsers) -> None:
    """Add ``commerce export`` and its formats."""
    parser = subparsers.add_parser("export", help="write what is in the database into a file")
    formats = parser.add_subparsers(title="formats", metavar="FORMAT", required=True)
    text = "products and variants, as CSV or xlsx by the file's name"
    products = add_command(formats, "products", export_file, help=text)
    products.add_argument("file", type=Path, metavar="FILE")
    products.add_argument(
        "--shopify", action="store_true", help="with the columns of Shopify's product CSV"
    )
    add_database_option(products)


def import_file(arguments: argparse.Namespace) -> None:
    """Import the file. The last line on standard output is one JSON object."""
    from commerce_core.catalog import import_products  # noqa: PLC0415 - slow to load
    from webapp.commands.databases import open_migrated  # noqa: PLC0415
    from webapp.commands.interruption import Interruption  # noqa: PLC0415
    from webapp.commands.progress import ProgressBar  # noqa: PLC0415

    label = "Import: looking" if arguments.dry_run else "Import: products"
    try:
        with (
            Interruption() as interruption,
            open_migrated(arguments.database) as sessions,
            ProgressBar(label, check=interruption.check) as bar,
        ):
            result = import_products(
                sessions,
                arguments.file,
                actor=_ACTOR,
                currency=arguments.currency,
                dry_run=arguments.dry_run,
                on_progress=bar.show,
            )
    except KeyboardInterrupt:
        sys.stderr.write("What was imported stays; the same command goes on from there.\n")
        raise
    _tell(arguments, result)


def _tell(arguments: argparse.Namespace, result: ProductFileResult) -> None:
    for row in result.refused[:_SHOWN_REFUSALS]:
        for problem in row.problems:
            place = f"row {row.line}" + (f", {problem.column}" if problem.column else "")
            say(f"{place}: {problem.message}")
    if len(result.refused) > _SHOWN_REFUSALS:
        say(f"and {len(result.refused) - _SHOWN_REFUSALS:,} refused rows more")
    if result.ignored:
        say(f"Columns that mean nothing to us: {', '.join(result.ignored)}")
    would = "would be " if arguments.dry_run else ""
    counts = {outcome.value: count for outcome, count in result.counts.items()}
    words = ", ".join(f"{count:,} {would}{name}" for name, count in counts.items())
    say(f"{arguments.file.name}: {words}.")
    say(json.dumps({"dry_run": arguments.dry_run, **counts}))


def export_file(arguments: argparse.Namespace) -> None:
    """Write the file, whole or not at all."""
    from commerce_core.catalog import Layout, export_products  # noqa: PLC0415 - slow to load
    from commerce_core.flows import run_in_transaction  # noqa: PLC0415
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    layout = Layout.SHOPIFY if arguments.shopify else Layout.OURS
    with open_migrated(arguments.database) as sessions:
        count = run_in_transaction(
            sessions, lambda session: export_products(session, arguments.file, layout=layout)
        )
    say(f"{count:,} rows are in {arguments.file}.")
