"""The DHL client beside karrio and bare httpx: who reads DHL's answers right, and how fast.

Claims: every field read as DHL's raw answer has it; parsing and normalising at least 5 times
karrio's rate; importing adds at most 150 ms to importing httpx; 1,000 mocked trackings at
concurrency 50 take less than twice the time of bare httpx with the same calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks._dhl_fields import table_of_fields
from benchmarks._dhl_peers import VERSION, Karrio, install
from benchmarks._measure import Estimate, estimate, measure_pair, run_child
from benchmarks._report import Report
from commerce_core.logistics.dhl import AsyncDHLClient, DHLConfig, Environment, TrackingAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = 1_000
CONCURRENCY = 50
ROUNDS = 21
HEADERS = {"content-type": "application/json", "correlation-id": "x"}
URL = "https://api-sandbox.dhl.com/track/shipments"


def main() -> int:
    """Run every claim and return the exit code."""
    folder = _data()
    if folder is None:
        sys.stdout.write("DHL's examples are not here: set COMMERCE_DATA to the data folder\n")
        return 1
    install()
    karrio = Karrio()
    answers = {
        path.stem: path.read_text(encoding="utf-8")
        for path in sorted((folder / "examples" / "tracking").glob("*.json"))
    }
    report = Report("dhl")
    ours_wrong, karrio_wrong, text = table_of_fields(answers, karrio)
    sys.stdout.write(text + "\n\n")
    report.add("fields that the DHL client reads wrong", ours_wrong, "== 0")
    report.add("fields that karrio reads wrong", karrio_wrong, ">= 1")
    _reading(report, karrio, answers)
    _importing(report)
    _calling(report, answers["423475729485_full"])
    report.context |= {"karrio": VERSION, "httpx": httpx.__version__, "answers": len(answers)}
    return report.finish()


def _reading(report: Report, karrio: Karrio, answers: dict[str, str]) -> None:
    """Read the same answers from text to typed, normalised result, each side by its own means.

    A rate counts shipments that were read: of a number with nine, karrio reads the first and we
    read nine. Objects inside our messages are made when somebody looks at them; the context has
    the rate with every one looked at (a hash visits all fields).
    """
    texts = [text for text in answers.values() if '"shipments"' in text]

    ours = _repeated(texts, lambda text: TrackingAnswer.read(json.loads(text)))
    ours_in_full = _repeated(texts, lambda text: hash(TrackingAnswer.read(json.loads(text))))
    theirs = _repeated(texts, karrio.read)
    read = [len(json.loads(text)["shipments"]) for text in texts]
    pairing = measure_pair(theirs, ours, rounds=ROUNDS)
    full = measure_pair(theirs, ours_in_full, rounds=ROUNDS)
    more = sum(read) / len(read)
    # The second claim is the stricter: nine shipments of one number count no more than one.
    rate = "shipments read a second: our rate over karrio's"
    report.add(rate, _times(pairing.ratio, more), ">= 5")
    report.add("answers read a second: our rate over karrio's", pairing.ratio, ">= 5")
    report.add_control(ours, rounds=ROUNDS)
    report.context["the_same_every_object_looked_at"] = round(full.ratio.median * more, 2)
    report.context["our_shipments_a_second"] = round(5 * sum(read) / pairing.second.median)
    report.context["karrio_shipments_a_second"] = round(5 * len(read) / pairing.first.median)


def _times(ratio: Estimate, factor: float) -> Estimate:
    return replace(
        ratio, median=ratio.median * factor, low=ratio.low * factor, high=ratio.high * factor
    )


def _repeated(texts: list[str], read: Callable[[str], object]) -> Callable[[], None]:
    def work() -> None:
        for _ in range(5):
            for text in texts:
                read(text)

    return work


def _importing(report: Report) -> None:
    """Compare fresh interpreters: httpx alone, and with the client's two classes loaded."""
    bare = "import httpx"
    package = f"{bare}; import commerce_core.logistics.dhl"
    clients = (
        f"{bare}; from commerce_core.logistics.dhl import DHLClient, AsyncDHLClient, DHLConfig"
    )
    report.add("import of the package beyond httpx, ms", _extra_ms(bare, package), "<= 150")
    report.add("import of both clients beyond httpx, ms", _extra_ms(bare, clients), "<= 150")
    absent = f"import sys; {clients[len(bare) + 2 :]}"
    code = f"{absent}; print(sum(n in sys.modules for n in ('sqlalchemy', 'pandas')))"
    loaded = int(run_child([sys.executable, "-c", code]).output)
    report.add("of SQLAlchemy and pandas loaded with it", loaded, "== 0")


def _extra_ms(bare: str, more: str) -> Estimate:
    """Return the difference of two programs' import times (of the processor), pair by pair."""
    timed = "import time; t = time.process_time(); {}; print(time.process_time() - t)"

    def seconds(code: str) -> float:
        return float(run_child([sys.executable, "-c", timed.format(code)]).output)

    seconds(bare), seconds(more)
    return estimate([(seconds(more) - seconds(bare)) * 1000 for _ in range(ROUNDS)])


def _calling(report: Report, text: str) -> None:
    """Make the same 1,000 mocked calls: bare httpx reading JSON, and the async client."""
    content = text.encode()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=HEADERS, content=content))
    config = DHLConfig(
        environment=Environment.SANDBOX,
        api_key="key",
        tracking_calls_per_day=None,
        tracking_spacing_seconds=0,
    )

    async def bare(http: httpx.AsyncClient, number: str) -> Any:
        headers = {"DHL-API-Key": "key", "Accept": "application/json"}
        response = await http.get(URL, params={"trackingNumber": number}, headers=headers)
        return response.json()

    async def all_calls(ask: Callable[[httpx.AsyncClient], Callable[[str], Any]]) -> None:
        async with httpx.AsyncClient(transport=transport) as http:
            call = ask(http)
            gate = asyncio.Semaphore(CONCURRENCY)

            async def one(number: str) -> None:
                async with gate:
                    await call(number)

            await asyncio.gather(*(one(f"42347572{place:04d}") for place in range(CALLS)))

    def bare_httpx() -> None:
        asyncio.run(all_calls(lambda http: lambda number: bare(http, number)))

    def our_client() -> None:
        asyncio.run(all_calls(lambda http: AsyncDHLClient(config, http).tracking.track))

    pairing = measure_pair(our_client, bare_httpx, rounds=ROUNDS)
    report.add("1,000 trackings: our client's time over bare httpx", pairing.ratio, "<= 2")
    report.context["tracking_us_per_call"] = round(pairing.first.median / CALLS * 1e6)
    report.context["bare_httpx_us_per_call"] = round(pairing.second.median / CALLS * 1e6)


def _data() -> Path | None:
    named = os.environ.get("COMMERCE_DATA")
    places = [Path(named) / "dhl", Path(named)] if named else []
    places.append(Path(__file__).parent.parent.parent / "shared" / "dhl")
    return next((place for place in places if (place / "examples").is_dir()), None)


if __name__ == "__main__":
    sys.exit(main())
