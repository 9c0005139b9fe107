"""The model of ``round_robin.yaml`` in SimPy, with random numbers drawn beforehand."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import simpy

__all__ = ["Component", "Simulation"]


@dataclass
class Component:
    """A component: its operations' times (ps) and which of them take the lock."""

    times: Sequence[int]
    locked: Sequence[bool]
    issued: int = 0
    done: int = 0
    latency: int = 0
    holder: Worker | None = None
    spinning: deque[Worker] = field(default_factory=deque)

    def take(self, worker: Worker) -> bool:
        """Give a worker the lock if that is possible; else it is the last who spins."""
        if self.holder is worker:
            return True
        if self.holder is None:
            self.holder = worker
            if worker in self.spinning:
                self.spinning.remove(worker)
            return True
        if worker not in self.spinning:
            self.spinning.append(worker)
        return False

    def release(self) -> None:
        """Pass the lock on to the first who spins on its core."""
        self.holder = None
        for worker in self.spinning:
            if worker.granted is not None:
                self.spinning.remove(worker)
                self.holder = worker
                worker.granted.succeed()
                return


@dataclass(eq=False)
class Worker:
    """The worker of a component on one core; `granted` while it spins there."""

    component: Component
    operation: int = 0
    start: int = 0
    remaining: int = -1
    granted: simpy.Event | None = None

    def issue(self, now: int) -> None:
        self.operation = self.component.issued
        self.component.issued += 1
        self.start = now
        self.remaining = -1


Steps = Generator[simpy.Event, object, None]


class Simulation:
    """All cores; times in ps, `phases` the first slice of each of them."""

    def __init__(
        self, components: Sequence[Component], phases: Sequence[int], quantum: int, switch: int
    ) -> None:
        self.env = simpy.Environment()
        self.quantum, self.switch, self.switches = quantum, switch, 0
        crews = [[Worker(one) for one in components] for _ in phases]
        for index in range(len(components)):
            for crew in crews:
                crew[index].issue(0)
        for crew, phase in zip(crews, phases, strict=True):
            self.env.process(self.core(crew, phase))

    def core(self, crew: list[Worker], phase: int) -> Steps:
        """Give the core to its workers in turn."""
        length, turn = phase, 0
        while True:
            yield from self.slice(crew[turn], self.env.now + length)
            turn = (turn + 1) % len(crew)
            length = self.quantum
            self.switches += 1
            yield self.env.timeout(self.switch)

    def slice(self, worker: Worker, end: int) -> Steps:
        """Run one worker up to the end of its slice."""
        env, it = self.env, worker.component
        while env.now < end:
            if worker.remaining < 0:
                if it.locked[worker.operation] and not it.take(worker):
                    worker.granted = env.event()
                    yield worker.granted | env.timeout(end - env.now)
                    worker.granted = None
                    if it.holder is not worker:
                        return
                worker.remaining = it.times[worker.operation]
            left = end - env.now
            if worker.remaining > left:
                yield env.timeout(left)
                worker.remaining -= left
                return
            yield env.timeout(worker.remaining)
            if it.locked[worker.operation]:
                it.release()
            it.done += 1
            it.latency += env.now - worker.start
            worker.issue(env.now)
