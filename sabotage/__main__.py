"""``python -m sabotage [WORD…]``: try every patch, or those with one of the words in the name."""

from __future__ import annotations

import sys
from pathlib import Path

from sabotage._patches import SabotageError, read_patches
from sabotage._runner import try_patches

ROOT = Path(__file__).resolve().parent.parent


def main(words: list[str]) -> int:
    """Return 0 if every patch was noticed by every test it names."""
    patches = read_patches(ROOT / "sabotage" / "patches")
    chosen = [patch for patch in patches if not words or any(word in patch.name for word in words)]
    try:
        verdicts = try_patches(ROOT, chosen, say=print)
    except SabotageError as error:
        print(error)
        return 1
    unnoticed = [verdict for verdict in verdicts if not verdict.is_noticed]
    print(f"{len(verdicts) - len(unnoticed)} passed, {len(unnoticed)} failed")
    return 1 if unnoticed or not verdicts else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
