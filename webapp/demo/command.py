"""``commerce demo``: a living shop in one SQLite file, ready in seconds."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Final

from webapp.commands.terminal import Subparsers, add_command, say

HOST: Final = "127.0.0.1"
_DEFAULT_SEED: Final = 7
_DEFAULT_SPEED: Final = 60.0
_SMALLEST: Final = 0.02


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = add_command(subparsers, "demo", run, help="run a living shop to look around in")
    parser.add_argument("--port", type=int, help="port to listen on (default: 8000)")
    parser.add_argument(
        "--data",
        metavar="FILE",
        type=Path,
        help="import this Online Retail file instead, and replay its last weeks",
    )
    parser.add_argument(
        "--keep", metavar="PATH", type=Path, help="keep the database there and use it again"
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=_DEFAULT_SPEED,
        help="how much faster than in life --data is replayed (default: 60, an hour a minute)",
    )
    parser.add_argument("--scale", type=_share, default=1.0, help=argparse.SUPPRESS)
    parser.add_argument("--still", action="store_true", help="let nobody in: nothing moves")
    parser.add_argument(
        "--seed", type=int, default=_DEFAULT_SEED, help="another number, another shop"
    )


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 < speed < math.inf:
        message = f"{text!r} is not a speed: give a number above 0, such as 60"
        raise argparse.ArgumentTypeError(message)
    return speed


def _share(text: str) -> float:
    """Read the size of the shop, for tests that need a small one."""
    share = float(text)
    if not _SMALLEST <= share <= 1:
        message = f"{text!r} is not a share from {_SMALLEST} to 1"
        raise argparse.ArgumentTypeError(message)
    return share


def run(arguments: argparse.Namespace) -> int:
    """Make the shop, serve it, and tidy up behind it. Ctrl-C at any time is a good end."""
    from webapp.demo.running import Wishes, run_demo  # noqa: PLC0415 - `--help` answers at once

    wishes = Wishes(
        host=HOST,
        port=arguments.port,
        data=arguments.data,
        keep=arguments.keep,
        speed=arguments.speed,
        seed=arguments.seed,
        scale=arguments.scale,
        is_still=arguments.still,
    )
    return run_demo(wishes, say=say)
