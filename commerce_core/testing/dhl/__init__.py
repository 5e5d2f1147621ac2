"""A DHL of one's own, for tests and demonstrations without an account.

:class:`FakeDHL` answers like DHL's five APIs: as an httpx transport (``fake.transport()``) or over
real sockets (``with fake.serve() as url``). Where it deviates from DHL's specifications is
written in :data:`DEVIATIONS`.
"""

from __future__ import annotations

from commerce_core.testing.dhl.fake import DEVIATIONS, FakeDHL
from commerce_core.testing.dhl.faults import Fault
from commerce_core.testing.dhl.shelf import FakeParcel

__all__ = ["DEVIATIONS", "FakeDHL", "FakeParcel", "Fault"]
