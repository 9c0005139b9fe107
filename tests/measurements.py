"""Files as the B-link-tree benchmark writes them, from figures that a test knows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """One phase: what a file says of it."""

    cores: int
    iteration: int
    phase: int
    milliseconds: int
    operations: int = 1_000_000

    @property
    def throughput(self) -> float:
        return self.operations / (self.milliseconds / 1000)


def points(
    cores: Sequence[int], iterations: int, base_ms: int = 160, phases: int = 2
) -> list[Point]:
    """All phases of all iterations; every one has a time of its own."""
    return [
        Point(count, iteration, phase, base_ms + 7 * iteration + 40 * phase + 3 * count)
        for count in cores
        for iteration in range(1, iterations + 1)
        for phase in range(phases)
    ]


def json_lines(data: Sequence[Point], **counters: float) -> str:
    """MxTasking's ``-o FILE``."""
    return "".join(
        json.dumps(
            {
                "cores": one.cores,
                "iteration": one.iteration,
                "phase": one.phase,
                "throughput": one.throughput,
                **{name.replace("_", "-"): value for name, value in counters.items()},
            },
            separators=(",", ":"),
        )
        + "\n"
        for one in data
    )


def console(data: Sequence[Point], *, second: str = "read-only", figures: str = "") -> list[str]:
    """The lines of the benchmark's console."""
    lines = ["core configuration: "]
    for cores in dict.fromkeys(one.cores for one in data):
        lines.append(f"  {cores}: {' '.join(map(str, range(cores)))}")
    lines += [f"workload: fill: 1m / {second}: 2m", ""]
    return lines + [
        f"{one.cores}\t{one.iteration}\t{one.phase}\t{one.milliseconds} ms\t"
        f"{one.throughput:g} op/s{figures}"
        for one in data
    ]


def genode_log(instances: Mapping[str, Sequence[Point]], *, finished: bool = True) -> str:
    """A log of several instances, line by line in turn, in colours, with other lines between."""
    rows = {
        label: [*console(data), *(["Finished."] if finished else [])]
        for label, data in instances.items()
    }
    lines = ["kernel initialized", "\x1b[34m[init]\x1b[0m parent provides", "[init -> timer] up"]
    for index in range(max(map(len, rows.values()))):
        for label, texts in rows.items():
            if index < len(texts):
                lines.append(f"\x1b[0m[{label}] {texts[index]}\x1b[0m")
    return "\r\n".join(lines) + "\r\n"
