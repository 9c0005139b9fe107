"""``workbench serve``."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["serve"]


def serve(
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port to serve on; 0 takes a free one."),
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the app in the web browser.")
    ] = True,
) -> None:
    """Serve the app and print its address; ends with Ctrl-C."""
    from workbench.app.serve import serve as serve_app  # noqa: PLC0415 - slow to import

    serve_app(port=port, open_browser=browser)
