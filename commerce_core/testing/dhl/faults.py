"""What can be made to go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """A failure of DHL or of the way to it."""

    NO_CONNECTION = "no_connection"
    """Nothing reaches DHL."""
    TIMEOUT = "timeout"
    """DHL does nothing and answers nothing."""
    TIMEOUT_AFTER_WORK = "timeout_after_work"
    """DHL does its work; the answer is lost."""
    TRUNCATED = "truncated"
    """DHL does its work; half of the answer arrives."""
    SPIKE = "spike"
    """429, as after two calls within five seconds."""
    DAY = "day"
    """429 from now on until 00:00 GMT."""
    SERVER_ERROR = "server_error"
    """503."""
    SLOW_BODY = "slow_body"
    """The answer comes byte by byte."""
    HTML = "html"
    """A proxy's page, with status 200."""
    ERROR_IN_200 = "error_in_200"
    """DHL's problem object, with status 200."""
    WRONG_LABEL = "wrong_label"
    """Labels that are not what they say."""


@dataclass(slots=True)
class PlannedFault:
    """A fault that waits for the next ``times`` requests whose path holds ``path``."""

    fault: Fault
    path: str
    times: int
    retry_after: str | None
