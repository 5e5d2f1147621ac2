"""``commerce import online-retail FILE``: bring in what another system kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from webapp.commands import orders, products
from webapp.commands.terminal import Subparsers, add_command, add_database_option, say

if TYPE_CHECKING:
    import argparse

    from commerce_core.importing import ImportSummary

_ACTOR = "import online-retail"


def register(subparsers: Subparsers) -> None:
    """Add the command and its formats."""
    parser = subparsers.add_parser("import", help="bring in what another system kept")
    formats = parser.add_subparsers(title="formats", metavar="FORMAT", required=True)
    text = "the UCI Online Retail file: xlsx or CSV, also packed as .gz or .xz"
    retail = add_command(formats, "online-retail", import_file, help=text)
    retail.add_argument("file", type=Path, metavar="FILE")
    retail.add_argument(
        "--location", default="MAIN", metavar="CODE", help="whose stock moves (default: MAIN)"
    )
    add_database_option(retail)
    products.register_import(formats)
    orders.register_import(formats)


def import_file(arguments: argparse.Namespace) -> None:
    """Import the file. The last line on standard output is one JSON object."""
    from commerce_core.importing import import_online_retail  # noqa: PLC0415 - see the package
    from webapp.commands.databases import open_migrated  # noqa: PLC0415
    from webapp.commands.interruption import Interruption  # noqa: PLC0415
    from webapp.commands.progress import PhaseBars  # noqa: PLC0415

    try:
        with (
            Interruption() as interruption,
            open_migrated(arguments.database) as sessions,
            PhaseBars(interruption.check) as bars,
        ):
            summary = import_online_retail(
                sessions,
                arguments.file,
                actor=_ACTOR,
                location=arguments.location,
                on_progress=bars.show,
            )
    except KeyboardInterrupt:
        sys.stderr.write("What was imported stays; the same command goes on from there.\n")
        raise
    say(_sentence(arguments.file, summary))
    if summary.rows_rejected:
        say(
            f"{summary.rows_rejected:,} rows were rejected: "
            f"correct them in {arguments.file}.rejects.csv and import that."
        )
    say(json.dumps(summary.as_json()))


def _sentence(file: Path, summary: ImportSummary) -> str:
    usable = summary.rows_read - summary.rows_rejected
    if not summary.rows_new:
        return f"Nothing new: the {usable:,} rows of {file.name} are in the database already."
    return f"{summary.rows_new:,} of {usable:,} rows of {file.name} were new and are imported."
