"""Seeds of replications."""

from __future__ import annotations

import numpy as np

__all__ = ["replication_seed"]

_BITS = 53  # every such number is exact in JSON, JavaScript and a 64-bit integer


def replication_seed(seed: int, replication: int) -> int:
    """Return the seed of one replication: a hash of the experiment's seed and its number.

    It depends on nothing else, so the variants and workloads of an experiment
    share their random numbers replication by replication. The hash is that of
    `numpy.random.SeedSequence` with ``spawn_key=(replication,)``, whose output
    NumPy guarantees to stay the same; its upper 53 bits are used.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(replication,))
    return int(sequence.generate_state(1, np.uint64)[0]) >> (64 - _BITS)
