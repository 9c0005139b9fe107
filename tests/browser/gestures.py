"""What a user does with mouse and keys on the affinity grid, for all browser tests."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page

__all__ = [
    "cell_centre",
    "drag",
    "drag_to_cell",
    "item",
    "open_file",
    "open_talk",
    "open_template",
    "xml",
]


def item(page: Page, name: str) -> Locator:
    """The component of that name, on the grid or in the tray."""
    return page.locator(f".item[data-name='{name}']:not(.pending)")


def xml(page: Page) -> str:
    """The configuration as the page shows it."""
    return "\n".join(page.locator("[data-test=source] .line").all_inner_texts())


def open_talk(page: Page) -> None:
    """Choose the template of the talk."""
    open_template(page, "talk")
    item(page, "blinktree3").wait_for()


def open_template(page: Page, name: str) -> None:
    """Choose a template by its card."""
    page.locator(".new button").click()
    page.locator(f".card[data-template='{name}']").click()


def open_file(page: Page, path: Path | str) -> None:
    """Open a file by its path on this machine."""
    page.locator(".open button").click()
    page.locator(".open-path input").fill(str(path))
    page.locator(".dialog-open button").click()


def cell_centre(
    page: Page, column: int, row: int = 0, *, columns: int = 64, rows: int = 1
) -> tuple[float, float]:
    """Where on the page a cell of the space is."""
    box = page.locator("[data-test=cells]").bounding_box()
    assert box is not None
    return (
        box["x"] + (column + 0.5) * box["width"] / columns,
        box["y"] + (row + 0.5) * box["height"] / rows,
    )


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press, move in steps as a hand does, and let go."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def middle(locator: Locator) -> tuple[float, float]:
    """The middle of an element that does not move any more."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag_to_cell(page: Page, what: Locator, column: int, *, columns: int = 64) -> None:
    """Drag something by its middle onto a column."""
    drag(page, middle(what), cell_centre(page, column, columns=columns))
