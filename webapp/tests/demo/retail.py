"""A small file in the form of the Online Retail set: invented rows, the real columns."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def write_retail(path: Path, *, days: int = 60) -> Path:
    """Write ``days`` of four invoices each, with credit notes, postage and adjustments."""
    lines = [HEADER]
    for number in range(days * 4):
        moment = datetime(2011, 1, 3, 9, 0) + timedelta(days=number // 4, hours=number % 4)  # noqa: DTZ001 - the file has none
        when = moment.strftime("%Y-%m-%d %H:%M:%S")
        who = f"{17000 + number % 9}.0" if number % 5 else ""
        invoice = f"C{540000 + number}" if number % 11 == 10 else str(540000 + number)
        sign = "-" if invoice.startswith("C") else ""
        for line in range(1 + number % 3):
            code = f"{22000 + (number * 7 + line) % 12}{'AB'[line % 2]}"
            row = f"{invoice},{code},LAMP {code},{sign}{1 + number % 4},{when},1.25,{who},France"
            lines.append(row)
        if number % 6 == 0 and not sign:
            lines.append(f"{invoice},POST,POSTAGE,1,{when},18.00,{who},France")
        if number % 13 == 12:
            lines.append(f"{560000 + number},22001A,damaged,-2,{when},0.0,,France")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
