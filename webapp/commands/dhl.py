"""``commerce dhl``: track a parcel, announce a return, see what is left of the day's calls.

``explain`` reads a stored answer of DHL and asks nobody.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webapp.commands.dhl_labels import check_folder, save_labels
from webapp.commands.dhl_tables import print_budget, print_explanation, print_return
from webapp.commands.terminal import Subparsers, add_command, add_database_option, say

if TYPE_CHECKING:
    import argparse

    from commerce_core.logistics.dhl import DHLClient
    from commerce_core.logistics.dhl.budget import BudgetStore

_ADDRESS = ("name", "street", "house", "postal-code", "city")


def register(subparsers: Subparsers) -> None:
    """Add the command and its four parts."""
    text = "track parcels, announce returns, read stored answers of DHL"
    parser = subparsers.add_parser("dhl", help=text, description=text)
    parts = parser.add_subparsers(title="parts", metavar="PART", required=True)
    _register_track(parts)
    _register_return(parts)
    budget = add_command(parts, "budget", run_budget, help="show what is left of today's calls")
    explain = add_command(parts, "explain", run_explain, help="read a stored answer of DHL")
    explain.add_argument("file", metavar="FILE", help="JSON or XML as DHL sent it; - for stdin")
    for one in (budget, explain):
        one.add_argument("--json", action="store_true", help="print one JSON object")
    add_database_option(budget)


def _register_track(parts: Subparsers) -> None:
    track = add_command(parts, "track", run_track, help="show where a shipment is")
    track.add_argument("number", metavar="NUMBER")
    track.add_argument("--service", metavar="NAME", help="DHL's division, for example parcel-de")
    track.add_argument("--postal-code", metavar="CODE", help="the recipient's; shows more")
    track.add_argument("--language", metavar="XX", help="two letters; a wish")
    track.add_argument("--json", action="store_true", help="print one JSON object")
    add_database_option(track)


def _register_return(parts: Subparsers) -> None:
    order = add_command(parts, "return", run_return, help="announce a return and save its label")
    order.add_argument("--country", metavar="XX", help="where the parcel comes from")
    order.add_argument("--receiver", metavar="ID", help="where it goes, as named in DHL's portal")
    for name in _ADDRESS:
        order.add_argument(f"--{name}", metavar="TEXT", required=True)
    order.add_argument("--reference", metavar="TEXT", help="printed on the label")
    order.add_argument("--label", choices=["label", "qr", "both"], default="both")
    order.add_argument("--folder", type=Path, default=Path(), help="where labels are saved")
    order.add_argument("--json", action="store_true", help="print one JSON object")
    add_database_option(order)


def run_track(arguments: argparse.Namespace) -> None:
    """Ask DHL for one number; costs one call of the day."""
    from commerce_core.logistics.dhl.explain import explain  # noqa: PLC0415 - see the package

    with _client(arguments) as client:
        answer = client.tracking.track(
            arguments.number,
            service=arguments.service,
            recipient_postal_code=arguments.postal_code,
            language=arguments.language,
        )
    reading = explain(json.dumps(dict(answer.raw)).encode())
    _show(arguments, reading.as_json(), print_explanation)


def run_return(arguments: argparse.Namespace) -> None:
    """Announce a return. The label is saved before anything is printed: DHL keeps no copy."""
    from commerce_core.logistics.dhl import (  # noqa: PLC0415
        DHLLabelError,
        LabelType,
        ReturnAddress,
        ReturnRequest,
    )

    kinds = {
        "label": LabelType.SHIPMENT_LABEL,
        "qr": LabelType.QR_LABEL,
        "both": LabelType.BOTH,
    }
    address = ReturnAddress(
        name1=arguments.name,
        street=arguments.street,
        house=arguments.house,
        postal_code=arguments.postal_code,
        city=arguments.city,
    )
    request = ReturnRequest(
        shipper=address,
        country=arguments.country,
        receiver_id=arguments.receiver,
        customer_reference=arguments.reference,
    )
    check_folder(arguments.folder)
    with _client(arguments) as client:
        try:
            label = client.returns.create(request, label_type=kinds[arguments.label])
        except DHLLabelError as error:
            # The return exists: what came instead of a label may still be needed.
            files = ", ".join(save_labels(error.result, arguments.folder))
            message = f"{error.message}; what came is in {files}"
            raise DHLLabelError(message, result=error.result, hint=error.hint) from error
    saved = save_labels(label, arguments.folder)
    shown = {
        "shipment_number": label.shipment_number,
        "international_shipment_number": label.international_shipment_number,
        "files": saved,
        "warnings": [str(one) for one in label.warnings],
    }
    _show(arguments, shown, print_return)


def run_budget(arguments: argparse.Namespace) -> None:
    """Show the ledger of the day; asks nobody."""
    with _client(arguments) as client:
        left = client.budget.left()
        shown = {
            "key": client.config.key_fingerprint,
            "environment": client.config.environment.value,
            "left": left.calls,
            "used": left.used,
            "next_call_in": round(left.next_call_in, 1),
            "closed_until": left.closed_until.isoformat() if left.closed_until else None,
        }
    _show(arguments, shown, print_budget)


def run_explain(arguments: argparse.Namespace) -> None:
    """Read a stored answer and print our reading of it."""
    from commerce_core.logistics.dhl.explain import explain  # noqa: PLC0415

    is_input = arguments.file == "-"
    content = sys.stdin.buffer.read() if is_input else Path(arguments.file).read_bytes()
    _show(arguments, explain(content).as_json(), print_explanation)


def _show(arguments: argparse.Namespace, shown: dict[str, Any], table: Any) -> None:
    if arguments.json:
        # Half of a pair of surrogates is no text: it stays the escape that it was.
        text = json.dumps(shown, ensure_ascii=False, indent=2)
        say(text.encode("utf-8", "backslashreplace").decode())
    else:
        table(shown)


@contextmanager
def _client(arguments: argparse.Namespace) -> Iterator[DHLClient]:
    """Yield a client that counts its calls in the shop's database.

    Without a migrated database the calls are counted for this run only.
    """
    from commerce_core.errors import DatabaseError  # noqa: PLC0415
    from commerce_core.logistics.dhl import (  # noqa: PLC0415
        DatabaseBudgetStore,
        DHLClient,
        DHLConfig,
    )
    from webapp.commands.databases import open_migrated  # noqa: PLC0415

    config = DHLConfig.from_environment()
    with ExitStack() as stack:
        budget: BudgetStore | None = None
        try:
            factory = stack.enter_context(open_migrated(arguments.database))
            budget = DatabaseBudgetStore(factory)
        except DatabaseError:
            note = "commerce: no migrated database, so calls are counted for this run only\n"
            sys.stderr.write(note)
        yield stack.enter_context(DHLClient(config, budget=budget))
