"""Files between the browser and the workbench: drop anywhere, choose, export, and what changed."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import item, open_talk, xml
from workbench import formats

DROP = """([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
  const transfer = new DataTransfer()
  transfer.items.add(new File([bytes], name))
  const at = document.elementFromPoint(640, 300)
  for (const kind of ["dragenter", "dragover", "drop"]) {
    at.dispatchEvent(new DragEvent(kind, {bubbles: true, composed: true, cancelable: true,
      dataTransfer: transfer}))
    if (kind === "dragover") {
      window.sawCurtain = [...document.querySelectorAll("*")].some(function deep(node) {
        return node.shadowRoot && [...node.shadowRoot.querySelectorAll("*")].some((inner) =>
          inner.matches(".curtain:not([hidden])") || deep(inner))
      })
    }
  }
}"""


def drop(page: Page, name: str, data: bytes) -> None:
    """Drop a file in the middle of the page."""
    page.evaluate(DROP, [name, base64.b64encode(data).decode()])


def export(page: Page, format: str) -> None:
    """Open the dialog and choose a format by a part of its title."""
    page.locator(".export button").first.click()
    page.locator(".export-format").get_by_role("radio", name=re.compile(format)).click()


def test_a_dropped_file_is_opened_and_one_switch_changes_only_its_lines(
    app: Page, shared: Path, tmp_path: Path
) -> None:
    """Talk, by hand: the grey instances are shown, one is switched on and exported."""
    original = shared / "samples" / "talk-by-hand.xml"
    drop(app, original.name, original.read_bytes())
    for name in ("blinktree4", "blinktree5"):
        expect(item(app, name)).to_have_class(re.compile(r"\boff\b"))
    assert app.evaluate("window.sawCurtain")
    item(app, "blinktree4").click()
    app.keyboard.press("o")
    expect(item(app, "blinktree4")).not_to_have_class(re.compile(r"\boff\b"))
    app.locator(".export button").first.click()
    diff = app.locator(".export-diff")
    expect(diff.locator(".cut")).to_have_text(["53 −\t<!--"])
    expect(diff.locator(".add")).to_have_text(["58 +\t<!--"])
    with app.expect_download() as download:
        app.locator(".dialog-download button").click()
    file = tmp_path / "exported.xml"
    download.value.save_as(file)
    assert download.value.suggested_filename == "talk-by-hand.xml"
    before = original.read_text(encoding="utf-8").splitlines()
    after = file.read_text(encoding="utf-8").splitlines()
    assert after == [*before[:52], *before[53:58], "\t<!--", *before[58:]]


def test_the_inside_of_hoitaja_is_opened_switched_on_and_exported(app: Page, shared: Path) -> None:
    original = shared / "samples" / "hoitaja-nested.run"
    drop(app, original.name, original.read_bytes())
    item(app, "hoitaja").dblclick()
    expect(app.locator(".caption")).to_contain_text("32 cores")
    off = item(app, "blinktree2")
    expect(off).to_have_class(re.compile(r"\boff\b"))
    off.click()
    switch = app.locator(".field-on input")
    expect(switch).not_to_be_checked()
    switch.click()
    expect(off).not_to_have_class(re.compile(r"\boff\b"))
    export(app, "Run script for Genode 22.02")
    diff = app.locator(".export-diff")
    expect(diff.locator(".cut")).to_have_count(2)
    expect(diff.locator(".add")).to_have_count(0)
    for line in diff.locator(".cut").all_inner_texts():
        assert line.split("\t")[-1] in ("<!--", "-->")


@pytest.mark.parametrize("format", ["yaml", "hid", "run-26.02"])
def test_a_format_is_exported_and_names_what_it_leaves_out(app: Page, format: str) -> None:
    known = formats.formats()[format]
    open_talk(app)
    app.locator(".export button").first.click()
    offered = app.locator(".export-format").get_by_role("radio")
    expect(offered).to_have_count(len(formats.formats()))
    offered.and_(app.get_by_role("radio", name=known.title)).click()
    losses = app.locator(".export-losses")
    says = "Nothing is left out" if known.holds_experiment else "Left out.*variants"
    expect(losses).to_have_text(re.compile(says))
    with app.expect_download() as download:
        app.locator(".dialog-download button").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    again = formats.read_text(text, format).experiment
    assert {c.name for c in again.scenario.components} == {
        "timer", "blinktree1", "blinktree2", "blinktree3",
    }  # fmt: skip


def test_a_file_is_chosen_in_the_dialog(app: Page) -> None:
    app.locator(".open button").click()
    app.locator("input[type=file]").last.set_input_files(
        {
            "name": "mine.xml",
            "mimeType": "text/xml",
            "buffer": b'<config><start name="a"/></config>',
        }
    )
    expect(item(app, "a")).to_be_visible()
    expect(app.locator(".experiment-name input")).to_have_value("mine")


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("huge.xml", b" " * (10 * 2**20 + 1), "At most 10 MB"),
        ("picture.xml", b"\x89PNG\r\n\x1a\n\x00\xff", "picture.xml"),
        ("letter.doc", b"Dear all", "letter.doc"),
    ],
)
def test_a_dropped_file_that_is_refused_leaves_the_experiment(
    app: Page, name: str, data: bytes, says: str
) -> None:
    open_talk(app)
    before = xml(app)
    drop(app, name, data)
    expect(app.locator(".notice")).to_contain_text(says)
    assert xml(app) == before
