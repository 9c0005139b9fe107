"""The real app in a process of its own, and a Chromium that cannot reach any outside host."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

_LOOPBACK = re.compile(r"^(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|^(data|blob|about):")
_NO_OUTSIDE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
_BAD_LOG = re.compile(r"error|traceback|warning|exception", re.IGNORECASE)
_LEFT = "WARNING: panel.io.document - Failed sending message as connection was closed"
"""A tab that an earlier test left while the server was sending: no fault of either."""
_START_SECONDS = 120

# Long enough for a busy machine: a test fails for what it sees, not for how long it took.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Debian's Chromium, or any that is found."""
    return find_chromium()


def find_chromium() -> str:
    """Return where Debian's Chromium is, or any."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, "No chromium was found: install it, for example with apt install chromium."
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium_path: str) -> dict[str, Any]:
    return {"executable_path": chromium_path, "args": ["--no-sandbox", _NO_OUTSIDE]}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"}


@dataclass
class Server:
    """A running app."""

    url: str
    home: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    log_file: Path

    def log(self) -> str:
        """What it printed."""
        return self.log_file.read_text(encoding="utf-8")

    def stop(self, signum: int = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        self.process.send_signal(signum)
        return self.process.wait(timeout=60)


def start_server(home: Path, *arguments: str) -> Server:
    """Start `workbench serve` on a free port with a data folder of its own."""
    home.mkdir(parents=True, exist_ok=True)
    log_file = home / "server.log"
    command = [sys.executable, "-m", "workbench", "serve", "--port", "0", "--no-browser"]
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*command, *arguments],
            env=os.environ | {"WORKBENCH_HOME": str(home), "PYTHONUNBUFFERED": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home,
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+", log_file.read_text(encoding="utf-8")):
            return Server(found[0], home, process, log_file)
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"The app did not start:\n{log_file.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Iterator[Server]:
    """One app for all tests; each page of it is a session of its own."""
    os.environ.setdefault("WORKBENCH_CACHE", str(checkout / ".cache" / "workbench"))
    server = start_server(tmp_path_factory.mktemp("server"))
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture(scope="session")
def tabs(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[list[Page]]:
    """The tab that all tests of a process use; a list, so that a closed one can be replaced."""
    context = browser.new_context(**browser_context_args)
    tabs = [context.new_page()]
    yield tabs
    context.close()


@pytest.fixture
def page(tabs: list[Page], browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A tab without memory of earlier tests.

    Not a new one for each test: in the same tab Chromium keeps the compiled scripts,
    which halves what it takes to open the app (6 s of processor time to 3 s, measured).
    """
    if tabs[0].is_closed():
        tabs[0] = tabs[0].context.new_page()
    page = tabs[0]
    page.set_viewport_size(browser_context_args["viewport"])
    yield page
    if page.is_closed():
        return
    page.mouse.up()
    if page.url.startswith("http"):
        page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    # The session on the server ends with its page, also where no other test follows.
    page.goto("about:blank")
    page.context.clear_cookies()


@dataclass
class Watch:
    """What a page did that it must not do. A test may expect some of it and clear it."""

    outside: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", self._error)

    def leave(self, page: Page) -> None:
        page.remove_listener("request", self._request)
        page.remove_listener("console", self._console)
        page.remove_listener("pageerror", self._error)

    def _error(self, error: Any) -> None:
        self.console.append(str(error))

    def _request(self, request: Request) -> None:
        if not _LOOPBACK.match(request.url):
            self.outside.append(request.url)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.console.append(message.text)


@pytest.fixture
def watch(page: Page) -> Iterator[Watch]:
    """Follows a page, and fails the test if it asked outside or reported an error."""
    watch = Watch()
    watch.follow(page)
    yield watch
    watch.leave(page)
    assert watch.outside == []
    assert watch.console == []


def open_app(page: Page, server: Server) -> None:
    """Open the app in a new session and wait until it answers."""
    page.goto(server.url)
    page.locator("[data-test=affinity-grid]").wait_for(timeout=60_000)
    page.wait_for_function("() => window.Bokeh.index.roots[0].is_idle", timeout=60_000)


@contextmanager
def clean_log(server: Server) -> Iterator[None]:
    """What the server writes meanwhile reports no fault."""
    before = len(server.log())
    yield
    written = server.log()[before:].replace(_LEFT, "")
    assert not _BAD_LOG.search(written), written


@pytest.fixture
def app(page: Page, watch: Watch, app_server: Server) -> Iterator[Page]:
    """The Build page in a fresh session; the server's log must stay clean, too."""
    with clean_log(app_server):
        open_app(page, app_server)
        yield page
