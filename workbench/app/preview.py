"""The strip below the grid: what each component would do per second, as placed or as held."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import panel as pn
from panel.io import hold

from workbench.analysis.colours import component_colours
from workbench.analysis.labels import in_unit
from workbench.app import changes
from workbench.app.markup import Markup
from workbench.backends.base import Job, backend
from workbench.errors import InputError
from workbench.scenario import edits, variants
from workbench.scenario.model import Rectangle, Scenario
from workbench.scenario.placement import placed

if TYPE_CHECKING:
    from workbench.app.grid import AffinityGrid
    from workbench.app.state import AppState
    from workbench.backends.simulated.fluid import Preview

__all__ = ["PreviewStrip"]

_CSS = """
:host { --quiet: color-mix(in srgb, currentColor 62%, transparent); }
.markup { position: absolute; inset: 0; contain: strict; }
.preview { display: grid; grid-template-columns: max-content 1fr max-content; gap: 2px 12px;
  align-items: center; font-size: 13px; font-variant-numeric: tabular-nums; }
.preview .doc { grid-column: 1 / -1; font-size: 12px; color: var(--quiet); }
.preview .bars { display: flex; gap: 12px; min-width: 0; }
.preview .one { flex: 1 1 0; min-width: 0; position: relative; height: 20px; padding: 0 6px;
  border: 1px dashed var(--colour); border-radius: 3px; overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis; line-height: 20px; box-sizing: border-box; isolation: isolate;
  contain: strict; }
.preview .one i { position: absolute; inset: 0 auto 0 0; z-index: -1; opacity: .35;
  background: repeating-linear-gradient(-45deg, var(--colour) 0 3px, transparent 3px 6px); }
