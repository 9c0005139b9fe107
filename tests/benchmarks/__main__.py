"""All benchmarks: ``python -m tests.benchmarks``."""

from __future__ import annotations

from tests.benchmarks import bench_engine, preview

bench_engine.main()
preview.main()
