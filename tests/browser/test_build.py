"""The Build page as a new user meets it: forms, variants, text, problems, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.gestures import drag_to_cell, item, open_file, open_talk, xml

MISPLACED = """<config>
\t<!-- two cores are enough -->
\t<affinity-space width="4" height="1"/>
\t<parent-provides><service name="LOG"/><service name="PD"/><service name="CPU"/>
\t\t<service name="ROM"/></parent-provides>
\t<default-route><any-service><parent/></any-service></default-route>
\t<start name="init" caps="200"><resource name="RAM" quantum="8M"/>
\t\t<affinity xpos="3" width="4"/></start>
</config>
"""


def type_into(page: Page, field: str, text: str) -> None:
    page.locator(f".{field} input").fill(text)
    page.keyboard.press("Enter")


def test_the_talk_is_changed_step_by_step(app: Page) -> None:
    open_talk(app)
    item(app, "blinktree3").click()
    app.keyboard.press("Delete")
    expect(app.locator("[data-test=source]")).not_to_contain_text("blinktree3")
    drag_to_cell(app, app.locator(".entry[data-binary='blinktree']"), 40)
    expect(item(app, "blinktree3")).to_have_attribute("aria-label", re.compile("cores 37 to 44"))
    expect(app.locator("[data-test=source]")).to_contain_text('xpos="37" width="8"')
    type_into(app, "field-ram", "64G")
    expect(app.locator("[data-test=source]")).to_contain_text('quantum="64G"')
    type_into(app, "field-x", "43")
    type_into(app, "field-width", "21")
    expect(item(app, "blinktree3")).to_have_attribute("aria-label", re.compile("cores 43 to 63"))
    for _ in range(3):
        app.locator(".undo button").click()
    expect(app.locator(".field-ram input")).to_have_value("80G")
    expect(app.locator("[data-test=source]")).to_contain_text('xpos="37" width="8"')
    for _ in range(3):
        app.locator(".redo button").click()
    expect(app.locator("[data-test=source]")).to_contain_text('xpos="43" width="21"')
    expect(app.locator("[data-test=source]")).to_contain_text('quantum="64G"')


def test_one_click_placements_make_variants(app: Page) -> None:
    app.locator(".entry[data-binary='timer']").focus()
    app.keyboard.press("Enter")
    for number in (1, 2, 3):
        app.locator(".entry[data-binary='blinktree']").focus()
        app.keyboard.press("Enter")
        expect(item(app, f"blinktree{number}")).to_be_focused()
    app.locator(".partition button").click()
    for number, cores in ((1, "1 to 21"), (2, "22 to 42"), (3, "43 to 63")):
        expect(item(app, f"blinktree{number}")).to_have_attribute(
            "aria-label", f"blinktree{number} on cores {cores}"
        )
    app.locator(".time-share button").click()
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", re.compile("cores 1 to 63"))
    app.locator(".leave-core-0 input").click()
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", re.compile("cores 0 to 63"))
    app.get_by_role("button", name="As written").click()
    expect(item(app, "blinktree2")).to_have_attribute("aria-label", "blinktree2 on cores 9 to 16")
    expect(app.get_by_role("button", name="partitioned", exact=True)).to_be_visible()


def test_dragging_in_a_variant_changes_that_variant_only(app: Page) -> None:
    open_talk(app)
    app.get_by_role("button", name="partitioned", exact=True).click()
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", re.compile("cores 1 to 21"))
    item(app, "blinktree1").click()
    app.keyboard.press("Shift+ArrowLeft")
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", re.compile("cores 1 to 20"))
    app.get_by_role("button", name="As written").click()
    expect(item(app, "blinktree1")).to_have_attribute("aria-label", re.compile("cores 1 to 63"))


def test_bad_input_is_said_beside_the_field_and_nothing_is_lost(app: Page) -> None:
    open_talk(app)
    item(app, "blinktree2").click()
    before = xml(app)
    type_into(app, "field-ram", "12Q")
    refusal = app.locator(".refusal:visible")
    expect(refusal).to_have_count(1)
    expect(refusal).to_contain_text('"12Q" is not an amount of memory')
    expect(refusal).to_contain_text("still 80G")
    expect(app.locator(".field-ram input")).to_have_value("12Q")
    assert xml(app) == before
    refusal.get_by_role("button", name="Put back").click()
    expect(app.locator(".field-ram input")).to_have_value("80G")
    expect(app.locator(".refusal:visible")).to_have_count(0)
    type_into(app, "field-width", "64")
    expect(app.locator(".refusal:visible")).to_contain_text("From 1 to 63")
    assert xml(app) == before


def test_the_timer_of_an_instance_can_be_chosen(app: Page) -> None:
    open_talk(app)
    app.locator(".entry[data-binary='timer']").focus()
    app.keyboard.press("Enter")
    expect(item(app, "timer2")).to_be_focused()
    item(app, "blinktree1").click()
    choice = app.locator(".route-Timer")
    expect(choice).to_contain_text("timer")
    choice.get_by_role("combobox").click()
    app.get_by_role("menuitem", name="timer2").click()
    expect(app.locator("[data-test=source] .line.marked", has_text="timer2")).to_have_count(1)
    expect(app.locator("[data-test=problems]")).to_contain_text("No problems")


def test_switched_off_components_stay_grey_in_place(app: Page) -> None:
    open_talk(app)
    item(app, "blinktree2").click()
    expect(app.locator(".field-name input")).to_have_value("blinktree2")
    app.locator(".field-on input").click()
    expect(item(app, "blinktree2")).to_have_class(re.compile(r"\boff\b"))
    expect(app.locator(".share-2")).to_have_text("each core shared by 2")
    app.locator(".undo button").click()
    expect(item(app, "blinktree2")).not_to_have_class(re.compile(r"\boff\b"))


def test_a_file_is_opened_edited_and_saved_with_only_that_node_changed(
    app: Page, tmp_path: Path
) -> None:
    file = tmp_path / "small.xml"
    text = MISPLACED.replace('width="4"/></start>', 'width="1"/></start>')
    file.write_text(text, encoding="utf-8")
    open_file(app, file)
    item(app, "init").focus()
    app.keyboard.press("ArrowLeft")
    expect(app.locator("[data-test=source]")).to_contain_text('xpos="2"')
    app.locator(".save button").click()
    expect(app.locator(".notice")).to_contain_text("Saved")
    assert file.read_text(encoding="utf-8") == text.replace('xpos="3"', 'xpos="2"')


def test_real_configurations_open_on_the_grid_and_are_saved_byte_for_byte(
    app: Page, shared: Path, tmp_path: Path
) -> None:
    originals = [
        file
        for file in (shared / "samples" / "talk-by-hand.xml", *(shared / "corpus/xml").iterdir())
        if b"<affinity-space" in file.read_bytes()
    ]
    assert len(originals) >= 5
    for original in originals:
        file = tmp_path / original.name
        file.write_bytes(original.read_bytes())
        open_file(app, file)
        expect(app.locator(".experiment-name input")).to_have_value(original.stem)
        names = re.findall(r'<start name="([^"]+)"', original.read_text(encoding="utf-8"))
        for name in set(names):
            expect(item(app, name).first).to_be_attached()
        app.locator(".save button").click()
        expect(app.locator(".notice", has_text=original.name)).to_contain_text("Saved")
        assert file.read_bytes() == original.read_bytes()


def test_saving_as_xml_tells_that_variants_are_left_out(app: Page, tmp_path: Path) -> None:
    file = tmp_path / "small.xml"
    file.write_text(MISPLACED, encoding="utf-8")
    open_file(app, file)
    expect(item(app, "init")).to_be_visible()
    app.locator(".time-share button").click()
    expect(app.get_by_role("button", name="time-shared", exact=True)).to_be_visible()
    app.locator(".save button").click()
    expect(app.locator(".notice")).to_contain_text("without variants")
    expect(app.locator(".status")).to_contain_text("not saved")
    assert file.read_text(encoding="utf-8") == MISPLACED


@pytest.mark.parametrize(
    ("choice", "kept"), [("Overwrite", "ours"), ("Save a copy", "theirs"), ("Reload", "theirs")]
)
def test_a_file_changed_meanwhile_is_a_choice(
    app: Page, tmp_path: Path, choice: str, kept: str
) -> None:
    file = tmp_path / "small.xml"
    text = MISPLACED.replace('width="4"/></start>', 'width="1"/></start>')
    file.write_text(text, encoding="utf-8")
    open_file(app, file)
    item(app, "init").focus()
    app.keyboard.press("ArrowLeft")
    expect(app.locator("[data-test=source]")).to_contain_text('xpos="2"')
    theirs = text.replace('xpos="3"', 'xpos="0"')
    ours = text.replace('xpos="3"', 'xpos="2"')
    file.write_text(theirs, encoding="utf-8")
    app.locator(".save button").click()
    notice = app.locator(".notice")
    expect(notice).to_contain_text("changed by someone else")
    assert file.read_text(encoding="utf-8") == theirs
    notice.get_by_role("button", name=choice).click()
    if choice == "Reload":
        expect(app.locator("[data-test=source]")).to_contain_text('xpos="0"')
    else:
        expect(notice).to_contain_text("Saved as")
    assert file.read_text(encoding="utf-8") == (ours if kept == "ours" else theirs)
    copy = tmp_path / "small-2.xml"
    assert copy.exists() == (choice == "Save a copy")
    if copy.exists():
        assert copy.read_text(encoding="utf-8") == ours


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("cut.xml", MISPLACED[:200], "cut.xml"),
        ("key.yaml", "workbench: 1\nname: x\nscenaro: {}\n", "scenaro"),
        ("none.xml", None, "no such file"),
        (
            "bomb.xml",
            '<!DOCTYPE a [<!ENTITY b "c">]><config><start name="&b;"/></config>',
            "bomb.xml",
        ),
    ],
)
def test_a_file_that_cannot_be_used_leaves_the_experiment(
    app: Page, tmp_path: Path, name: str, content: str | None, says: str
) -> None:
    open_talk(app)
    before = xml(app)
    file = tmp_path / name
    if content is not None:
        file.write_text(content, encoding="utf-8")
    open_file(app, file)
    expect(app.locator(".notice")).to_contain_text(says)
    assert xml(app) == before


def test_all_pages_open_in_light_and_dark(app: Page) -> None:
    open_talk(app)
    for theme in ("light", "dark"):
        if theme == "dark":
            app.get_by_label("Toggle theme").click()
        for name in ("Runs", "Compare", "Build"):
            app.locator(".pages").get_by_role("button", name=name).click()
            expect(app.locator(f".{name.lower()}-page")).to_be_visible()
    expect(item(app, "blinktree3")).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_nothing_is_cut_off_and_the_page_itself_never_scrolls(
    app: Page, size: tuple[int, int]
) -> None:
    app.set_viewport_size({"width": size[0], "height": size[1]})
    open_talk(app)
    item(app, "blinktree2").click()
    expect(app.locator(".field-height")).to_be_visible()
    page = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert app.evaluate(page) == list(size)
    for test_class in ("redo", "space-height", "field-height", "leave-core-0", "remove"):
        box = app.locator(f".{test_class}").first.bounding_box()
        assert box is not None, test_class
        assert box["x"] + box["width"] <= size[0], test_class
        assert box["y"] + box["height"] <= size[1], test_class
