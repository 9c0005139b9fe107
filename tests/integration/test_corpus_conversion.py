"""Real configurations from one syntax and profile to another and back: nothing is lost."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from lxml import etree

from workbench import formats
from workbench.errors import InputError
from workbench.formats.hid_text import parse

_SHARED = Path(__file__).resolve().parents[3] / "shared"
XML = [*sorted((_SHARED / "corpus" / "xml").glob("*.xml")), _SHARED / "samples/talk-by-hand.xml"]
HID = sorted((_SHARED / "corpus" / "hid").glob("*.hid"))
REFUSED_IN_HID = {
    "062": "'cbe:$PWD> '",
    "076": "' -> clipboard'",
    "083": "'fs_rom -> '",
    "096": "'config_fs_rom -> '",
    "242": "'cpu_burner -> '",
}
"""Files with a value that ends in a blank or begins with one, and the first such value."""


def through(document: formats.Document, *names: str) -> str:
    """Write in one format after the other, reading each again."""
    for name in names:
        text = formats.write(document.experiment, name, document)
        document = formats.read_text(text, name, "between")
    return document.text


def canonical(text: str) -> bytes:
    """Canonical XML of the config node with comments, without layout."""
    parser = etree.XMLParser(remove_blank_text=True)
    top = etree.fromstring(text.strip().encode(), parser)
    config = top if top.tag == "config" else top.find(".//config")
    assert config is not None
    for element in config.iter():
        if isinstance(element, etree._Comment):
            element.text = " ".join((element.text or "").split())
        elif element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
    config.tail = None
    stream = io.BytesIO()
    etree.ElementTree(config).write_c14n(stream, with_comments=True)
    return stream.getvalue()


def hid_config(text: str) -> object:
    node = parse(text).item
    assert not isinstance(node, str)
    return node if node.type == "config" else next(node.nodes("config"))  # type: ignore[union-attr]


@pytest.mark.parametrize("path", XML, ids=lambda path: path.stem)
def test_xml_comes_back(path: Path) -> None:
    document = formats.read(path)
    assert document.format == "xml-classic"
    assert canonical(through(document, "yaml", "xml-classic")) == canonical(document.text)
    assert canonical(through(document, "xml", "xml-classic")) == canonical(document.text)
    if (value := REFUSED_IN_HID.get(path.stem)) is not None:
        with pytest.raises(InputError) as refusal:
            through(document, "hid")
        assert value in refusal.value.what
        assert refusal.value.location.file == str(path)
        return
    assert canonical(through(document, "hid", "xml-classic")) == canonical(document.text)
    assert canonical(through(document, "hid", "yaml", "xml-classic")) == canonical(document.text)


@pytest.mark.parametrize("path", HID, ids=lambda path: path.stem)
def test_hid_comes_back(path: Path) -> None:
    document = formats.read(path)
    for between in ("yaml", "xml", "xml-classic"):
        assert hid_config(through(document, between, "hid")) == hid_config(document.text)
    # The syntax between is found out from the text, too.
    text = formats.write(document.experiment, "xml-classic")
    assert formats.format_of(Path("between.xml"), text) == "xml-classic"


@pytest.mark.parametrize("path", HID, ids=lambda path: path.stem)
def test_an_old_init_gives_each_child_its_ram(path: Path) -> None:
    document = formats.read(path)
    text = formats.write(document.experiment, "xml-classic")
    config = etree.fromstring(text.encode())
    components = [c for c in document.experiment.scenario.components if c.enabled]
    default = document.experiment.scenario.default_ram_bytes
    units = {"K": 2**10, "M": 2**20, "G": 2**30}
    for start, component in zip(config.findall("start"), components, strict=True):
        quanta = [r.get("quantum", "") for r in start.findall("resource[@name='RAM']")]
        given = [int(q.rstrip("KMG")) * units.get(q[-1], 1) for q in quanta]
        expected = component.ram_bytes if component.ram_bytes is not None else default
        assert given == ([] if expected is None else [expected])
