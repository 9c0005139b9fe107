"""What an export gives and leaves out, and how a change is shown."""

from __future__ import annotations

import base64
import re

import pytest
from panel.models.esm import DataEvent

from workbench import formats
from workbench.app.diff import diff_html
from workbench.app.export_dialog import exported
from workbench.app.state import AppState
from workbench.app.templates import template
from workbench.app.transfer import LARGEST_BYTES, Received, Transfer
from workbench.app.transfer.transfer import received
from workbench.errors import InputError
from workbench.scenario import variants
from workbench.scenario.placement import requested


def test_the_shown_variant_is_exported_where_a_format_holds_no_variants() -> None:
    state = AppState(template("talk"))
    state.variant = "partitioned"
    made = exported(state, "xml-classic")
    assert made.name == "talk-partitioned.xml"
    assert any(phrase.startswith("variants (time-shared, partitioned)") for phrase in made.left_out)
    again = formats.read_text(made.text or "", "xml-classic").experiment.scenario
    wanted = variants.apply(state.experiment, "partitioned")
    assert requested(again) == requested(wanted)
    whole = exported(state, "yaml")
    assert (whole.name, whole.left_out) == ("talk.yaml", ())
    assert formats.read_text(whole.text or "", "yaml").experiment == state.experiment


def test_a_diff_has_every_changed_line_with_its_number() -> None:
    old = [f"line {number}" for number in range(1, 40)]
    new = [*old[:9], "new <b>", *old[10:30], *old[31:]]
    html = diff_html("\n".join(old), "\n".join(new))
    rows = re.findall(r'<div class="(\w*)"><span>([^<]*)</span>(.*?)</div>', html)
    changed = [row for row in rows if row[0] in ("add", "cut")]
    assert changed == [
        ("cut", "10 −", "line 10"),
        ("add", "10 +", "new &lt;b&gt;"),
        ("cut", "31 −", "line 31"),
    ]
    assert 8 <= len(rows) <= 14
    assert "Nothing changed" in diff_html("same", "same")


def test_what_the_browser_sends_is_a_file_or_refused() -> None:
    data = base64.b64encode(b"\xffa").decode()
    assert received({"name": "a.xml", "size": 2, "data": data}) == Received("a.xml", b"\xffa")
    assert received({"name": "empty", "size": 0, "data": ""}).data == b""
    for message in ({"name": "folder"}, {"name": "x", "data": "%"}, {"data": None}):
        with pytest.raises(InputError, match="could not be read"):
            received(message)
    with pytest.raises(InputError, match="by its path"):
        received({"name": "big", "size": LARGEST_BYTES + 1})


def test_a_large_file_comes_in_parts_and_no_more_than_is_taken() -> None:
    taken: list[Received] = []
    transfer = Transfer(several=True, largest=5)
    transfer.on_file(taken.append)

    def send(name: str, data: bytes, *, more: bool) -> None:
        content = base64.b64encode(data).decode()
        message = {"name": name, "size": 5, "data": content, "more": more}
        transfer._process_event(DataEvent(None, message))

    send("a", b"ab", more=True)
    send("a", b"cde", more=False)
    send("broken off", b"xx", more=True)
    send("b", b"y", more=False)
    assert taken == [Received("a", b"abcde"), Received("b", b"y")]
    send("big", b"abcd", more=True)
    with pytest.raises(InputError, match="At most"):
        send("big", b"ef", more=True)
    send("big", b"g", more=False)
    assert taken[2:] == [Received("big", b"g")]
