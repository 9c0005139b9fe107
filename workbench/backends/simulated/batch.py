"""Batches: many operations of a worker that depends on no other one, as one event.

How many operations of mean m and variance v a worker does in a slice is a matter of their
sum alone. A batch of k operations takes a gamma-distributed time of mean k m and variance
k v. It is chosen to end within the slice and to leave enough operations for the other workers;
the last few of a slice and of a phase are events of their own. Between the operations of a
batch the worker's window turns: their latencies follow from the time of a turn.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.backends.simulated.bookkeeping import count_even
from workbench.backends.simulated.draws import gamma_ps
from workbench.backends.simulated.jit import inlined, internal
from workbench.backends.simulated.layout import (
    FOREVER,
    LATENCY_BASE_PS,
    LATENCY_BINS,
    LATENCY_PER_OCTAVE,
    NOBODY,
    USEFUL,
    Engine,
)

__all__ = ["begin_batch", "book_latencies", "done_in_batches", "end_batch"]

_FEWEST = 16
"""Operations below which a batch is not worth it, nor its time near enough to a gamma's."""


_MOST = 1 << 30
"""`layout.WORKER` holds no larger number of them."""


@inlined
def _latency_bin(latency: float) -> int:
    """Return the histogram's bin of a latency in ps.

    Four times the binary logarithm, rounded down, read off the bits of the floating-point
    number: its exponent, and in which quarter of the octave its mantissa is.
    """
    bits = int(np.float64(latency * (1.0 / LATENCY_BASE_PS)).view(np.int64))
    octave = (bits >> 52) - 1023
    mantissa = bits & ((1 << 52) - 1)
    b = LATENCY_PER_OCTAVE * octave
    b += int(mantissa >= _QUARTERS[0])
    b += int(mantissa >= _QUARTERS[1]) + int(mantissa >= _QUARTERS[2])
    return min(max(b, 0), LATENCY_BINS - 1)


_QUARTERS = tuple(int((2.0 ** (k / LATENCY_PER_OCTAVE) - 1.0) * 2**52) for k in (1, 2, 3))
"""The mantissas at which the quarters of an octave begin."""


@inlined
def book_latencies(
    engine: Engine, component: int, phase: int, latency: float, operations: int
) -> None:
    """Book the latency, in ps, of operations that have just ended."""
    b = _latency_bin(latency)
    engine.latency[phase, component, b] += operations
    engine.phases[component, phase].latency_sum += latency * operations


@internal
def begin_batch(engine: Engine, core: int, r: int) -> int:
    """Begin a batch, if there is one worth it, and return its length in ps, or 0.

    ``remote_share`` of the worker is then the part of it that waits for remote memory.
    """
    c = engine.cores[core]
    clock = engine.clock[0]
    worker = engine.workers[c.running]
    it = engine.components[worker.component]
    phase = engine.phases[worker.component, it.phase]
    left = phase.operations - phase.issued - phase.reserved
    operations = min(left // (2 * it.workers), _MOST)
    if operations < _FEWEST:
        return 0
    request = engine.requests[r]
    mean, remote, variance, tasks = 0.0, 0.0, 0.0, 0
    for s in range(request.stage, request.last):
        stage = engine.stages[s]
        cost = engine.costs[worker.site, s]
        count = phase.levels if stage.per_level else stage.tasks
        tasks += count
        mean += count * (stage.mean_ps + cost.own_ps + cost.remote_ps)
        remote += count * cost.remote_ps
        variance += count * stage.variation * stage.mean_ps * stage.mean_ps
    if mean < 1.0:
        return 0
    if c.slice_end < FOREVER:
        fitting = (c.slice_end - clock.now) / mean
        operations = min(operations, int(fitting - 2.0 * math.sqrt(max(fitting, 0.0))))
        if operations < _FEWEST:
            return 0
    worker.batch = operations
    worker.batch_start = clock.now
    phase.reserved += operations - 1
    it.tasks += tasks * operations
    request.target = NOBODY
    length = gamma_ps(operations * mean, operations * variance, it.key, request.operation)
    worker.batch_length = length
    worker.remote_share = remote / mean
    return length


@internal
def end_batch(engine: Engine, w: int, r: int) -> None:
    """Book all operations of a batch but the last one, which ends as any other does."""
    worker = engine.workers[w]
    it = engine.components[worker.component]
    phase = engine.phases[worker.component, it.phase]
    operations = worker.batch
    now = engine.clock[0].now
    each = (now - worker.batch_start) / operations
    turned = min(operations, worker.window)
    # Operation i, of those issued before the batch, ends with the batch's i-th one.
    at = 1
    queued = r
    while at <= turned and queued != NOBODY:
        latency = worker.batch_start + at * each - engine.requests[queued].start
        if at == operations:
            break
        book_latencies(engine, worker.component, it.phase, latency, 1)
        queued = worker.inbox_head if at == 1 else int(engine.requests[queued].next)
        at += 1
    others = operations - at
    if others > 0:
        book_latencies(engine, worker.component, it.phase, turned * each, others)
    # Those that wait now were issued one after the other up to now; the last one is `r`.
    engine.requests[r].start = int(now - turned * each)
    place = 1
    queued = worker.inbox_head
    while queued != NOBODY:
        if place < operations:
            behind = max(turned - place, 0)
            engine.requests[queued].start = int(now - behind * each)
        place += 1
        queued = int(engine.requests[queued].next)
    phase.done += operations - 1
    count_even(engine, worker.component, worker.core, worker.batch_start, operations - 1)
    phase.issued += operations - 1
    phase.reserved -= operations - 1
    worker.batch = 1


@internal
def done_in_batches(engine: Engine, component: int) -> int:
    """Return how many operations of the batches under way are done, as far as they are."""
    it = engine.components[component]
    done = 0
    for number in range(it.workers):
        w = engine.members[it.first_member + number]
        worker = engine.workers[w]
        if worker.batch > 1 and worker.current != NOBODY:
            c = engine.cores[worker.core]
            left = worker.remaining
            if c.running == w and c.activity == USEFUL:
                left = c.busy_until - engine.clock[0].now
            done += int(worker.batch * (1.0 - left / worker.batch_length))
    return done
