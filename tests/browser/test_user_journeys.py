"""What a new user builds, and in how many gestures.

A gesture is one press and release or drag, one typed value, or one chord. The counts are
limits: who needs more has found a step backwards. ``WORKBENCH_SCREENSHOTS`` names a folder
for a picture of each journey's end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests.browser.conftest import Server, Watch, open_app
from tests.browser.gestures import (
    cell_centre,
    drag,
    item,
    middle,
    open_file,
    open_talk,
    open_template,
    xml,
)
from workbench import formats
from workbench.app import changes
from workbench.app.templates import template, templates
from workbench.scenario import placement

_MOST = 25
_MOST_BY_KEYS = 110

_FOCUSED = """node => {
  let active = document.activeElement
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement
  for (let at = active; at; at = at.parentNode ?? at.host) if (at === node) return true
  return false
}"""

_CELLS = """<config>
\t<affinity-space width="16" height="1"/>
\t<parent-provides>
\t\t<service name="ROM"/> <service name="PD"/> <service name="CPU"/> <service name="LOG"/>
\t</parent-provides>
\t<default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
\t<default caps="200"/>
\t<!-- the cells of the experiment -->
\t<start name="timer">
\t\t<resource name="RAM" quantum="8M"/>
\t\t<provides> <service name="Timer"/> </provides>
\t</start>
\t<start name="cell1"> <binary name="blinktree"/>
\t\t<resource name="RAM" quantum="4G"/>
\t\t<affinity xpos="1" width="7"/>
\t</start>
\t<!-- <start name="cell2"> <binary name="blinktree"/>
\t\t<resource name="RAM" quantum="4G"/>
\t\t<affinity xpos="8" width="8"/>
\t</start> -->
</config>
"""


@dataclass
class Hand:
    """Does and counts gestures."""

    page: Page
    count: int = 0

    def click(self, what: Locator) -> None:
        self.count += 1
        what.click()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.count += 1
        drag(self.page, start, end)

    def press(self, chord: str) -> None:
        self.count += 1
        self.page.keyboard.press(chord)

    def type(self, text: str) -> None:
        """Type a value over what is in the field that has the focus, and confirm it."""
        self.count += 1
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def tab_to(self, what: Locator, chord: str = "Tab") -> None:
        """Press a key until the focus is in an element."""
        for _ in range(80):
            if what.evaluate(_FOCUSED):
                return
            self.press(chord)
        raise AssertionError(f"{chord} never reaches {what}")

    def show(self, name: str) -> None:
        """Keep a picture where those are asked for."""
        if folder := os.environ.get("WORKBENCH_SCREENSHOTS"):
            self.page.wait_for_timeout(500)
            self.page.screenshot(path=Path(folder) / f"journey-{name}-1280x800.png")


def meaning(text: str) -> list[tuple[str, ...]]:
    """What a configuration says, whatever its order of services and its use of defaults.

    The contents of ``<config>`` are left out: the catalogue knows them, the sample does not.
    """
    root = etree.fromstring(text.encode())
    space = root.find("affinity-space")
    default = root.find("default")
    said = [
        ("space", space.get("width"), space.get("height")),
        ("parent", *sorted(service.get("name") for service in root.find("parent-provides"))),
        ("route", _flat(root.find("default-route"))),
    ]
    for start in root.findall("start"):
        binary, affinity = start.find("binary"), start.find("affinity")
        said.append(
            (
                start.get("name"),
                start.get("name") if binary is None else binary.get("name"),
                start.get("caps") or default.get("caps"),
                start.find("resource").get("quantum"),
                "" if affinity is None else _flat(affinity),
                _flat(start.find("provides")),
                _flat(start.find("route")),
            )
        )
    return said


def _flat(node: etree._Element | None) -> str:
    if node is None:
        return ""
    inside = "".join(_flat(child) for child in node)
    return f"({node.tag} {sorted(node.attrib.items())} {inside})"


def reference(variant: str) -> list[tuple[str, ...]]:
    """What the configuration of a variant of the talk says."""
    talk = template("talk")
    scenario = placement.placed(changes.shown(talk, variant))
    return meaning(formats.write(talk.but(scenario=scenario), "xml-classic"))


def palette(page: Page, binary: str) -> Locator:
    return page.locator(f".entry[data-binary='{binary}']")


def shown_xml(page: Page, part: str) -> str:
    expect(page.locator("[data-test=source]")).to_contain_text(part)
    return xml(page)


def test_the_talk_from_an_empty_scenario(app: Page) -> None:
    hand = Hand(app)
    hand.drag(middle(palette(app, "timer")), middle(app.locator("[data-test=tray]")))
    expect(item(app, "timer")).to_be_focused()
    hand.click(app.locator(".field-caps input"))
    hand.type("200")
    hand.drag(middle(palette(app, "blinktree")), cell_centre(app, 20))
    for number in (1, 2):
        expect(item(app, f"blinktree{number}")).to_be_focused()
        hand.press("Control+d")
    expect(item(app, "blinktree3")).to_be_focused()
    hand.click(app.locator(".time-share button"))
    assert meaning(shown_xml(app, 'xpos="1" width="63"')) == reference("time-shared")
    hand.click(app.locator(".partition button"))
    assert meaning(shown_xml(app, 'xpos="43" width="21"')) == reference("partitioned")
    hand.show("talk")
    print(f"The talk by mouse: {hand.count} gestures")
    assert hand.count <= _MOST


def test_the_talk_by_keyboard_alone(app: Page) -> None:
    hand = Hand(app)
    hand.press("/")
    hand.type("timer")
    expect(item(app, "timer")).to_be_focused()
    hand.tab_to(app.locator(".field-caps"))
    hand.type("200")
    for number in (1, 2, 3):
        if number == 1:
            hand.tab_to(app.locator(".search"), "Shift+Tab")
            hand.type("b-link")
        else:
            hand.press("Control+d")
        expect(item(app, f"blinktree{number}")).to_be_focused()
    hand.tab_to(app.locator(".time-share"), "Shift+Tab")
    hand.press("Enter")
    assert {row[4] for row in meaning(shown_xml(app, 'xpos="1" width="63"'))[4:]} == {
        row[4] for row in reference("time-shared")[4:]
    }
    hand.tab_to(app.locator(".partition"))
    hand.press("Enter")
    written = meaning(shown_xml(app, 'xpos="43" width="21"'))
    timer_anywhere = [row if row[0] != "timer" else (*row[:4], "", *row[5:]) for row in written]
    assert timer_anywhere == reference("partitioned")
    hand.show("talk-by-keyboard")
    print(f"The talk by keyboard: {hand.count} gestures")
    assert hand.count <= _MOST_BY_KEYS


def test_many_cores_nested_inits_and_a_file_with_a_cell_switched_off(
    app: Page, tmp_path: Path
) -> None:
    sixteen_on_128_cores(app)
    a_nested_init_on_16x8(app)
    a_cell_is_switched_on(app, tmp_path / "cells.xml")


def sixteen_on_128_cores(app: Page) -> None:
    hand = Hand(app)
    hand.click(app.locator(".space-width input"))
    hand.type("128")
    hand.click(app.locator(".search"))
    for number in range(16):
        hand.type("b-link")
        expect(item(app, f"blinktree{number + 1}")).to_be_focused()
        hand.press("/")
    expect(app.locator(".caption")).to_contain_text("time-shared")
    shared = re.compile("shared with")
    labels = app.locator(".body .item").evaluate_all("l => l.map(i => i.ariaLabel)")
    assert len(labels) == 16
    assert sum(bool(shared.search(label)) for label in labels) >= 8
    hand.show("128-cores")
    print(f"128x1 with 16 components: {hand.count} gestures")


def a_nested_init_on_16x8(app: Page) -> None:
    hand = Hand(app)
    hand.click(app.locator(".new button"))
    hand.click(app.locator(".card[data-template='empty']"))
    expect(app.locator(".body .item")).to_have_count(0)
    for side, size in (("width", "16"), ("height", "8")):
        hand.click(app.locator(f".space-{side} input"))
        hand.type(size)
    expect(app.locator(".caption")).to_contain_text("16 × 8")
    hand.drag(middle(palette(app, "init")), cell_centre(app, 5, 3, columns=16, rows=8))
    expect(item(app, "init")).to_be_focused()
    hand.press("Enter")
    expect(app.locator("[data-test=crumbs]")).to_contain_text("init")
    hand.click(app.locator(".search"))
    hand.type("timer")
    expect(item(app, "timer")).to_be_focused()
    expect(app.locator("[data-test=source]")).to_contain_text('name="timer"')
    hand.press("Alt+ArrowUp")
    expect(item(app, "init")).to_have_attribute("aria-label", re.compile("1 component inside"))
    hand.show("nested")
    print(f"16x8 with a nested init: {hand.count} gestures")


def a_cell_is_switched_on(app: Page, file: Path) -> None:
    file.write_text(_CELLS, encoding="utf-8")
    hand = Hand(app, 3)  # the button, the path, the button of the dialog
    open_file(app, file)
    expect(item(app, "cell2")).to_have_class(re.compile(r"\boff\b"))
    hand.click(item(app, "cell2"))
    hand.press("o")
    expect(item(app, "cell2")).not_to_have_class(re.compile(r"\boff\b"))
    hand.click(app.locator(".save button"))
    expect(app.locator(".notice")).to_contain_text("Saved")
    written = file.read_text(encoding="utf-8")
    assert "<!-- <start" not in written
    assert "the cells of the experiment" in written
    assert [row[0] for row in meaning(written)[3:]] == ["timer", "cell1", "cell2"]
    hand.show("cells")
    print(f"A cell switched on: {hand.count} gestures")


def test_every_template_and_every_one_click_placement(app: Page) -> None:
    for one in templates():
        open_template(app, one.name)
        expect(app.locator(".experiment-name input")).to_have_value(one.experiment.name)
        shown = len(one.experiment.scenario.components)
        expect(app.locator("[data-test=affinity-grid] .item")).to_have_count(shown)
    open_talk(app)
    for button in ("time-share", "partition"):
        app.locator(f".{button} button").click()
        expect(item(app, "blinktree1")).to_have_attribute("aria-label", re.compile("cores 1 to"))
    for title, place in (
        ("Split by weight", "cores"),
        ("One NUMA node each", "cores 0 to 7|cores 1 to 7"),
    ):
        app.locator(".more-placements button").click()
        app.get_by_role("menuitem", name=title).click()
        expect(item(app, "blinktree1")).to_have_attribute("aria-label", re.compile(place))
    item(app, "blinktree3").click()
    app.locator(".more-placements button").click()
    app.get_by_role("menuitem", name="Fill the rest").click()
    expect(item(app, "blinktree3")).to_have_attribute("aria-label", re.compile("to 63"))


@pytest.fixture
def tablet(browser: Browser, app_server: Server) -> Iterator[Page]:
    """The app on a screen that is touched."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, has_touch=True, reduced_motion="reduce"
    )
    page = context.new_page()
    watch = Watch()
    watch.follow(page)
    open_app(page, app_server)
    yield page
    context.close()
    assert watch.outside == watch.console == []


def test_a_finger_drags_in_moves_and_resizes(tablet: Page) -> None:
    finger = tablet.context.new_cdp_session(tablet)
    swipe(finger, middle(palette(tablet, "blinktree")), cell_centre(tablet, 20))
    block = item(tablet, "blinktree1")
    expect(block).to_have_attribute("aria-label", "blinktree1 on cores 17 to 24")
    swipe(finger, middle(block), cell_centre(tablet, 30))
    expect(block).to_have_attribute("aria-label", re.compile(r"on cores 2\d to 3\d"))
    before = block.get_attribute("aria-label")
    box = block.bounding_box()
    assert box is not None
    cell = box["width"] / 8
    right = (box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    swipe(finger, right, (right[0] + 6 * cell, right[1]))
    expect(block).not_to_have_attribute("aria-label", before or "")
    expect(tablet.locator("[data-test=source]")).to_contain_text('width="14"')
    Hand(tablet).show("touch")


def swipe(finger: CDPSession, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Touch, move in steps as a finger does, and let go."""
    steps = 8
    for step in range(steps + 1):
        x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
        finger.send(
            "Input.dispatchTouchEvent",
            {"type": "touchMove" if step else "touchStart", "touchPoints": [{"x": x, "y": y}]},
        )
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
