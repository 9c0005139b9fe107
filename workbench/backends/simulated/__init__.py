"""The simulated backend: a discrete-event engine at the level of workers.

`layout` is the engine's memory, `engine` its event loop, `policies` who gets a
core, `setup` turns a job into an engine, `results` an engine into a dataset, and
`backend` runs it in a thread. How to add a policy: see `policy`; how to add a
workload: see `workbench.backends.workload`.
"""

from __future__ import annotations

from workbench.backends.simulated.cache import compiled

__all__ = ["compiled"]
