"""The fields that say for which machine `init` is predicted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app.fields import Field, Refusal
from workbench.app.state import AppState
from workbench.scenario.machine_cpus import KERNELS
from workbench.scenario.units import format_amount, parse_amount

__all__ = ["HostBar"]

_KERNELS = {"base-hw": "hw", "NOVA": "nova", "Linux": "linux"}
assert set(_KERNELS.values()) == set(KERNELS)


class HostBar(pn.viewable.Viewer):  # type: ignore[misc]
    """CPUs, kernel, and what the top-level `init` is given; empty fields are worked out."""

    def __init__(self, state: AppState, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        refusal = Refusal()
        self._cpus = self._field("CPUs", self._set_cpus, refusal, "host-cpus")
        self._ram = self._field("RAM for init", self._set_ram, refusal, "host-ram")
        self._caps = self._field("Caps for init", self._set_caps, refusal, "host-caps")
        self._kernel = pmui.Select(
            label="Kernel",
            options=_KERNELS,
            size="small",
            width=110,
            margin=0,
            css_classes=["host-kernel"],
        )
        self._kernel.param.watch(self._set_kernel, "value")
        self._view = pn.Row(
            self._cpus.widget,
            self._kernel,
            self._ram.widget,
            self._caps.widget,
            refusal,
            margin=0,
            sizing_mode="stretch_width",
            styles={"gap": "8px", "padding": "8px 16px 4px", "flex": "none"},
        )
        state.param.watch(lambda *_: self._show(), ["host", "experiment", "document"])
        self._show()

    def __panel__(self) -> Any:
        return self._view

    def _field(
        self, label: str, apply: Callable[[str], None], refusal: Refusal, test_id: str
    ) -> Field:
        return Field(label, apply, refusal, test_id=test_id, sizing_mode=None, width=112, margin=0)

    def _show(self) -> None:
        host = self._state.host
        machine = host.machine(self._state.whole)
        self._cpus.show("" if host.cpus is None else str(host.cpus))
        self._cpus.widget.placeholder = str(machine.cpus)
        self._ram.show("" if host.ram_bytes is None else format_amount(host.ram_bytes))
        self._caps.show("" if host.caps is None else str(host.caps))
        self._ram.widget.placeholder = self._caps.widget.placeholder = "ample"
        self._kernel.value = machine.kernel

    def _change(self, **changes: Any) -> None:
        self._state.host = replace(self._state.host, **changes)

    def _set_cpus(self, text: str) -> None:
        self._change(cpus=_number(text, 1, 4096, "CPUs"))

    def _set_ram(self, text: str) -> None:
        self._change(ram_bytes=parse_amount(text) if text else None)

    def _set_caps(self, text: str) -> None:
        self._change(caps=_number(text, 0, 10**9, "caps"))

    def _set_kernel(self, event: Any) -> None:
        if event.new != self._state.host.machine(self._state.whole).kernel:
            self._change(kernel=event.new)


def _number(text: str, least: int, most: int, what: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"Write {what} as a whole number from {least} to {most}.")
    return int(text)
