"""Opening, saving, exporting: the dialogs, and what happens when a file cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench import formats
from workbench.app.dialog import dialog_of
from workbench.app.export_dialog import ExportDialog
from workbench.app.notice import Choice, Notice, NoticeBar
from workbench.app.sharing import ShareDialog, open_link
from workbench.app.state import AppState
from workbench.app.transfer import LARGEST_BYTES, Transfer
from workbench.errors import InputError
from workbench.formats import ChangedOnDisk
from workbench.formats.link import is_link

__all__ = ["Files"]

_TEXT = {"font-size": "13px"}


class Files:
    """Opens and saves the experiment of a state.

    Parameters
    ----------
    state
        What is opened and saved.
    notices
        Where to say what went wrong.
    """

    def __init__(self, state: AppState, notices: NoticeBar) -> None:
        self._state = state
        self._notices = notices
        endings, titles = _known()
        self.page = Transfer(whole_page=True, hint=titles, margin=0, width=0, height=0)
        field = Transfer(
            accept=endings,
            hint="Drop a file here, or anywhere on the page at any time.",
            sizing_mode="stretch_width",
            margin=0,
            css_classes=["open-file"],
        )
        for transfer in (self.page, field):
            transfer.on_file(lambda file: self.open_text(file.name, file.data))
        self.export_dialog = ExportDialog(state, self.page)
        self.share_dialog = ShareDialog(state)
        self._open_path = self._path_field("open-path")
        self._save_path = self._path_field("save-path")
        self.open_dialog = self._dialog(
            "Open",
            f"{titles}.",
            [
                field,
                pn.pane.HTML(
                    "or a shared link, or a file on the machine that runs the workbench:",
                    margin=(16, 0, 4, 0),
                    styles=_TEXT,
                ),
                self._open_path,
            ],
            "Open",
            lambda: self.open_path(self._open_path.value_input or self._open_path.value),
        )
        self.save_dialog = self._dialog(
            "Save",
            f"On the machine that runs the workbench; the ending chooses the format: {titles}.",
            [self._save_path],
            "Save",
            lambda: self.save_path(self._save_path.value_input or self._save_path.value),
        )

    # -- opening ---------------------------------------------------------------------------------

    def ask_open(self) -> None:
        """Show the dialog that opens a file."""
        self.open_dialog.open = True

    def open_path(self, path: str) -> None:
        """Open a file by its path, or what a shared link carries."""
        if is_link(path):
            self.open_dialog.open = False
            open_link(self._state, self._notices, path)
            return
        self._open(lambda: formats.read(Path(path).expanduser()))

    def open_text(self, name: str, data: bytes | str) -> None:
        """Open a file that the browser sent."""
        self._open(lambda: _uploaded(Path(name).name, data))

    def _open(self, read: Callable[[], formats.Document]) -> None:
        self.open_dialog.open = False
        try:
            document = read()
        except InputError as error:
            self._notices.say(Notice.of(error))
            return
        self._state.open(document.experiment, document)
        unresolved = "; ".join(document.notes)
        self._notices.say(
            Notice(
                f"Opened {document.experiment.name}; some of it could not be resolved.",
                f"It stays as it is: {unresolved}.",
                "warning",
            )
            if unresolved
            else None
        )

    # -- saving ----------------------------------------------------------------------------------

    def save(self) -> None:
        """Save to where the experiment came from, or ask where to."""
        document = self._state.document
        if document is None or document.path is None:
            self.ask_save()
        else:
            self.save_path(str(document.path))

    def ask_save(self) -> None:
        """Show the dialog that asks for a path."""
        document = self._state.document
        here = Path.cwd() / f"{self._state.experiment.name}.yaml"
        self._save_path.value = str(document.path if document and document.path else here)
        self.save_dialog.open = True

    def save_path(self, path: str, *, overwrite: bool = False) -> None:
        """Save under a path; where another version stands, ask what to do."""
        self.save_dialog.open = False
        target = Path(path).expanduser()
        try:
            document = formats.save(
                self._state.experiment, target, self._state.document, overwrite=overwrite
            )
        except ChangedOnDisk as error:
            choices = [
                Choice("Overwrite", lambda: self.save_path(path, overwrite=True)),
                Choice("Save a copy", lambda: self.save_path(str(_free_path(target)))),
                Choice("Reload", lambda: self.open_path(path)),
            ]
            self._notices.say(Notice.of(error, choices))
        except InputError as error:
            self._notices.say(Notice.of(error, [Choice("Save elsewhere", self.ask_save)]))
        else:
            self._saved(document)

    def _saved(self, document: formats.Document) -> None:
        """Say that it is saved, and what the format could not hold."""
        lost = formats.left_out(self._state.experiment, document.format)
        self._state.saved_as(document, complete=not lost)
        if lost:
            self._notices.say(
                Notice(
                    f"Saved the scenario as {document.path}, without {', '.join(lost)}.",
                    "This format cannot hold them: save as .yaml, too.",
                    "warning",
                    [Choice("Save elsewhere", self.ask_save)],
                )
            )
        else:
            self._notices.say(Notice(f"Saved as {document.path}.", severity="success"))

    # -- dialogs ---------------------------------------------------------------------------------

    def _path_field(self, test_id: str) -> Any:
        return pmui.TextInput(
            label="Path",
            max_length=LARGEST_BYTES,  # links are pasted here, too
            size="small",
            sizing_mode="stretch_width",
            css_classes=[test_id],
            margin=(8, 0),
        )

    def _dialog(
        self, title: str, hint: str, body: list[Any], verb: str, action: Callable[[], None]
    ) -> Any:
        cancel = pmui.Button(
            label="Cancel", variant="text", on_click=lambda _: dialog.param.update(open=False)
        )
        act = pmui.Button(
            label=verb, css_classes=[f"dialog-{verb.lower()}"], on_click=lambda _: action()
        )
        content = pn.Column(
            pn.pane.HTML(hint, margin=(0, 0, 12, 0), sizing_mode="stretch_width", styles=_TEXT),
            *body,
            pn.Row(pn.HSpacer(), cancel, act, sizing_mode="stretch_width", margin=(12, 0, 0, 0)),
            sizing_mode="stretch_width",
        )
        dialog: Any = dialog_of(content, title=title, width_option="sm")
        return dialog


def _known() -> tuple[str, str]:
    """Return the endings and the titles of all formats, to show to people."""
    every = formats.formats().values()
    endings = dict.fromkeys(ending for format in every for ending in format.endings)
    return ",".join(endings), ", ".join(format.title for format in every)


def _free_path(path: Path) -> Path:
    """Return a name beside `path` that no file has."""
    number = 2
    while (other := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    return other


def _uploaded(name: str, data: bytes | str) -> formats.Document:
    """Return the document of a file that the browser sent; it has no path here."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        try:
            return replace(formats.read(path), path=None)
        except InputError as error:
            raise error.in_file(name) from None
