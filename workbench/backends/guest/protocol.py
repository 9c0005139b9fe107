"""The lines that the guest's runner reports; README.md describes every event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.backends.base import BackendError, Event, Log, Progress

__all__ = ["PROTOCOL", "Transcript"]

PROTOCOL = 1
_STILL_SECONDS = 3.0  # several heartbeats
_SAID = 200  # characters of a broken line that a message quotes


@dataclass
class Transcript:
    """Everything a run has reported so far.

    Parameters
    ----------
    operations
        Operations that all instances together are to do; for the progress.
    """

    operations: int
    hello: dict[str, Any] = field(default_factory=dict)
    topology: dict[str, Any] = field(default_factory=dict)
    quotas: dict[str, dict[str, Any]] = field(default_factory=dict)
    phases: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    exits: dict[str, dict[str, Any]] = field(default_factory=dict)
    final: dict[str, Any] | None = None
    _names: dict[int, str] = field(default_factory=dict)
    _counts: dict[str, tuple[dict[str, Any], int]] = field(default_factory=dict)
    _reached: float = 0.0

    def add(self, line: str | bytes) -> Iterator[Event]:
        """Take a line in and yield what it says to people.

        Raises
        ------
        BackendError
            If it is no line of the protocol (``bad-protocol``).
        """
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, KeyError, TypeError) as error:
            said = (line.decode(errors="replace") if isinstance(line, bytes) else line)[:_SAID]
            raise BackendError(
                "bad-protocol", f"The runner said what nobody understands: {said}"
            ) from error
        take = getattr(self, f"_take_{kind.replace('-', '_')}", None)
        if take is not None:  # unknown events are for later versions
            yield from take(event)

    def failure(self) -> BackendError | None:
        """Return why the run as a whole failed; None if it came to its end."""
        final = self.final
        if final is None:
            return BackendError("no-final-line", "The runner ended without saying so.")
        if final["ended"] == "finished":
            return None
        if final["ended"] == "deadline":
            return BackendError(
                "deadline",
                f"The run took longer than it may{self._how_far(final['t'])}; set deadline_s "
                "higher, or ask for less work.",
            )
        return BackendError(str(final["ended"]), str(final.get("detail") or "The runner gave up."))

    def _take_hello(self, event: dict[str, Any]) -> Iterator[Event]:
        if event.get("protocol") != PROTOCOL:
            raise BackendError(
                "bad-protocol",
                f"The runner speaks protocol {event.get('protocol')}, not {PROTOCOL}.",
            )
        self.hello = event
        yield Log(f"{event['kernel']}, {event['compiler']}, clock {event['clock_source']}")

    def _take_topology(self, event: dict[str, Any]) -> Iterator[Event]:
        self.topology = event
        cpus, nodes = len(event["cpus"]), len(event["nodes"])
        yield Log(f"{event['model']}: {cpus} CPUs, {nodes} NUMA node{'s' * (nodes != 1)}")

    def _take_quota(self, event: dict[str, Any]) -> Iterator[Event]:
        self.quotas[event["component"]] = event
        yield Log(f"RAM quota by {event['means']}: {event['limits']}", event["component"])

    def _take_started(self, event: dict[str, Any]) -> Iterator[Event]:
        cpus = ", ".join(map(str, event["cpus"]))
        yield Log(f"started as process {event['pid']} on CPUs {cpus}", event["component"])

    def _take_phase_started(self, event: dict[str, Any]) -> Iterator[Event]:
        self._names[event["index"]] = event["phase"]
        yield Log(f"{event['phase']} begins", event["component"])

    def _take_heartbeat(self, event: dict[str, Any]) -> Iterator[Event]:
        under_way = [one for one in event["components"] if self._is_open(one)]
        for one in under_way:
            if self._counts.get(one["component"], ({},))[0] != one:
                self._counts[one["component"]] = one, event["t"]
        message = ", ".join(sorted({self._names.get(one["index"], "") for one in under_way}))
        yield self._progress(sum(one["done"] for one in under_way), message or "loading")

    def _take_phase(self, event: dict[str, Any]) -> Iterator[Event]:
        name = event["component"]
        self.phases[name, event["index"]] = event
        span_ms = (event["finish_ns"] - event["start_ns"]) / 1e6
        rate = f", {event['operations'] / span_ms * 1e3:.4g} op/s" if span_ms > 0 else ""
        yield Log(f"{event['phase']}: {event['operations']} op in {span_ms:.0f} ms{rate}", name)
        yield self._progress(0, event["phase"])

    def _take_check(self, event: dict[str, Any]) -> Iterator[Event]:
        self.checks.append(event)
        if not event["ok"]:
            yield Log(
                f"the tree is damaged after {event['phase']}: {event['detail']}", event["component"]
            )

    def _take_log(self, event: dict[str, Any]) -> Iterator[Event]:
        yield Log(event["text"], event["component"])

    def _take_exit(self, event: dict[str, Any]) -> Iterator[Event]:
        self.exits[event["component"]] = event
        yield Log(f"{event['reason']} {event['detail']}".strip(), event["component"])

    def _take_final(self, event: dict[str, Any]) -> Iterator[Event]:
        self.final = event
        if event["ended"] == "finished":
            yield Progress(1.0)

    def _how_far(self, now_ns: int) -> str:
        """Return what was under way, and for how long without a step: a hang or much work."""
        parts = []
        for name, (one, since_ns) in self._counts.items():
            ended = self.exits.get(name, {}).get("reason", "cancelled")
            if not self._is_open(one) or ended != "cancelled":  # its own exit says what it was
                continue
            phase = self._names.get(one["index"], "loading")
            still = (now_ns - since_ns) / 1e9
            parts.append(
                f"{name} had done {one['done']} of {one['of']} operations of {phase}"
                + (f" and none in the last {still:.0f} s" if still >= _STILL_SECONDS else "")
            )
        return f" ({', '.join(parts)})" if parts else ""

    def _is_open(self, one: dict[str, Any]) -> bool:
        return (one["component"], one["index"]) not in self.phases

    def _progress(self, under_way: int, message: str) -> Progress:
        done = sum(phase["operations"] for phase in self.phases.values()) + under_way
        self._reached = max(self._reached, min(done / max(self.operations, 1), 0.999))
        return Progress(self._reached, message)
