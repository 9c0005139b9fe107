"""How long it takes to read the configurations that people have."""

from __future__ import annotations

import time
from itertools import cycle, islice
from pathlib import Path

from workbench import formats
from workbench.formats import genode_xml, hid, run_script

_SHARED = Path(__file__).resolve().parents[3] / "shared"
_FILES = 300


def main() -> None:
    """Read 300 real configurations: XML, HID, and each as a run script; print the time."""
    found = [*_SHARED.glob("corpus/*/*"), *_SHARED.glob("samples/*.run")]
    texts = [
        (path.name, formats.format_of(path, path.read_text()), path.read_text()) for path in found
    ]
    scripts = [
        (f"{name}.run", "run-22.02" if format == "xml-classic" else "run-26.02", _script(text))
        for name, format, text in texts
        if not format.startswith("run")
    ]
    caches = (genode_xml._config, hid._pieces, run_script._script, run_script._pieces)
    for cache in caches:
        cache.cache_clear()
    begin, begin_cpu = time.perf_counter(), time.process_time()
    size = 0
    for name, format, text in islice(cycle(texts + scripts), _FILES):
        formats.read_text(text, format, name)
        size += len(text)
    wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    print(
        f"formats: {_FILES} configurations of {size // _FILES} characters on average "
        f"({len(texts) + len(scripts)} different ones) read in {wall:.2f} s, {cpu:.2f} s of CPU"
    )


def _script(text: str) -> str:
    return "build { core init }\ninstall_config {\n" + text + "\n}\nrun_genode_until forever\n"


if __name__ == "__main__":
    main()
