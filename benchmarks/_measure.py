"""Measuring: pairs run side by side, medians with a confidence interval, child processes, the disk.

A number without its doubt proves nothing, so every measurement here is an :class:`Estimate`: a
median and the interval that holds the true one with the stated confidence. The interval is read
from the order statistics of the sample (the sign test turned around; Conover, *Practical
Nonparametric Statistics*, section 3.2), so it assumes nothing about how noise is distributed.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], object]
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A median between ``low`` and ``high``, with the confidence that the interval really has.

    Fewer than six values cannot give 95 %: then the interval is the whole range, and
    ``confidence`` says how much that is worth (3 values: 75 %).
    """

    median: float
    low: float
    high: float
    confidence: float
    count: int


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two pieces of work measured in turns: seconds of each, and first over second."""

    first: Estimate
    second: Estimate
    ratio: Estimate


@dataclass(frozen=True, slots=True)
class Run:
    """A child process that has ended: wall seconds, its peak memory, what it printed."""

    seconds: float
    peak_bytes: int
    output: str


def estimate(values: Sequence[float]) -> Estimate:
    """Return the median of ``values`` (at least one) with its interval."""
    ordered = sorted(values)
    count = len(ordered)
    rank, confidence = _interval_rank(count)
    return Estimate(
        median=statistics.median(ordered),
        low=ordered[rank],
        high=ordered[count - 1 - rank],
        confidence=confidence,
        count=count,
    )


def seconds_of(work: Work) -> float:
    """Return how long ``work`` takes, once, by the clock on the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure_pair(first: Work, second: Work, *, rounds: int = 20, warmup: int = 1) -> Pairing:
    """Run the two in turns, each round in the other order, and compare them round by round.

    The ratio is taken within a round, so that a machine that is slow for a while slows both sides
    alike and drops out.
    """
    for _ in range(warmup):
        first()
        second()
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            later, earlier = seconds_of(second), seconds_of(first)
            pairs.append((earlier, later))
        else:
            pairs.append((seconds_of(first), seconds_of(second)))
    return Pairing(
        first=estimate([one for one, _ in pairs]),
        second=estimate([two for _, two in pairs]),
        ratio=estimate([one / two for one, two in pairs]),
    )


def run_child(command: Sequence[str], *, timeout_seconds: float = 600) -> Run:
    """Run a program to its end and return its time, peak resident memory and standard output.

    Raises:
        RuntimeError: it ended with another code than 0, or did not end in time.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        start = time.perf_counter()
        child = subprocess.Popen(list(command), stdout=output)
        status, peak = _watch(child, deadline=start + timeout_seconds)
        seconds = time.perf_counter() - start
        output.seek(0)
        text = output.read()
    if status != 0:
        raise RuntimeError(f"{command} ended with {status} after {seconds:.1f} s:\n{text[-2000:]}")
    return Run(seconds=seconds, peak_bytes=peak, output=text)


def disk_commit_seconds(folder: Path | None = None, *, count: int = 50) -> Estimate:
    """Return how long the disk takes to make a write of 4 KiB durable.

    Every database commit costs at least this, so rates on two machines compare only beside it.
    """
    block = b"\0" * 4096
    values: list[float] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(count):
            file.write(block)
            file.flush()
            values.append(seconds_of(lambda: os.fdatasync(file.fileno())))
    return estimate(values)


def _interval_rank(count: int) -> tuple[int, float]:
    """Return how many values to drop at each end for 95 %, and the confidence that gives."""
    if count < 1:
        raise ValueError("nothing was measured")
    rank, outside = 0, 0.5**count
    while rank + 1 < count / 2:
        more = outside + math.comb(count, rank + 1) * 0.5**count
        if 1 - 2 * more < CONFIDENCE:
            break
        rank, outside = rank + 1, more
    return rank, 1 - 2 * outside


def _watch(child: subprocess.Popen[bytes], *, deadline: float) -> tuple[int, int]:
    """Wait for the child; return its exit code and its peak memory in bytes.

    The kernel's high-water mark is read while the child lives: what ``wait4`` reports afterwards
    starts from the size of the process that forked it, which here may hold a data set.
    """
    peak = 0
    while time.perf_counter() < deadline:
        peak = max(peak, _high_water_bytes(child.pid))
        code = child.poll()
        if code is not None:
            return code, peak
        time.sleep(0.005)
    child.kill()
    child.wait()
    raise RuntimeError(f"{child.args!r} did not end in time")


def _high_water_bytes(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) * 1024
