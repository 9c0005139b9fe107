"""One task of a sweep, run to its end wherever it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.backends.base import Job, backend
from workbench.experiments.sweep.records import record

__all__ = ["numbers_of"]


def numbers_of(backend_name: str, job: Job, phases: Sequence[str]) -> bytes:
    """Run a job to its end and return its record; for workers that are elsewhere."""
    import workbench.backends  # noqa: F401, PLC0415 - registers the backends

    execution = backend(backend_name).start(job)
    for _ in execution.events():
        pass
    return record(execution.result(), phases).astype("<f8").tobytes()
