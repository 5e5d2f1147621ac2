"""How ``commerce dhl`` shows its readings to a person."""

from __future__ import annotations

from typing import Any

from webapp.commands import terminal


def say(text: str) -> None:
    """Write one line; DHL's texts command no terminal."""
    terminal.say(terminal.visible(text))


def print_explanation(shown: dict[str, Any]) -> None:
    """Print a reading: shipments as a head line and a table of events, the rest as pairs."""
    kind = shown["kind"]
    if "shipments" not in shown:
        _print_pairs({name: shown[name] for name in shown if name != "mapping_version"})
        return
    if not shown["shipments"]:
        say(f"{kind}: no shipments")
    for shipment in shown["shipments"]:
        _print_shipment(shipment)
    for url in shown.get("possible_additional_shipments", ()):
        say(f"DHL suspects more: {url}")


def print_return(shown: dict[str, Any]) -> None:
    """Print the number of a return and where its labels lie."""
    say(f"Return {shown['shipment_number']}")
    for file in shown["files"]:
        say(f"  saved {file}")
    for warning in shown["warnings"]:
        say(f"  warning: {warning}")


def print_budget(shown: dict[str, Any]) -> None:
    """Print what is left of the day."""
    left = "uncounted" if shown["left"] is None else f"{shown['left']} left, {shown['used']} used"
    say(f"Calls today (GMT), key {shown['key']}, {shown['environment']}: {left}")
    if shown["closed_until"]:
        say(f"DHL has closed the day until {shown['closed_until']}")
    elif shown["next_call_in"]:
        say(f"The next call is possible in {shown['next_call_in']} s")


def _print_shipment(shipment: dict[str, Any]) -> None:
    said = shipment["raw_status_code"] or "-"
    mark = "  (DHL's own fields disagree)" if shipment.get("has_conflict") else ""
    head = f"{shipment['number'] or '-'}  {shipment['service'] or '?'}  {shipment['status']}"
    say(f"{head}  [{said}]{mark}")
    rows = [
        (
            event["at"] or event.get("at_raw") or "-",
            event["at_kind"],
            event["status"] or "(information)",
            event["place"] or "",
            event.get("description") or event.get("raw_status") or "",
        )
        for event in shipment["events"]
    ]
    if rows:
        widths = [max(len(str(row[column])) for row in rows) for column in range(4)]
        for row in rows:
            cells = [str(cell).ljust(width) for cell, width in zip(row, widths, strict=False)]
            say("  " + "  ".join([*cells, str(row[4])]).rstrip())


def _print_pairs(shown: dict[str, Any], indent: str = "") -> None:
    for name, value in shown.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            say(f"{indent}{name}:")
            for item in value:
                _print_pairs(item, indent + "  ")
                say("")
        elif isinstance(value, dict):
            parts = ", ".join(f"{key} {part}" for key, part in value.items() if part is not None)
            say(f"{indent}{name}: {parts}")
        elif value is not None and value != []:
            say(f"{indent}{name}: {value}")
