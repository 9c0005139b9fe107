"""affinity-workbench: place components on CPU cores, run, and see why placements differ.

>>> import workbench
>>> talk = workbench.load("sample_data/talk.yaml")  # doctest: +SKIP
>>> results = workbench.run(talk)  # doctest: +SKIP
>>> workbench.compare(results).plot.ratio()  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from workbench import api
    from workbench.api import (
        Project,
        Results,
        compare,
        import_files,
        load,
        open,  # noqa: A004 - as the command is called
        open_sweep,
        report,
        run,
        sweep,
        timeline,
        why,
    )

__all__ = [
    "Project",
    "Results",
    "__version__",
    "api",
    "compare",
    "import_files",
    "load",
    "open",
    "open_sweep",
    "report",
    "run",
    "sweep",
    "timeline",
    "validate",
    "why",
]


def __getattr__(name: str) -> Any:
    # On first use, so that importing a lower floor stays cheap and no circle closes.
    if name == "api" or name in __all__:
        api = importlib.import_module("workbench.api")
        return api if name == "api" else getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
