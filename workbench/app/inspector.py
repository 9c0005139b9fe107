"""The form of the selected component: everything the grid can do, and its quotas and routes."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.analysis.colours import component_colours
from workbench.app import changes
from workbench.app.blocks import fate_in_words
from workbench.app.fields import Field, Refusal
from workbench.app.routes import RouteForm
from workbench.app.state import AppState
from workbench.scenario import edits, placement
from workbench.scenario.experiment import Experiment
from workbench.scenario.explain import Explanation
from workbench.scenario.init_config import inner
from workbench.scenario.model import Component, Rectangle, Scenario
from workbench.scenario.units import format_amount, parse_amount

__all__ = ["Inspector"]

_FATE_CSS = """
p { margin: 0; font-size: 12px; line-height: 1.4; }
p:not(.bad) { opacity: 0.72; }
.bad { color: color-mix(in srgb, #d1242f 60%, currentColor); }
"""
_SIDES = ("x", "y", "width", "height")


class Inspector(pn.viewable.Viewer):  # type: ignore[misc]
    """Shows and edits the selected component of a state."""

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._shown_id: str | None = None
        self._showing = False
        self._fields: dict[str, tuple[Field, Callable[[Component], str]]] = {}
        self._title = pn.pane.HTML(sizing_mode="stretch_width", margin=0)
        self._on = pmui.Switch(
            label="On", value=True, size="small", css_classes=["field-on"], margin=0
        )
        self._placed = pmui.Switch(
            label="On chosen cores",
            size="small",
            css_classes=["field-placed"],
            margin=0,
        )
        self._on.param.watch(self._switch, "value")
        self._placed.param.watch(self._place_or_free, "value")
        self._sides_refusal = Refusal()
        self._sides = {side: self._side(side) for side in _SIDES}
        self._where = pn.pane.HTML(margin=0, sizing_mode="stretch_width")
        self._routes = RouteForm(state)
        self._fate = pn.pane.HTML(
            margin=(4, 0, 10, 0),
            sizing_mode="stretch_width",
            stylesheets=[_FATE_CSS],
            css_classes=["fate"],
        )
        self._enter = pmui.Button(
            label="Look inside",
            icon="zoom_in",
            variant="outlined",
            size="small",
            margin=(4, 0, 0, 0),
            css_classes=["look-inside"],
            on_click=lambda _: state.enter((*state.inside, self._shown_id or "")),
        )
        self._form = pn.Column(*self._layout(), sizing_mode="stretch_width", margin=0)
        self._empty = pn.pane.HTML(
            "<p>Select a component to see and change what it gets.</p>"
            "<p>Or drag one from the left onto the cores.</p>",
            css_classes=["inspector-empty"],
            sizing_mode="stretch_width",
            styles={"opacity": "0.7", "font-size": "13px"},
        )
        self._view = pn.Column(
            self._empty,
            sizing_mode="stretch_both",
            scroll="y-auto",
            css_classes=["inspector"],
            margin=0,
        )
        state.param.watch(
            lambda *_: self._show(), ["experiment", "variant", "inside", "selected", "host"]
        )
        self._show()
        # The page need not wait for a dozen fields, and a selection need not either: they come
        # when the page is there, and stay drawn.
        if pn.state.curdoc is None:
            self._view.append(self._form)
        else:
            pn.state.onload(lambda: self._view.append(self._form))

    def __panel__(self) -> Any:
        return self._view

    # -- layout ----------------------------------------------------------------------------------

    def _layout(self) -> list[Any]:
        wide: dict[str, Any] = {
            "sizing_mode": "stretch_width",
            "margin": 0,
            "styles": {"gap": "8px"},
        }
        duplicate = pmui.Button(
            label="Duplicate",
            icon="content_copy",
            variant="text",
            size="small",
            margin=0,
            css_classes=["duplicate"],
            on_click=lambda _: self._duplicate(),
        )
        remove = pmui.Button(
            label="Remove",
            icon="delete_outline",
            variant="text",
            size="small",
            margin=0,
            color="error",
            css_classes=["remove"],
            on_click=lambda _: self._remove(),
        )
        names, quotas, services = Refusal(), Refusal(), Refusal()
        return [
            pn.Row(self._title, self._on, align="center", **wide),
            self._fate,
            self._enter,
            self._text("Name", lambda c: c.name or "", _rename, names, "field-name"),
            self._text("Binary", lambda c: c.program, _set_binary, names, "field-binary"),
            names,
            pn.Row(
                self._text("RAM", _ram, _set_ram, quotas, "field-ram"),
                self._text("Caps", _caps, _set_caps, quotas, "field-caps"),
                self._text("Priority", _priority, _set_priority, quotas, "field-priority"),
                **wide,
            ),
            quotas,
            _heading("Cores"),
            self._placed,
            self._where,
            pn.Row(*(field.widget for field in self._sides.values()), **wide),
            self._sides_refusal,
            _heading("Services"),
            self._text("Provides", _provides, _set_provides, services, "field-provides"),
            services,
            self._routes,
            pn.Row(duplicate, remove, **wide),
        ]

    def _text(
        self,
        label: str,
        read: Callable[[Component], str],
        write: Callable[[Scenario, str, str], Scenario],
        refusal: Refusal,
        test_id: str,
        **params: Any,
    ) -> Any:
        """Return the widget of a field that edits the scenario of all variants."""

        def apply(text: str) -> None:
            id = self._id()
            self._edit(
                f"{label} of {self._component().label}",
                lambda experiment: changes.changed(
                    experiment, lambda scenario: write(scenario, id, text)
                ),
            )

        field = Field(label, apply, refusal, test_id=test_id, **params)
        self._fields[label] = (field, read)
        return field.widget

    def _side(self, side: str) -> Field:
        def apply(text: str) -> None:
            self._place(self._moved(side, _whole_number(text, side)))

        return Field(
            side, apply, self._sides_refusal, test_id=f"field-{side}", styles={"min-width": "0"}
        )

    # -- showing ---------------------------------------------------------------------------------

    def _show(self) -> None:
        component = self._selected()
        self._empty.visible = component is None
        self._form.visible = component is not None
        if component is None:
            self._shown_id = None
            return
        other = component.id != self._shown_id
        self._shown_id = component.id
        self._showing = True
        try:
            for field, read in self._fields.values():
                (field.reset if other else field.show)(read(component))
            self._show_place(component, other)
            if self._on.value != component.enabled:
                self._on.param.update(
                    value=component.enabled, label="On" if component.enabled else "Off"
                )
            self._title.object = self._heading_of(component)
            self._fate.object = _fate_of(self._state.outcome(component))
            self._enter.visible = inner(component) is not None
        finally:
            self._showing = False
        self._routes.show(component)

    def _show_place(self, component: Component, other: bool) -> None:
        chosen = component.affinity is not None
        self._placed.value = chosen
        place = self._rectangle(component)
        for side, field in self._sides.items():
            (field.reset if other else field.show)(str(getattr(place, side)))
            field.widget.visible = chosen
        variant = self._state.variant_here
        scope = f"in “{escape(variant)}” only" if variant else ""
        self._where.object = f"<small>{scope}</small>" if chosen and scope else ""
        self._where.visible = bool(chosen and scope)

    def _heading_of(self, component: Component) -> str:
        labels = [other.label for other in self._state.shown.components]
        colour = component_colours(labels)[component.label]
        return (
            f'<div style="display:flex;align-items:center;gap:8px;font-weight:600;font-size:16px">'
            f'<span style="width:14px;height:14px;border-radius:4px;flex:none;background:{colour}">'
            f"</span>{escape(component.label)}</div>"
        )

    # -- editing ---------------------------------------------------------------------------------

    def _selected(self) -> Component | None:
        return next((c for c in self._state.shown.components if c.id == self._state.selected), None)

    def _component(self) -> Component:
        return self._state.shown.component(self._id())

    def _id(self) -> str:
        """Return the id of the shown component, which must be one of the written scenario."""
        id = self._shown_id or ""
        if not any(component.id == id for component in self._state.here.scenario.components):
            raise changes.only_in_variant(id, self._state.variant_here)
        return id

    def _edit(self, label: str, change: Callable[[Experiment], Experiment]) -> None:
        self._state.edit_here(label, change)

    def _rectangle(self, component: Component) -> Rectangle:
        space = self._state.shown.effective_space
        return placement.requested(self._state.shown).get(component.id, space.whole)

    def _moved(self, side: str, value: int) -> Rectangle:
        """Return the component's rectangle with one side changed; `ValueError` if it sticks out."""
        space = self._state.shown.effective_space
        old = self._rectangle(self._component())
        limits = {
            "x": (0, space.width - 1),
            "y": (0, space.height - 1),
            "width": (1, space.width - old.x),
            "height": (1, space.height - old.y),
        }
        low, high = limits[side]
        if not low <= value <= high:
            raise ValueError(f"From {low} to {high} in this space.")
        new = old.but(**{side: value})
        return new.but(
            width=min(new.width, space.width - new.x), height=min(new.height, space.height - new.y)
        )

    def _place(self, rectangle: Rectangle | None) -> None:
        id, variant = self._shown_id or "", self._state.variant_here
        label = self._state.shown.component(id).label
        self._edit(
            f"Move {label}", lambda experiment: changes.place(experiment, variant, id, rectangle)
        )

    def _place_or_free(self, event: Any) -> None:
        if self._showing:
            return
        free = changes.free_place(self._state.shown, self._state.leave_here)
        self._place(free if event.new else None)

    def _switch(self, event: Any) -> None:
        if self._showing:
            return
        id, on = self._id(), event.new
        self._edit(
            f"Switch {self._component().label} {'on' if on else 'off'}",
            lambda experiment: changes.changed(
                experiment, lambda scenario: edits.switch(scenario, id, on)
            ),
        )

    def _duplicate(self) -> None:
        label = self._component().label
        grown, new = changes.duplicate(self._state.here, self._id())
        self._edit(f"Duplicate {label}", lambda _: grown)
        self._state.selected = new

    def _remove(self) -> None:
        id = self._id()
        self._edit(
            f"Remove {self._component().label}", lambda experiment: changes.remove(experiment, id)
        )


def _fate_of(explanation: Explanation | None) -> str:
    """Return what becomes of a component, or why it would not start."""
    if explanation is None:
        return "<p>Switched off: kept in the file, not started.</p>"
    if explanation.starts:
        return f"<p>{escape(fate_in_words(explanation))}</p>"
    return f'<p class="bad"><b>Would not start.</b> {escape(explanation.reason)}</p>'


def _heading(text: str) -> Any:
    return pn.pane.HTML(
        f"<h3>{text}</h3>",
        margin=(8, 0, 0, 0),
        stylesheets=["h3 { margin: 0; font-size: 12px; font-weight: 600; opacity: .7 }"],
    )


def _ram(component: Component) -> str:
    return "" if component.ram_bytes is None else format_amount(component.ram_bytes)


def _caps(component: Component) -> str:
    return "" if component.caps is None else str(component.caps)


def _priority(component: Component) -> str:
    return "" if component.priority is None else str(component.priority)


def _provides(component: Component) -> str:
    return ", ".join(component.provides)


def _rename(scenario: Scenario, id: str, text: str) -> Scenario:
    if not text:
        raise ValueError("A component needs a name; without one init starts nothing at all.")
    return edits.rename(scenario, id, text)


def _set_binary(scenario: Scenario, id: str, text: str) -> Scenario:
    return scenario.replaced(id, lambda c: c.but(binary=None if text in ("", c.name) else text))


def _set_ram(scenario: Scenario, id: str, text: str) -> Scenario:
    amount = parse_amount(text) if text else None
    return scenario.replaced(id, lambda component: component.but(ram_bytes=amount))


def _set_caps(scenario: Scenario, id: str, text: str) -> Scenario:
    caps = _whole_number(text, "caps") if text else None
    return scenario.replaced(id, lambda component: component.but(caps=caps))


def _set_priority(scenario: Scenario, id: str, text: str) -> Scenario:
    priority = int(text) if text.removeprefix("-").isdecimal() else None
    if text and (priority is None or priority > 0):
        raise ValueError("Write 0 or a negative whole number, for example -1.")
    return edits.set_priority(scenario, id, priority)


def _set_provides(scenario: Scenario, id: str, text: str) -> Scenario:
    services = tuple(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    return scenario.replaced(id, lambda component: component.but(provides=services))


def _whole_number(text: str, what: str) -> int:
    if not text.isdecimal():
        raise ValueError(f'"{text}" is not a whole number; write {what} as, for example, 21.')
    return int(text)
