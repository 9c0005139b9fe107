"""The grid in JupyterLab, offline: what is dragged there is in the Python value."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.gestures import drag_to_cell, item

_CELLS = (
    "import panel as pn\nfrom workbench.app.editor import ScenarioEditor\n"
    "from workbench.app.templates import template\npn.extension(inline=True)",
    "editor = ScenarioEditor(template('talk'))\neditor",
    "place = editor.scenario.named('blinktree3').affinity\nprint(place)\n"
    "print('in the text' if 'xpos=\"43\" width=\"21\"' in editor.xml else 'not in the text')",
)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The URL of a JupyterLab that shows the notebook, without a way to the outside."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in _CELLS],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
    )
    nbformat.write(notebook, tmp_path / "grid.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path / "lab.log").open("wb")
    settings = tmp_path / "settings"
    quiet = (
        settings
        / "user"
        / "@jupyterlab"
        / "apputils-extension"
        / "notification.jupyterlab-settings"
    )
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}', encoding="utf-8")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={port}",
            "--IdentityProvider.token=",
            f"--ServerApp.root_dir={tmp_path}",
        ],
        env=os.environ
        | {
            "JUPYTER_CONFIG_DIR": str(settings),
            "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
            "JUPYTERLAB_SETTINGS_DIR": str(settings / "user"),
            "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
            "IPYTHONDIR": str(tmp_path / "ipython"),
        },
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
    )
    url = f"http://127.0.0.1:{port}/lab/tree/grid.ipynb"
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.2)
    yield url
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
    log.close()


def run_all(page: Page) -> None:
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=90_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


@pytest.mark.slow
def test_dragging_in_the_notebook_changes_the_python_value(
    page: Page, watch: Watch, lab: str
) -> None:
    page.goto(lab)
    page.locator(".jp-Notebook").wait_for(timeout=90_000)
    run_all(page)
    expect(item(page, "blinktree3")).to_be_visible(timeout=120_000)
    outputs = page.locator(".jp-OutputArea-output pre")
    expect(outputs.last).to_contain_text("rule='time-share'", timeout=60_000)
    expect(outputs.last).to_contain_text("not in the text")

    third = item(page, "blinktree3")
    third.scroll_into_view_if_needed()
    third.focus()
    for _ in range(42):
        page.keyboard.press("Shift+ArrowLeft")
    expect(third).to_have_attribute("aria-label", re.compile("cores 1 to 21"))
    drag_to_cell(page, third, 63)  # it stops at the edge
    expect(third).to_have_attribute("aria-label", re.compile("cores 43 to 63"))
    expect(page.locator("[data-test=source]")).to_contain_text('xpos="43" width="21"')

    page.locator(".jp-CodeCell").nth(2).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(outputs.last).to_have_text("x=43 y=0 width=21 height=1\nin the text\n")
