"""The dialog that exports an experiment: any format, and before that what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench import formats
from workbench.app.dialog import dialog_of
from workbench.app.diff import DIFF_CSS, diff_html
from workbench.app.state import AppState
from workbench.app.transfer import Transfer
from workbench.errors import InputError
from workbench.scenario.placement import placed

__all__ = ["Export", "ExportDialog", "exported"]

_LOSS_CSS = """
p { margin: 0 0 4px; font-size: 13px; }
.loss { color: color-mix(in srgb, #c77700 80%, currentColor); }
.bad { color: color-mix(in srgb, #d1242f 60%, currentColor); }
"""


@dataclass(frozen=True, slots=True)
class Export:
    """What an export gives.

    Parameters
    ----------
    name
        Of the file.
    text
        None where the format cannot say it.
    left_out, remarks
        What the format cannot hold, and what its readers make nothing of, as
        short noun phrases.
    refusal
        Why there is no text.
    """

    name: str
    text: str | None
    left_out: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    refusal: str = ""


def exported(state: AppState, format: str) -> Export:
    """Return a state's experiment in a format.

    A format that holds the scenario only gets that of the shown variant.
    """
    known = formats.formats()[format]
    experiment = state.experiment
    left_out: tuple[str, ...] = ()
    if not known.holds_experiment:
        experiment = experiment.but(scenario=state.whole)
        left_out = formats.left_out(experiment, format)
        experiment = experiment.but(scenario=placed(state.whole))
    variant = f"-{state.variant}" if state.variant and not known.holds_experiment else ""
    name = f"{experiment.name}{variant}{known.endings[0]}"
    try:
        text = formats.write(experiment, format, state.document)
    except InputError as error:
        refusal = f"{error.location}: {error.what} {error.remedy}"
        return Export(name, None, left_out, refusal=refusal)
    return Export(name, text, left_out, formats.remarks(experiment, format))


class ExportDialog(pn.viewable.Viewer):  # type: ignore[misc]
    """Asks for a format and shows what becomes of the experiment in it."""

    def __init__(self, state: AppState, transfer: Transfer, **params: Any) -> None:
        super().__init__(**params)
        self._state = state
        self._transfer = transfer
        self._made: Export | None = None
        self._format = pmui.RadioBoxGroup(
            label="Format",
            options=_titles(),
            css_classes=["export-format"],
            sizing_mode="stretch_width",
            margin=0,
        )
        self._losses = pn.pane.HTML(
            stylesheets=[_LOSS_CSS],
            css_classes=["export-losses"],
            margin=(8, 0),
            sizing_mode="stretch_width",
        )
        self._diff_title = pn.pane.HTML(margin=(4, 0), styles={"font-size": "13px"})
        self._diff = pn.pane.HTML(
            stylesheets=[DIFF_CSS],
            css_classes=["export-diff"],
            sizing_mode="stretch_width",
            margin=0,
        )
        self._download = pmui.Button(
            label="Download", icon="download", css_classes=["dialog-download"], margin=0
        )
        self._download.on_click(lambda _: self._give())
        self._dialog = dialog_of(
            pn.Column(
                self._format,
                self._losses,
                self._diff_title,
                pn.Column(
                    self._diff,
                    sizing_mode="stretch_width",
                    max_height=260,
                    scroll="both-auto",
                    margin=0,
                ),
                pn.Row(
                    pn.HSpacer(),
                    self._download,
                    sizing_mode="stretch_width",
                    margin=(12, 0, 0, 0),
                ),
                sizing_mode="stretch_width",
            ),
            title="Export",
            width_option="md",
            css_classes=["export"],
        )
        self._format.param.watch(lambda _: self._show(), "value")

    def __panel__(self) -> Any:
        return self._dialog

    def ask(self) -> None:
        """Show the dialog for the present experiment."""
        document = self._state.document
        self._format.value = document.format if document else next(iter(_titles().values()))
        self._show()
        self._dialog.open = True

    def _show(self) -> None:
        made = self._made = exported(self._state, self._format.value)
        document = self._state.document
        self._download.disabled = made.text is None
        self._download.label = f"Download {made.name}"
        self._losses.object = _in_words(made)
        same_kind = document is not None and document.format == self._format.value
        compared = same_kind and made.text is not None
        self._diff_title.visible = self._diff.visible = compared
        if compared and document is not None:
            self._diff_title.object = "What changed since the file was opened or saved:"
            self._diff.object = diff_html(document.text, made.text or "")

    def _give(self) -> None:
        if self._made is not None and self._made.text is not None:
            self._transfer.download(self._made.name, self._made.text)
            self._dialog.open = False


def _titles() -> dict[str, str]:
    return {
        f"{format.title} ({', '.join(format.endings)})": name
        for name, format in formats.formats().items()
    }


def _in_words(made: Export) -> str:
    if made.refusal:
        return f'<p class="bad">This format cannot say it. {escape(made.refusal)}</p>'
    said = [
        f'<p class="loss">{title}: {escape("; ".join(phrases))}.</p>'
        for title, phrases in (
            ("Left out, because this format cannot hold it", made.left_out),
            ("Written, but its readers make nothing of it", made.remarks),
        )
        if phrases
    ]
    return "".join(said) or "<p>Nothing is left out.</p>"
