"""Files on disk: recognised, limited, replaced only if they are what was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import formats
from workbench.errors import InputError
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import Component, PlacementRule, Scenario

YAML = "workbench: 1\nname: x\nscenario: {}\n"
XML = "<config/>\n"


@pytest.mark.parametrize(
    ("name", "text", "format"),
    [
        ("a.xml", XML, "xml-classic"),
        ("a.config", XML, "xml-classic"),
        ("a.runtime", XML, "xml-classic"),
        ("a.YAML", YAML, "yaml"),
        ("a.yml", YAML, "yaml"),
        ("a", "# hello\n" + YAML, "yaml"),
        ("init.file", "\n" + XML, "xml-classic"),
    ],
)
def test_the_format_is_recognised(tmp_path: Path, name: str, text: str, format: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    document = formats.read(path)
    assert (document.format, document.path, document.text) == (format, path, text)


def test_an_experiment_from_xml_is_called_like_its_file(tmp_path: Path) -> None:
    path = tmp_path / "my talk.xml"
    path.write_text(XML)
    assert formats.read(path).experiment.name == "my talk"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("missing.xml", None, "no such file"),
        ("a.txt", b"hello", "format"),
        ("a.yaml", b"\xff\xfe\xfd", "not text"),
        ("a.xml", b"<config>\n\n\x80</config>", "a.xml:3"),
        ("b.xml", b"<?xml version='1.0' encoding='klingon'?><config/>", "klingon"),
        ("c.xml", b"<?xml version='1.0' encoding='rot13'?><config/>", "rot13"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, name: str, data: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError, match=words) as refusal:
        formats.read(path)
    assert refusal.value.location.file == str(path)
    assert refusal.value.remedy


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        formats.read(tmp_path)


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.xml"
    with path.open("wb") as stream:
        stream.truncate(200 * 2**20)
    with pytest.raises(InputError, match="larger than 1 MB"):
        formats.read(path)


def test_a_file_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(YAML)
    document = formats.read(path)
    mine = document.experiment.but(name="mine")
    path.write_text(YAML + "title: theirs\n")
    with pytest.raises(formats.ChangedOnDisk):
        formats.save(mine, path, document)
    assert path.read_text() == YAML + "title: theirs\n"
    formats.save(mine, path, document, overwrite=True)
    assert formats.read(path).experiment == mine
    assert list(tmp_path.iterdir()) == [path]


def test_saving_goes_on_from_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# mine\n" + YAML)
    document = formats.read(path)
    for name in ("b", "c"):
        document = formats.save(document.experiment.but(name=name), path, document)
    assert path.read_text() == "# mine\n" + YAML.replace("x", "c")


def test_another_file_is_not_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(YAML)
    document = formats.read(path)
    other = tmp_path / "b.yaml"
    other.write_text("precious")
    with pytest.raises(formats.ChangedOnDisk):
        formats.save(document.experiment, other, document)
    assert other.read_text() == "precious"
    other.unlink()
    formats.save(document.experiment, other, document)
    assert other.read_text() == YAML


def test_a_file_that_has_gone_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(XML)
    document = formats.read(path)
    path.unlink()
    formats.save(document.experiment, path, document)
    assert path.read_text() == XML


def test_links_and_permissions_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "a.yaml", tmp_path / "link.yaml"
    path.write_text(YAML)
    path.chmod(0o640)
    link.symlink_to(path)
    document = formats.read(link)
    formats.save(document.experiment.but(name="y"), link, document)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert formats.read(path).experiment.name == "y"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    document = formats.read_text(YAML, "yaml")
    with pytest.raises(InputError, match="cannot be written"):
        formats.save(document.experiment, tmp_path / "no" / "such" / "a.yaml")


def test_an_unknown_format_is_refused() -> None:
    experiment = formats.read_text(YAML, "yaml").experiment
    with pytest.raises(InputError, match="yaml"):
        formats.write(experiment, "toml")


def test_a_format_is_one_registration() -> None:
    from workbench.formats import registry

    plain = registry.formats()["yaml"]
    registry.register(
        formats.Format(
            name="shout",
            title="Shouted YAML",
            endings=(".shout",),
            claims=lambda text: text.startswith("WORKBENCH"),
            read=lambda text, stem: plain.read(text.lower(), stem),
            write=lambda experiment, _: plain.write(experiment, None).upper(),
            component_lines=plain.component_lines,
        )
    )
    try:
        document = formats.read_text(YAML.upper(), "shout")
        assert document.experiment.name == "x"
        assert formats.write(document.experiment.but(name="it"), "shout").startswith(
            "WORKBENCH: 1\nNAME: IT"
        )
    finally:
        del registry._FORMATS["shout"]


def test_what_a_format_cannot_hold_is_named() -> None:
    default = Experiment(name="mine", scenario=Scenario())
    assert formats.left_out(default, "xml-classic") == ()
    rule = PlacementRule(rule="partition-evenly")
    full = default.but(
        parameters={"quantum_ms": 1.5},
        replications=3,
        seed=7,
        workloads=("insert",),
        variants=(Variant(name="a"),),
        scenario=Scenario(components=(Component(id="c", name="c", affinity=rule),)),
    )
    assert formats.left_out(full, "yaml") == ()
    told = " ".join(formats.left_out(full, "xml-classic"))
    for word in (
        "variants (a)",
        "quantum_ms=1.5",
        "replications (3)",
        "seed (7)",
        "insert",
        "rules",
    ):
        assert word in told


def test_one_and_true_are_written_apart() -> None:
    one = Experiment(name="mine", scenario=Scenario(), parameters={"flag": 1})
    document = formats.read_text(formats.write(one, "yaml"), "yaml")
    text = formats.write(one.but(parameters={"flag": True}), "yaml", document)
    assert formats.read_text(text, "yaml").experiment.parameters["flag"] is True
