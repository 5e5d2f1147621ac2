"""The figures of the live stream in the text format of Prometheus (version 0.0.4).

Written by ourselves: counters and gauges are lines of text, and no client library is needed for
them. https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from webapp.live.hub import Hub

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX: Final = "commerce_live_"
_COUNTERS: Final = {
    "frames": "Frames handed out, each counted once however many took it",
    "deliveries": "Frames that were given to a subscriber",
    "bytes": "Bytes of these deliveries",
    "movements": "Stock movements read from the journal",
    "levels": "Levels that were told",
    "conflated": "Movements not told because a newer state of the level was",
    "marked_behind": "Times a subscriber was marked dirty because it took nothing more",
    "caught_up_from_memory": "Catch-ups answered from memory",
    "caught_up_from_database": "Catch-ups that asked the database",
    "resets": "Times a subscriber had to read everything again",
    "epoch_changes": "Times the database was found to be another one",
    "reads": "Reads of the journal",
    "relayed": "Messages of the leading process that were handed out",
    "gaps": "Messages of the leading process that were missing",
    "failures": "Times reading began to fail",
    "cut_off": "Subscribers cut off because they took nothing for a minute",
}

Labels = Mapping[str, str]


def write_metrics(hub: Hub) -> str:
    """Return all figures of the hub."""
    return "".join(_lines(hub))


def _lines(hub: Hub) -> Iterator[str]:
    groups = {
        f'{{topic="{topic}",representation="{representation}"}}': count
        for (topic, representation), count in sorted(hub.listeners.groups().items())
    }
    yield from _metric("subscribers", "gauge", "Open streams", groups or {"": 0})
    for name, text in _COUNTERS.items():
        value = getattr(hub.figures, name)
        yield from _metric(f"{name}_total", "counter", text, {"": value})
    figures = hub.figures
    told = {"_sum": figures.tail_seconds, "_count": figures.tail_levels}
    yield from _metric("tail_seconds", "summary", "From a movement to its telling", told)
    gauges: dict[str, tuple[str, float]] = {
        "dirty": ("Subscribers that wait to be caught up", hub.listeners.behind()),
        "tail_lag_seconds": (
            "Age of the oldest commit that is held back",
            hub.feed.condition.lag_seconds,
        ),
        "tick_seconds": ("Time between two reads under load", hub.feed.tick_seconds),
        "deaf": ("1 while the journal cannot be read", int(not hub.is_well)),
    }
    if hub.relay is not None:
        gauges["leading"] = ("1 in the process that reads for all", int(hub.relay.is_leading))
        silence = 0.0 if hub.relay.is_leading else hub.relay.silence
        gauges["relay_lag_seconds"] = ("Time since the leader was heard", silence)
        gauges["relay_down"] = ("1 while Redis does not answer", int(bool(hub.relay.trouble)))
    for name, (text, value) in gauges.items():
        yield from _metric(name, "gauge", text, {"": value})


def _metric(name: str, kind: str, text: str, samples: Mapping[str, float]) -> Iterator[str]:
    """Write one metric. The key of a sample follows its name: labels in braces, or a suffix."""
    yield f"# HELP {_PREFIX}{name} {text}\n# TYPE {_PREFIX}{name} {kind}\n"
    for key, value in samples.items():
        yield f"{_PREFIX}{name}{key} {round(value, 6):.15g}\n"
