"""The fake's documents that are fetched later: labels behind a link, the manifests of a day."""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING, Any

from commerce_core.testing.dhl.documents import b64, pdf
from commerce_core.testing.dhl.replies import Reply, problem

if TYPE_CHECKING:
    import httpx

    from commerce_core.testing.dhl.fake import FakeDHL


def download_label(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``GET …/shipping/v2/labels``: whoever has the link has the label."""
    number = request.url.params.get("token", "")
    if number not in fake.labels:
        return problem(404, "Not Found", "The label is not there (any more).")
    content = fake.spoil(pdf(f"Label {number}"))
    return Reply(200, content=content, headers={"content-type": "application/pdf"})


def show_manifests(fake: FakeDHL, request: httpx.Request) -> Reply:
    """Answer ``GET …/shipping/v2/manifests``: one sheet for all that was closed on the day."""
    params, today = request.url.params, fake.now().astimezone(UTC).date()
    try:
        day = date.fromisoformat(params.get("date", today.isoformat()))
    except ValueError:
        return problem(400, "Bad Request", "date must look like 2026-01-31.")
    if day > today:
        return problem(400, "Bad Request", "date lies in the future.")
    numbers = [number for closed, number in fake.manifested if closed == day]
    if not numbers:
        return problem(404, "Not Found", "There is no manifest of this day.")
    sheet: dict[str, Any] = {"fileFormat": "PDF", "printFormat": "A4"}
    if params.get("includeDocs") == "URL":
        host = "https://api-sandbox.dhl.com/parcel/de/shipping/v2"
        sheet["url"] = f"{host}/labels?token=manifest-{day.isoformat()}"
    else:
        sheet["b64"] = b64(fake.spoil(pdf(f"Manifest {day.isoformat()}")))
    state = {"title": "OK", "statusCode": 200, "status": 200}
    body = {
        "status": state,
        "manifestDate": day.isoformat(),
        "manifest": [sheet],
        "sheetNo": [{"billingNumber": "22222222220101", "sheetNo": "1"}],
        "items": [{"shipmentNo": one, "sheetNo": "1", "sstatus": state} for one in numbers],
    }
    return Reply(200, body)
