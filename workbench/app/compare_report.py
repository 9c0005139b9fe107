"""The report of what the Compare page shows, and the runs behind it, to take away."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from workbench.analysis.report import report_on
from workbench.app.compare_cards import html
from workbench.errors import InputError
from workbench.results.bundle import write_bundle

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison
    from workbench.analysis.explanation import Attribution
    from workbench.results.store import RunStore

__all__ = ["ReportMaker"]

_LOOK_MS = 200

Shown = tuple[Sequence["Comparison"], Mapping["Comparison", Sequence["Attribution"]]]
Made = tuple[bytes, bytes]


class ReportMaker(pn.viewable.Viewer):  # type: ignore[misc]
    """A button that makes the report in a thread, then one button for each of its two files.

    Parameters
    ----------
    store
        Where the runs are.
    chooser
        The widget whose value is the ids of the runs that are shown.
    shown
        Gives their comparisons, and what was found about why variants of them differ.
    """

    def __init__(
        self, store: RunStore, chooser: Any, shown: Callable[[], Shown], **params: Any
    ) -> None:
        super().__init__(**params)
        self._store = store
        self._chooser = chooser
        self._shown = shown
        self._outcome: Made | str | None = None
        self._clock: Any = None
        self._make = pmui.Button(
            label="Report",
            icon="summarize",
            variant="text",
            description="One HTML file of what is shown here, with the causes that you asked for, "
            "and the runs as a zip that `workbench open` restores.",
            css_classes=["make-report"],
        )
        self._note = html("", "report-note")
        self._note.param.update(visible=False, sizing_mode=None)
        self._files = pn.Row(css_classes=["report-files"])
        self._make.on_click(lambda _: self.make())
        chooser.param.watch(self._forget, "value")
        self._forget()

    def __panel__(self) -> Any:
        return pn.Row(
            self._make, self._files, self._note, align="center", styles={"flex": "0 0 auto"}
        )

    def make(self) -> None:
        """Have both files made; the session looks after the thread."""
        self._forget()
        self._make.param.update(disabled=True, loading=True)
        run_ids = list(self._chooser.value)
        thread = threading.Thread(
            target=self._work, args=(run_ids, *self._shown()), name="report", daemon=True
        )
        thread.start()
        if pn.state.curdoc is None:  # no session to look after it
            thread.join()
            self.look()
        else:
            self._clock = pn.state.add_periodic_callback(self.look, _LOOK_MS)

    def _work(
        self,
        run_ids: Sequence[str],
        comparisons: Sequence[Comparison],
        why: Mapping[Comparison, Sequence[Attribution]],
    ) -> None:
        try:
            records = [self._store.run(run_id) for run_id in run_ids]
            text = report_on(records, comparisons, why)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "runs.zip")
                write_bundle(self._store, run_ids, file, {"report.html": text})
                self._outcome = text.encode(), file.read_bytes()
        except (InputError, OSError) as problem:
            self._outcome = str(problem)
        except Exception as defect:  # a thread must not die silently
            self._outcome = f"This is a defect: {type(defect).__name__}: {defect}"

    def look(self) -> None:
        """Offer the files once they are there."""
        if self._outcome is None:
            return
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        self._make.param.update(disabled=False, loading=False)
        if isinstance(self._outcome, str):
            self._note.param.update(object=self._outcome, visible=True)
        else:
            page, runs = self._outcome
            self._files[:] = [_file("report.html", page), _file("runs.zip", runs)]
        self._outcome = None

    def _forget(self, *_: Any) -> None:
        """Drop what was made of other runs."""
        self._files.clear()
        self._note.param.update(object="", visible=False)
        self._make.disabled = not self._chooser.value


def _file(name: str, data: bytes) -> Any:
    size = f"{len(data) / 2**20:.1f} MiB"
    return pmui.FileDownload(
        io.BytesIO(data),
        filename=name,
        label=f"{name} ({size})",
        variant="outlined",
        size="small",
        css_classes=[f"download-{name.replace('.', '-')}"],
    )
