"""A timeline for other viewers: the Chrome trace format, which Perfetto opens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from workbench.errors import InputError
from workbench.results.schema import BUCKETS, NO_COMPONENT

if TYPE_CHECKING:
    from workbench.analysis.timeline import Segments, Timeline

__all__ = ["write_trace"]

_MOST_TRACED = 2_000_000


def write_trace(
    timeline: Timeline,
    file: Path,
    *,
    begin_ns: int | None = None,
    end_ns: int | None = None,
    title: str = "",
) -> int:
    """Write a span as a Chrome trace (JSON), which Perfetto opens; return its segments.

    A core is a process of the trace, a segment a complete event (``"ph": "X"``) named by its
    component, with the bucket as category; times in us. Format: "Trace Event Format", Google.

    Raises
    ------
    workbench.errors.InputError
        If the span has more segments than a viewer takes, or the file cannot be written.
    """
    begin = timeline.begin_ns if begin_ns is None else begin_ns
    end = timeline.end_ns if end_ns is None else end_ns
    if (count := timeline.count(begin, end)) > _MOST_TRACED:
        raise InputError(
            f"The span has {count} segments; at most {_MOST_TRACED} go into a trace.",
            "Choose a shorter span.",
        )
    try:
        with file.open("w", encoding="utf-8") as stream:
            _write(stream, timeline, timeline.window(begin, end), title)
    except OSError as problem:
        raise InputError(
            f"{file} cannot be written: {problem.strerror}.", "Choose another."
        ) from None
    return count


def _write(stream: TextIO, timeline: Timeline, found: Segments, title: str) -> None:
    stream.write('{"displayTimeUnit": "ns", "otherData": ')
    stream.write(json.dumps({"title": title}))
    stream.write(', "traceEvents": [\n')
    stream.write(",\n".join(json.dumps(event) for event in _trace(timeline, found)))
    stream.write("\n]}\n")


def _trace(timeline: Timeline, found: Segments) -> Iterator[dict[str, object]]:
    for core in range(timeline.cores):
        name = {"name": f"core {core}"}
        yield {"ph": "M", "name": "process_name", "pid": core, "tid": 0, "args": name}
    for core, component, bucket, start, end in zip(
        found.core.tolist(),
        found.component.tolist(),
        found.bucket.tolist(),
        found.start_ns.tolist(),
        found.end_ns.tolist(),
        strict=True,
    ):
        if component != NO_COMPONENT:
            yield {
                "ph": "X",
                "name": timeline.components[component],
                "cat": BUCKETS[bucket],
                "pid": core,
                "tid": 0,
                "ts": start / 1e3,
                "dur": (end - start) / 1e3,
                "args": {"bucket": BUCKETS[bucket]},
            }
