"""The server: one process with one run store and one job manager for all browser sessions."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import warnings
import webbrowser
from typing import Any

import panel as pn
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError

from workbench.app.drafts import DraftFolder
from workbench.app.shell import TITLE, broken_page, page, report_exception
from workbench.errors import InputError
from workbench.experiments.jobs import JobManager
from workbench.folders import data_folder
from workbench.results.store import RunStore

__all__ = ["DEFAULT_PORT", "serve"]

DEFAULT_PORT = 5006

_ALLOCATIONS_BEFORE_COLLECTION = 20_000

_ADDRESS = "127.0.0.1"

_log = logging.getLogger(__name__)


def serve(port: int | None = None, open_browser: bool = True) -> None:
    """Serve the app on this machine until it is told to stop (SIGTERM, SIGINT).

    Parameters
    ----------
    port
        TCP port; None takes the usual one, 0 any free one.
    open_browser
        Whether to open a browser window.

    Raises
    ------
    workbench.errors.InputError
        If the port is in use.
    """
    port = _checked_port(DEFAULT_PORT if port is None else port)
    for name in ("asyncio", "bokeh.server.views.ws"):
        logging.getLogger(name).addFilter(_is_news)
    # Bokeh warns when one message names a new model twice, which does no harm.
    warnings.filterwarnings("ignore", message="reference already known")
    pn.extension(exception_handler=report_exception)
    _collect_rarely()
    with RunStore(data_folder()) as store:
        for run_id in store.recover():
            _log.warning("run %s was interrupted when its server ended", run_id)
        with JobManager(store) as jobs, DraftFolder(data_folder() / "drafts") as drafts:
            server = pn.io.server.get_server(
                {"/": lambda: _session(store, jobs, drafts)},
                port=port,
                address=_ADDRESS,
                websocket_origin=[f"{_ADDRESS}:{port}", f"localhost:{port}"],
                title=TITLE,
                liveness=True,
                start=False,
                show=False,
            )
            url = f"http://{_ADDRESS}:{port}"
            print(f"The workbench is at {url} (stop it with Ctrl+C)", flush=True)
            if open_browser:
                server.io_loop.add_callback(webbrowser.open, url)
            _run_until_told(server)


def _collect_rarely() -> None:
    """Leave what is loaded for good out of garbage collection, and collect in larger steps.

    Else a full collection of 0.7 s (measured) stands in the way of an edit now and then.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS_BEFORE_COLLECTION)


def _session(store: RunStore, jobs: JobManager, drafts: DraftFolder) -> Any:
    """Return a session's page; one that says why if it cannot be built."""
    try:
        return page(store, jobs, drafts)
    except Exception as error:  # the user has to read of it, whatever it is
        _log.exception("The page of a browser session could not be built")
        return broken_page(error)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a log record says more than that a browser was closed while it was being served."""
    error = record.exc_info[1] if record.exc_info else None
    closed = isinstance(error, WebSocketClosedError | StreamClosedError)
    return not closed and "connection was closed" not in record.getMessage()


def _run_until_told(server: Any) -> None:
    loop = server.io_loop

    def stop(*_: Any) -> None:
        loop.add_callback_from_signal(loop.stop)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.start()
        loop.start()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        server.stop()


def _checked_port(port: int) -> int:
    """Return the port, or a free one for 0, if a server can have it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ADDRESS, port))
        except OSError as error:
            raise InputError(
                f"Port {port} of this machine cannot be used: {error.strerror}.",
                f"Name another one, for example: workbench serve --port {_free_port()}",
            ) from None
        return int(probe.getsockname()[1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_ADDRESS, 0))
        return int(probe.getsockname()[1])
