"""Dropping measurements on the Runs page: they become runs, or the page says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app.transfer import Transfer
from workbench.errors import InputError
from workbench.results.importers import (
    DamagedFileError,
    Imported,
    Reading,
    import_readings,
    read_text,
)
from workbench.results.store import RunStore

__all__ = ["ImportForm"]

_LARGEST_BYTES = 64 * 2**20


class ImportForm(pn.viewable.Viewer):  # type: ignore[misc]
    """Takes files of other programs and records them as runs.

    Parameters
    ----------
    store
        Where the runs are recorded.
    on_imported
        Called with the ids of the new runs.
    """

    def __init__(
        self, store: RunStore, on_imported: Callable[[tuple[str, ...]], None], **params: Any
    ) -> None:
        super().__init__(**params)
        self._store = store
        self._on_imported = on_imported
        self._experiment = pmui.TextInput(
            label="Experiment",
            placeholder="by default the file's name",
            size="small",
            sizing_mode="stretch_width",
            css_classes=["import-experiment"],
        )
        self._drop = Transfer(
            several=True,
            largest=_LARGEST_BYTES,
            hint="Drop files here.",
            sizing_mode="stretch_width",
            margin=0,
            css_classes=["import-drop"],
        )
        self._message = pn.Column(sizing_mode="stretch_width", css_classes=["import-message"])
        self._drop.on_file(lambda file: self.take(file.name, file.data))

    def __panel__(self) -> Any:
        hint = (
            "JSON Lines or console output of MxTasking's benchmark, or a Genode log with the "
            "output of its instances."
        )
        return pn.Column(
            pn.pane.HTML(hint, styles={"font-size": "13px"}, sizing_mode="stretch_width"),
            self._experiment,
            self._drop,
            self._message,
            sizing_mode="stretch_width",
            css_classes=["import-form"],
        )

    def take(self, name: str, data: bytes, *, partial: bool = False) -> None:
        """Record one file, or say why it cannot be used."""
        try:
            reading = read_text(data, name)
            made = import_readings(
                self._store,
                [reading],
                experiment=self._experiment.value_input or self._experiment.value or None,
                partial=partial,
            )
        except InputError as problem:
            self._refuse(problem, name, data)
            return
        self._tell(made, reading)
        self._on_imported(tuple(one.run for one in made))

    def _refuse(self, problem: InputError, name: str, data: bytes) -> None:
        place = f"{problem.location}: " if problem.location.file else ""
        alert = pmui.Alert(
            title=f"{place}{problem.what}",
            object=problem.remedy.partition(" Mend the file")[0],
            severity="error",
            closeable=True,
        )
        self._message.append(alert)
        if isinstance(problem, DamagedFileError) and problem.reading.measurements:
            button = pmui.Button(
                label="Import what is complete",
                variant="outlined",
                size="small",
                css_classes=["import-partial"],
            )

            def go_on(_event: Any) -> None:
                self._message[:] = [o for o in self._message if o not in {alert, button}]
                self.take(name, data, partial=True)

            button.on_click(go_on)
            self._message.append(button)

    def _tell(self, made: tuple[Imported, ...], reading: Reading) -> None:
        runs = ", ".join(one.run for one in made)
        self._message[:] = [
            pmui.Alert(
                title=f"{reading.name} became run{'s' * (len(made) > 1)} {runs}.",
                object="Tick them in the history and compare them.",
                severity="success",
                closeable=True,
            )
        ]
