"""Two probes: is the process alive, and can it do its work.

Whoever runs something that can fail adds a check: ``app.state.readiness.add("hub", check)``.
A check that finds a fault makes the probe red; a warning is only shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from litestar import Response, Router, get
from litestar.datastructures import State
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from commerce_core.database import translate_database_error
from commerce_core.errors import CommerceError
from commerce_core.inventory.models import StockMovement
from commerce_core.journal import journal_lag, oldest_writer, read_cursor
from webapp.database import WebDatabase
from webapp.drain import Drain
from webapp.migrations import require_all_migrated
from webapp.security import Right

CHECK_SECONDS: Final = 3
"""A check that takes longer counts as failed."""
DELAY_SECONDS: Final = 2.0
"""From this delay of the journal on, live numbers are called delayed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. ``faults`` make the process not ready; ``warnings`` do not."""

    facts: dict[str, Any] = field(default_factory=dict)
    faults: Sequence[str] = ()
    warnings: Sequence[str] = ()


Check = Callable[[], Awaitable[Finding]]


class Readiness:
    """The checks of one application. Kept in ``app.state.readiness``."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Ask ``check`` at every probe, under ``name``."""
        self._checks[name] = check

    async def examine(self) -> dict[str, Finding]:
        """Run all checks side by side."""
        findings = await asyncio.gather(*(_run(check) for check in self._checks.values()))
        return dict(zip(self._checks, findings, strict=True))


async def _run(check: Check) -> Finding:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return Finding(faults=[f"no answer within {CHECK_SECONDS} s"])
    except CommerceError as exc:
        return Finding(faults=[exc.message])
    except SQLAlchemyError as exc:
        return Finding(faults=[translate_database_error(exc).message])


def database_check(database: WebDatabase) -> Check:
    """Return the check of the database: reachable, migrated, and how late its journal is."""

    async def check() -> Finding:
        async with database.reads() as session:
            return await session.run_sync(_examine_database)

    return check


def _examine_database(session: Session) -> Finding:
    require_all_migrated(session)
    lag = journal_lag(session, StockMovement)
    writer = oldest_writer(session)
    facts: dict[str, Any] = {
        "epoch": read_cursor(session).epoch,
        "lag_seconds": round(lag.seconds, 3),
        "waiting": lag.waiting,
        "oldest_writer": None,
    }
    warnings = []
    if writer is not None:
        facts["oldest_writer"] = {
            "pid": writer.pid,
            "database": writer.database,
            "age_seconds": round(writer.age_seconds, 3),
        }
    if lag.seconds > DELAY_SECONDS and writer is not None:
        warnings.append(
            f"live numbers are delayed {lag.seconds:.0f} s by the open transaction of process "
            f"{writer.pid} in database {writer.database!r}"
        )
    return Finding(facts, warnings=warnings)


@get("/health/live", right=Right.PUBLIC, no_session=True, sync_to_thread=False)
def show_live() -> dict[str, str]:
    """Answer as long as the process can answer at all."""
    return {"status": "live"}


@get("/health/ready", right=Right.PUBLIC, no_session=True)
async def show_ready(state: State) -> Response[dict[str, Any]]:
    """Answer 200 when the process can do its work, else 503 with the reasons."""
    readiness: Readiness = state.readiness
    drain: Drain = state.drain
    findings = await readiness.examine()
    reasons = [f"{name}: {fault}" for name, found in findings.items() for fault in found.faults]
    if drain.has_begun:
        reasons.insert(0, "the process is shutting down")
    content = {
        "status": "not ready" if reasons else "ready",
        "reasons": reasons,
        "warnings": [f"{name}: {text}" for name, f in findings.items() for text in f.warnings],
        "checks": {name: found.facts for name, found in findings.items()},
    }
    return Response(content, status_code=503 if reasons else 200)


router = Router("/", route_handlers=[show_live, show_ready], include_in_schema=False)
