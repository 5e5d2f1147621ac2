"""Every verb in any order, against a model in plain Python: the same answers, the same books."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from commerce_core.tests.databases import Database, opened
from commerce_core.tests.inventory.machine_many import WholeMachine

if TYPE_CHECKING:
    from contextlib import ExitStack

    from commerce_core.tests.databases import PostgresServer, SqliteFiles

EXAMPLES = int(os.environ.get("COMMERCE_MACHINE_EXAMPLES", "5"))
"""How many lives are lived; the long form asks for more."""
STEPS = 30


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def machine(request: pytest.FixtureRequest) -> type[WholeMachine]:
    """Return the machine on one of the databases; every life gets a new one."""

    def fresh(stack: ExitStack) -> Database:
        if request.param == "sqlite":
            files: SqliteFiles = request.getfixturevalue("sqlite_files")
            return stack.enter_context(opened(files.stock_alone_url()))
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return stack.enter_context(opened(stack.enter_context(server.database())))

    class Machine(WholeMachine):
        pass

    Machine.fresh = staticmethod(fresh)
    return Machine


@pytest.mark.slow
def test_any_life_of_a_shop_is_that_of_the_model(machine: type[WholeMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=set(Phase) - {Phase.explain},
            suppress_health_check=list(HealthCheck),
        ),
    )
