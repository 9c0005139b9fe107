"""All benchmarks: ``python -m tests.benchmarks``."""

from __future__ import annotations

from tests.benchmarks import (
    bench_editing,
    bench_engine,
    bench_formats,
    bench_qemu,
    bench_store,
    bench_sweep,
    bench_timeline,
    bench_tree,
    preview,
    sensitivity,
)

bench_engine.main()
bench_formats.main()
bench_tree.main()
bench_qemu.main()
preview.main()
sensitivity.main()
bench_store.main()
bench_sweep.main()
bench_timeline.main()
bench_editing.main()
