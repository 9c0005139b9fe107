"""The flow of requests between the workers of one component, compiled by numba.

Requests are a fluid. Those of worker i are either with it, waiting for or in
local work (``local[i]``), or with a worker j that owns what they need
(``away[i, j]``). A worker that holds its core serves what is with it first come,
first served: whoever arrives waits for the work that is there, its own not
counted (the arrival theorem as approximated by Schweitzer 1979), so a request
leaves at the rate 1 / (its own work + that work). One that does not hold its
core serves nothing, and all that comes to it waits.

Each step solves the equations implicitly (backward Euler with the rates of the step's
beginning), in closed form, because every request comes back to its issuer: so
steps may be far longer than an operation, and no request is ever lost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from workbench.backends.simulated.jit import compiled

__all__ = ["Network", "completed"]

Floats = npt.NDArray[np.float64]


@compiled
def held(begin: float, length: float, period: float, time: float, step: float) -> float:
    """Return which part of a step a worker holds its core that gets it once in a period."""
    if length >= period:
        return 1.0
    into = (time - begin) % period
    part = max(0.0, min(into + step, length) - into)
    part += max(0.0, min(into + step - period, length))
    return min(part / step, 1.0)


class Network(NamedTuple):
    """The workers of a component.

    Parameters
    ----------
    begin, length, period
        Each holds its core for `length` from `begin` on, once in a `period`.
    window
        Requests of each.
    local_work, owner_work
        Work of an operation at its issuer, and of one visit at each owner.
    chosen
        Probability of each to be the owner of a visit.
    away, scratch
        (workers, workers) and (4, workers), all 0: room to work in.
    """

    begin: Floats
    length: Floats
    period: Floats
    window: Floats
    local_work: Floats
    owner_work: Floats
    chosen: Floats
    away: Floats
    scratch: Floats


@compiled
def completed(network: Network, visits: float, step: float, warm_up: int, steps: int) -> float:
    """Return the operations per unit of time that a component completes.

    Parameters
    ----------
    network
        Its workers; all times are in the same unit.
    visits
        Visits to owners per operation; 1 or more.
    step
        Length of a step.
    warm_up, steps
        Steps before counting, and counted steps.
    """
    begin, length, period, window, local_work, owner_work, chosen, away, scratch = network
    workers = len(window)
    local, left, leaving, waiting = scratch
    for i in range(workers):
        local[i] = window[i]
    ends = 1.0 / visits
    done = 0.0
    for number in range(warm_up + steps):
        back = 0.0
        for j in range(workers):
            part = held(begin[j], length[j], period[j], number * step, step)
            work = local[j] * local_work[j] + waiting[j] * owner_work[j]
            waiting[j] = 0.0
            mine = local[j] / max(window[j], 1.0)
            left[j] = part * step / (work + local_work[j] * (1.0 - mine))
            out = part * step / (work + owner_work[j])
            leaving[j] = out / (1.0 + out)
            back += chosen[j] * leaving[j]
        again = 1.0 - back * (1.0 - ends)
        for i in range(workers):
            arrived = 0.0
            for j in range(workers):
                arrived += leaving[j] * away[i, j]
            local[i] = (local[i] + ends * arrived / again) / (
                1.0 + left[i] * (1.0 - ends * back / again)
            )
            sent = left[i] * local[i]
            out = (arrived + back * sent) / again
            sent += (1.0 - ends) * out
            for j in range(workers):
                away[i, j] = (1.0 - leaving[j]) * (away[i, j] + sent * chosen[j])
                waiting[j] += away[i, j]
            if number >= warm_up:
                done += ends * out
    return done / (steps * step)
