"""Problems with their consequence, a jump to the component, and a fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

from workbench.app import changes
from workbench.app.state import AppState, Found
from workbench.scenario import inside
from workbench.scenario.nested import label_path

__all__ = ["ProblemList", "problems_of"]

_FOLDER = Path(__file__).parent


class ProblemList(JSComponent):  # type: ignore[misc]
    """Shows problems; sends ``{"fix": index}`` or ``{"select": index}``."""

    problems = param.List(
        default=[],
        item_type=dict,
        doc="""
        Dictionaries with key, severity, message, consequence, place, component, fix, and inside
        (names of the components around it).""",
    )

    _esm = (_FOLDER / "problems.js").read_text(encoding="utf-8")
    _stylesheets = (_FOLDER / "problems.css",)


def problems_of(state: AppState, **params: Any) -> ProblemList:
    """Return the list of a state's problems."""
    view = ProblemList(**params)

    def show(*_: Any) -> None:
        view.problems = [_shown(state, index, found) for index, found in enumerate(state.problems)]

    def act(event: Any) -> None:
        (action, index), *_ = event.data.items()
        if not isinstance(index, int) or not 0 <= index < len(state.problems):
            return
        way, component, problem = state.problems[index]
        if action == "select":
            if way != state.inside:
                state.enter(way)
            state.selected = component
        elif problem.fix is not None:
            fix, variant = problem.fix, state.variant
            state.edit(fix.title, lambda experiment: changes.mend(experiment, variant, fix))

    state.param.watch(show, ["experiment", "variant", "document", "host"])
    view.on_msg(act)
    show()
    return view


def _shown(state: AppState, index: int, found: Found) -> dict[str, Any]:
    way, component, problem = found
    line = problem.location.line
    return {
        "key": f"{index} {problem.code}",
        "severity": problem.severity,
        "message": problem.message,
        "consequence": problem.consequence,
        "place": f"line {line}" if line else "",
        "inside": label_path(inside.names(state.whole, way)),
        "component": component or "",
        "fix": problem.fix.title if problem.fix else "",
    }
