"""A timeline of 1e7 segments on 128 cores: opening, redrawing, searching, replaying."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from tests.segments import recorded
from workbench.analysis.plots.timeline import TimelineFigure
from workbench.analysis.timeline import Timeline

SEGMENTS = 10_000_000
CORES = 128


def times(call: Callable[[int], object], repetitions: int) -> np.ndarray:
    """Return the time of each call, in ms."""
    found = []
    for number in range(repetitions):
        begin = time.thread_time()
        call(number)
        found.append((time.thread_time() - begin) * 1e3)
    return np.array(found)


def main() -> None:
    """Print the figures."""
    dataset = recorded(1, CORES, SEGMENTS // CORES)
    begin = time.thread_time()
    timeline = Timeline(dataset)
    print("CPU time, so that a busy machine does not count")
    print(f"Timeline of {len(timeline):.1e} segments, {timeline.nbytes / 2**20:.0f} MiB")
    print(f"  open                {(time.thread_time() - begin) * 1e3:8.0f} ms")
    figure = TimelineFigure(timeline)
    length = timeline.end_ns - timeline.begin_ns
    rng = np.random.default_rng(2)
    spans = [(0.0, 1.0)] * 10 + [
        (start, start + width)
        for width in (0.9, 0.5, 0.2, 0.05, 0.01, 1e-3, 1e-4)
        for start in rng.random(10) * (1 - width)
    ]

    def redraw(number: int) -> None:
        low, high = spans[number]
        figure.show(int(low * length), int(high * length))

    redraw(0)  # compiled or loaded
    found = times(redraw, len(spans))
    print(
        f"  pan and zoom        p50 {np.median(found):.0f}, p95 {np.percentile(found, 95):.0f} ms "
        "(target 150)"
    )
    begin = time.thread_time()
    timeline.next("switch", 0)
    print(f"  first search        {(time.thread_time() - begin) * 1e3:8.0f} ms")
    found = times(lambda n: timeline.next("switch", n * length // 100), 100)
    print(f"  next switch         {np.median(found):8.3f} ms")
    found = times(lambda n: figure.move_cursor(n * length // 3000), 300)
    print(f"  a moment of replay  p95 {np.percentile(found, 95):.1f} ms (33 at 30 a second)")


if __name__ == "__main__":
    main()