.preview .total { color: var(--quiet); }
.preview .held { font-weight: 600; }
"""

_PAUSE_MS = 40

_EMPTY = (
    '<div class="preview"><div class="doc">Preview: what each component that runs a workload '
    "would do per second appears here.</div></div>"
)


class PreviewStrip(pn.viewable.Viewer):  # type: ignore[misc]
    """Predicted throughput of each measured component, by the simulation's fluid solution.

    Parameters
    ----------
    state
        Of this browser session.
    grid
        What is held on it is previewed before it is let go.
    """

    def __init__(self, state: AppState, grid: AffinityGrid, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._grid = grid
        self._document = pn.state.curdoc
        self._ready = threading.Event()
        self._waiting = False
        self._work: Iterator[str | None] = iter(())
        self._view = Markup(
            stylesheets=[_CSS],
            sizing_mode="stretch_width",
            margin=(0, 16, 4, 16),
            # Of one height, or the cells would move under the hand that brings the first one.
            styles={"flex": "none", "height": _height(state), "contain": "strict"},
            css_classes=["preview-strip"],
        )
        state.param.watch(lambda *_: self._changed(), ["experiment", "variant"])
        grid.param.watch(lambda _: self._later(), "held")
        # What computes it is slow to load, and compiled where it never has been.
        threading.Thread(target=self._load, name="preview", daemon=True).start()

    def __panel__(self) -> Any:
        return self._view

    def _load(self) -> None:
        from workbench.backends.simulated.fluid import compiled_flow  # noqa: PLC0415 - see above

        compiled_flow()
        self._ready.set()
        if self._document is None:
            self.show()
        else:
            self._document.add_next_tick_callback(self._later)  # from a thread, only this

    def _changed(self) -> None:
        if self._view.styles["height"] != _height(self._state):
            self._view.styles = self._view.styles | {"height": _height(self._state)}
        self._later()

    def _later(self) -> None:
        """Show it a moment later, when the edit and its text have gone to the browser."""
        if self._document is None:
            self._show_now()
        elif not self._waiting:
            self._waiting = True
            self._document.add_timeout_callback(self._show_now, _PAUSE_MS)

    def _show_now(self) -> None:
        """Show it, one workload at a time: between them edits are answered."""
        self._waiting = False
        if self._document is None:
            try:
                self.show()
            finally:
                self._grid.previewed = self._number
        else:
            self._work = self._parts()
            self._go_on(self._work, self._number)

    @property
    def _number(self) -> int:
        return int(self._grid.held.get("number", 0))

    def _go_on(self, work: Iterator[str | None], number: int) -> None:
        if work is not self._work:  # there is something newer to show
            return
        try:
            shown = next(work)
        except Exception:
            self._grid.previewed = number
            raise
        if shown is None:
            self._document.add_timeout_callback(partial(self._go_on, work, number), 1)
            return
        with hold():
            self._view.object = shown
            self._grid.previewed = number

    def show(self) -> None:
        """Show what is placed, with what is held where it is held."""
        *_, self._view.object = self._parts()

    def _parts(self) -> Iterator[str | None]:
        """Yield None after each workload, and then what is to be shown."""
        found: dict[str, Preview] = {}
        held = False
        if not self._ready.is_set():
            yield self._view.object
            return
        try:
            scenario, held = self._scenario()
            for workload in self._state.experiment.workloads:
                found |= self._previews(scenario, workload)
                yield None
        except (InputError, LookupError, TypeError, ValueError):
            found, held = {}, False  # the Problems panel says what is wrong
        yield _html(found, held) if found else _EMPTY

    def _scenario(self) -> tuple[Scenario, bool]:
        """Return the scenario with what is held, and whether anything is."""
        state, held = self._state, self._grid.held
        scenario = state.shown
        moved, added = held.get("moved") or {}, held.get("added")
        if added:
            place = Rectangle(**_sides(added["rectangle"].values()))
            grown, _ = changes.add(state.experiment, state.variant, added["binary"], place)
            name = state.variant
            scenario = variants.apply(grown, name) if name else grown.scenario
        for id, sides in moved.items():
            scenario = edits.place(scenario, id, Rectangle(**_sides(sides)))
        return placed(scenario), bool(moved or added)

    def _previews(self, scenario: Scenario, workload: str) -> dict[str, Preview]:
        """Return the previews of a workload by phase."""
        from workbench.backends.simulated.fluid import preview  # noqa: PLC0415 - slow to import

        experiment, variant = self._state.experiment, self._state.variant
        runner = backend("simulated")
        given = variants.parameters(experiment, variant) if variant else experiment.parameters
        known = {info.name for info in runner.parameters(workload, given)}
        job = Job(scenario, workload, 1, {name: v for name, v in given.items() if name in known})
        if any(problem.severity == "error" for problem in runner.validate(job)):
            return {}
        found = {
            workload if one.phase == workload else f"{workload}: {one.phase}": one
            for one in preview(job)
        }
        return {title: one for title, one in found.items() if one.rates}


def _height(state: AppState) -> str:
    return f"{20 + 22 * len(state.experiment.workloads)}px"


def _sides(sides: Sequence[int] | Any) -> Mapping[str, int]:
    x, y, width, height = map(int, sides)
    return {"x": x, "y": y, "width": width, "height": height}


def _html(found: Mapping[str, Preview], held: bool) -> str:
    names = dict.fromkeys(name for one in found.values() for name in one.rates)
    colours = component_colours(names)
    rows = "".join(_row(title, one, colours) for title, one in found.items())
    error = 100 * max(one.error for one in found.values())
    what = '<span class="held">if you let go here</span>' if held else "as placed"
    return (
        f'<div class="preview"><div class="doc">Preview, {what}: predicted by the fluid solution, '
        f"within {error:.0f} % of the simulation on all placements tried; no result of a run."
        f"</div>{rows}</div>"
    )


def _row(title: str, one: Preview, colours: Mapping[str, str]) -> str:
    most = max(one.rates.values()) or 1.0
    bars = "".join(
        f'<span class="one" style="--colour:{colours[name]}" data-name="{escape(name)}" '
        f'title="{escape(name)}: {in_unit(rate)}, preview">'
        f'<i style="width:{100 * rate / most:.1f}%"></i>{escape(name)} {in_unit(rate)}</span>'
        for name, rate in one.rates.items()
    )
    return (
        f'<span>{escape(title)}</span><div class="bars">{bars}</div>'
        f'<span class="total">{in_unit(one.total)} in all</span>'
    )
