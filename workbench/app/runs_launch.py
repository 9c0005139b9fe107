"""The form that starts runs: what to run, on what, with which parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.app.fields import Field, Refusal
from workbench.app.updates import jobs_of
from workbench.backends.base import ParameterInfo, backend, backend_names
from workbench.errors import InputError
from workbench.experiments.readiness import readiness
from workbench.experiments.settings import parameter_value
from workbench.scenario.experiment import Parameter

if TYPE_CHECKING:
    from workbench.app.state import AppState

__all__ = ["LaunchForm"]

_TABLE_CSS = """
:host { --quiet: color-mix(in srgb, currentColor 62%, transparent); }
table { border-collapse: collapse; font-size: 14px; width: 100%; }
th { font-weight: 500; text-align: left; color: var(--quiet); }
th, td { padding: 4px 12px; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
code { font-size: 13px; }
.number { text-align: right; white-space: nowrap; }
.source { color: var(--quiet); }
ul { margin: 4px 0; padding-left: 20px; }
"""

_ROOMY: dict[str, Any] = {"size": "medium", "margin": 10}


class LaunchForm(pn.viewable.Viewer):  # type: ignore[misc]
    """Asks what to run, whether to mend it first, and submits it.

    Parameters
    ----------
    state
        Of this browser session.
    on_submitted
        Called with the ids of the new runs.
    """

    def __init__(
        self, state: AppState, on_submitted: Callable[[tuple[str, ...]], None], **params: Any
    ) -> None:
        super().__init__(**params)
        self._state = state
        self._jobs = jobs_of(state)
        self._on_submitted = on_submitted
        self._settings: dict[str, Parameter] = {}
        self._opened: object = None
        self._given = state.experiment
        self._name = pmui.Typography("", variant="body2", css_classes=["experiment-name"])
        self._backend = pmui.Select(
            label="Backend", sizing_mode="stretch_width", css_classes=["choose-backend"]
        )
        self._variants = pmui.CheckBoxGroup(label="Variants", css_classes=["choose-variants"])
        self._workloads = pmui.CheckBoxGroup(label="Workloads", css_classes=["choose-workloads"])
        self._refusal = Refusal()
        self._replications = _number("Replications", 1, self._refusal, "replications")
        self._half_width = Field(
            "Until ± %", _check_percent, self._refusal, test_id="half-width", **_ROOMY
        )
        self._limit = _number("At most", 1, self._refusal, "max-replications")
        self._seed = _number("Seed", 0, self._refusal, "seed")
        self._parameter = pmui.AutocompleteInput(
            label="Set a parameter",
            placeholder="Type part of its name",
            min_characters=0,
            search_strategy="includes",
            sizing_mode="stretch_width",
            css_classes=["choose-parameter"],
        )
        self._value = pn.Column(
            margin=0, sizing_mode="stretch_width", css_classes=["parameter-value"]
        )
        self._chips = pn.FlexBox(css_classes=["parameters-set"])
        self._extent = pmui.Typography("", variant="body2", css_classes=["extent"])
        self._start = pmui.Button(
            label="Run",
            icon="play_arrow",
            color="primary",
            variant="contained",
            css_classes=["launch"],
            width=110,
        )
        self._question = pn.Column(sizing_mode="stretch_width", css_classes=["launch-question"])
        self._table = pn.pane.HTML(
            "", stylesheets=[_TABLE_CSS], sizing_mode="stretch_width", css_classes=["parameters"]
        )
        self._start.on_click(self._ask)
        self._parameter.param.watch(lambda _: self._offer_value(), "value")
        self._numbers = (self._replications, self._half_width, self._limit, self._seed)
        for widget in (self._variants, self._workloads, *(field.widget for field in self._numbers)):
            widget.param.watch(lambda _: self._tell_extent(), "value")
        for widget in (self._backend, self._workloads):
            widget.param.watch(lambda _: self._list_parameters(), "value")
        state.param.watch(lambda _: self._take_over(), "experiment")
        self._take_over()

    def __panel__(self) -> Any:
        return pmui.Column(
            self._name,
            # In sight on a projector too, however long the lists below are.
            pn.Row(self._start, self._extent, align="center", sizing_mode="stretch_width"),
            self._question,
            self._backend,
            pn.Row(self._variants, self._workloads),
            pn.Row(self._replications.widget, self._seed.widget),
            pn.Row(self._half_width.widget, self._limit.widget),
            self._refusal,
            self._parameter,
            self._value,
            self._chips,
            sizing_mode="stretch_width",
        )

    @property
    def parameter_table(self) -> Any:
        """Every parameter with its default, meaning and source, as a collapsible view."""
        return pmui.Card(
            self._table,
            title="All parameters",
            collapsed=True,
            variant="outlined",
            elevation=0,
            sizing_mode="stretch_width",
            css_classes=["all-parameters"],
        )

    # -- what there is to choose -----------------------------------------------------------------

    def _take_over(self) -> None:
        """Fill the form from the experiment; keep the choices that still make sense."""
        experiment = self._state.experiment
        self._name.object = experiment.title or experiment.name
        opened = self._state.opened is not self._opened
        self._opened = self._state.opened
        if opened:
            self._settings.clear()
            self._show_chips()
        if opened or experiment.replications != self._given.replications:
            self._replications.show(str(experiment.replications))
        if opened or experiment.half_width != self._given.half_width:
            self._half_width.show(_percent(experiment.half_width))
        if opened or experiment.max_replications != self._given.max_replications:
            self._limit.show(str(experiment.max_replications))
        if opened or experiment.seed != self._given.seed:
            self._seed.show(str(experiment.seed))
        names = [variant.name for variant in experiment.runnable_variants]
        dropped = set(self._variants.options) - set(self._variants.value)
        self._variants.param.update(
            options=names, value=[name for name in names if name not in dropped] or names
        )
        known = backend_names()
        chosen = experiment.backend if experiment.backend in known else next(iter(known), None)
        self._backend.param.update(
            options={backend(name).title: name for name in known}, value=chosen
        )
        there = backend(chosen).workloads() if chosen else ()
        workloads = list(dict.fromkeys([*experiment.workloads, *there]))
        chosen_workloads = [name for name in self._workloads.value if name in workloads]
        if opened or experiment.workloads != self._given.workloads or not chosen_workloads:
            chosen_workloads = list(experiment.workloads)
        self._workloads.param.update(options=workloads, value=chosen_workloads)
        self._given = experiment
        self._list_parameters()
        self._tell_extent()

    def _parameters(self) -> dict[str, dict[str, ParameterInfo]]:
        """Return what may be set, by name and workload: defaults can differ between workloads."""
        if not self._backend.value:
            return {}
        chosen: Mapping[str, Parameter] = self._state.experiment.parameters | self._settings
        runner = backend(self._backend.value)
        known: dict[str, dict[str, ParameterInfo]] = {}
        for workload in self._workloads.value:
            if workload in runner.workloads():
                for info in runner.parameters(workload, chosen):
                    known.setdefault(info.name, {})[workload] = info
        return known

    def _list_parameters(self) -> None:
        known = self._parameters()
        self._parameter.options = list(known)
        self._table.object = _table(known, self._state.experiment.parameters | self._settings)

    def _tell_extent(self) -> None:
        runs = len(self._variants.value) * len(self._workloads.value)
        replications = int(self._replications.text)
        limit = max(replications, int(self._limit.text))
        self._limit.widget.disabled = not self._half_width.text
        extent = f"{_counted(runs, 'run')}, {_counted(runs * replications, 'replication')} in all"
        if self._half_width.text and limit > replications:
            extent += (
                f", repeated until every interval is within ±{self._half_width.text} %, "
                f"up to {runs * limit}"
            )
        self._extent.object = extent if runs else "Choose at least one variant and one workload."
        self._start.disabled = not runs or any(field.refused for field in self._numbers)

    # -- parameters ------------------------------------------------------------------------------

    def _offer_value(self) -> None:
        infos = self._parameters().get(self._parameter.value or "")
        if infos is None:
            self._value.clear()
            return
        info = next(iter(infos.values()))
        refusal = Refusal()
        widget = _editor(info, self._settings.get(info.name, info.default), refusal)
        keep = pmui.Button(label="Set", variant="outlined", css_classes=["set-parameter"])

        def keep_value(_event: Any) -> None:
            with suppress(InputError):  # said beside the field
                self._set(info.name, parameter_value(widget.value, info))

        keep.on_click(keep_value)
        self._value[:] = [
            widget,
            refusal,
            pmui.Typography(f"{info.doc} Source: {info.source}", variant="caption"),
            keep,
        ]

    def _set(self, name: str, value: Parameter | None) -> None:
        if value is None:
            self._settings.pop(name, None)
        else:
            self._settings[name] = value
        self._show_chips()
        self._parameter.value = ""
        self._list_parameters()

    def _show_chips(self) -> None:
        self._chips[:] = [self._setting_chip(*setting) for setting in self._settings.items()]

    def _setting_chip(self, name: str, value: Parameter) -> Any:
        chip = pmui.Button(
            label=f"{name} = {value}",
            end_icon="close",
            variant="outlined",
            size="small",
            sx={"textTransform": "none", "borderRadius": "16px"},
            css_classes=[f"unset-{name}"],
        )
        chip.on_click(lambda _: self._set(name, None))
        return chip

    # -- starting --------------------------------------------------------------------------------

    def _ask(self, _event: Any) -> None:
        """Submit at once, or ask first where `init` would not take the scenario as written."""
        found = readiness(self._state.experiment)
        if not found.needs_decision:
            self._submit(mend=False)
            return
        told = "".join(
            f"<li>{escape(problem.message)} {escape(problem.consequence)}</li>"
            for problem in found.changing
        )
        as_init = pmui.Button(
            label="Run as init would", variant="outlined", css_classes=["as-init"]
        )
        as_init.on_click(lambda _: self._submit(mend=False))
        mend = pmui.Button(label="Mend and run", variant="contained", css_classes=["mend"])
        mend.on_click(lambda _: self._submit(mend=True))
        mend.disabled = found.mended is self._state.experiment
        back = pmui.Button(label="Back", variant="text", css_classes=["launch-back"])
        back.on_click(lambda _: self._question.clear())
        self._question[:] = [
            pmui.Alert(
                title="This would not run as it is written",
                object=f"<ul>{told}</ul>",
                severity="warning",
            ),
            pn.FlexBox(mend, as_init, back),
        ]

    def _submit(self, *, mend: bool) -> None:
        self._question.clear()
        percent = self._half_width.text
        try:
            ids = self._jobs.submit(
                self._state.experiment.but(
                    half_width=float(percent) / 100 if percent else None,
                    max_replications=int(self._limit.text),
                ),
                variants=self._variants.value,
                workloads=self._workloads.value,
                backend=self._backend.value,
                replications=int(self._replications.text),
                seed=int(self._seed.text),
                parameters=self._settings,
                mend=mend,
            )
        except InputError as problem:
            self._question[:] = [
                pmui.Alert(
                    title=problem.what,
                    object=problem.remedy,
                    severity="error",
                    css_classes=["launch-error"],
                )
            ]
            return
        self._on_submitted(ids)


def _number(label: str, least: int, refusal: Refusal, test_id: str) -> Field:
    # Not pmui's number input: it sends what was typed only after the click that ends the typing.
    def check(text: str) -> None:
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f'"{text}" is not a whole number from {least} on.')

    field = Field(label, check, refusal, test_id=test_id, **_ROOMY)
    field.show(str(least))
    return field


def _check_percent(text: str) -> None:
    """Refuse what is no half-width in percent; empty is none."""
    try:
        fits = not text or 0 < float(text) < 100
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f'"{text}" is not a number of percent such as 5. Leave it empty to run each '
            "replication once."
        )


def _percent(part: float | None) -> str:
    return "" if part is None else f"{100 * part:.6g}"


def _editor(info: ParameterInfo, value: Parameter, refusal: Refusal) -> Any:
    """Return an input whose value is text that means a value of the parameter."""

    def check(text: str) -> None:
        parameter_value(text, info)

    choices = ("true", "false") if isinstance(info.default, bool) else map(str, info.choices)
    if options := list(choices):
        return pmui.Select(
            label=info.name,
            options=options,
            value=_text(value),
            sizing_mode="stretch_width",
            css_classes=["value"],
        )
    field = Field(info.name, check, refusal, test_id="value", **_ROOMY)
    field.show(_text(value))
    return field.widget


def _text(value: Parameter) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _table(
    known: Mapping[str, Mapping[str, ParameterInfo]], chosen: Mapping[str, Parameter]
) -> str:
    first = {name: next(iter(infos.values())) for name, infos in known.items()}
    rows = "".join(
        f"<tr><td><code>{escape(info.name)}</code></td><td>{escape(info.group)}</td>"
        f'<td class="number">{_value(known[info.name], chosen)}</td>'
        f"<td>{escape(info.doc)}{_choices(info)}</td>"
        f'<td class="source">{escape(info.source)}</td></tr>'
        for info in sorted(first.values(), key=lambda info: (info.group, info.name))
    )
    return (
        "<table><thead><tr><th>name</th><th>of</th><th>value</th><th>meaning</th><th>source of "
        f"the default</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _value(infos: Mapping[str, ParameterInfo], chosen: Mapping[str, Parameter]) -> str:
    """Return the value that holds, and which default it replaces or which workload has it."""
    defaults = {str(info.default): workload for workload, info in infos.items()}
    default = (
        "<br>".join(f"{escape(value)} ({escape(of)})" for value, of in defaults.items())
        if len(defaults) > 1
        else escape(next(iter(defaults)))
    )
    name = next(iter(infos.values())).name
    if name not in chosen:
        return default
    return f"<b>{escape(str(chosen[name]))}</b><br>default {default}"


def _choices(info: ParameterInfo) -> str:
    return f" One of: {escape(', '.join(map(str, info.choices)))}." if info.choices else ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
