"""Links that carry an experiment: nothing is lost, and nothing large or damaged gets in."""

from __future__ import annotations

import base64
import tracemalloc
import zlib
from pathlib import Path

import pytest

from workbench import formats
from workbench.errors import InputError
from workbench.experiments.samples import file_or_sample, samples
from workbench.formats.disk import LARGEST_BYTES
from workbench.formats.link import LONGEST, is_link, packed, unpacked
from workbench.scenario.experiment import same

ADDRESS = "http://127.0.0.1:5006/"


@pytest.mark.parametrize("name", samples())
def test_a_link_carries_every_sample(name: str) -> None:
    experiment = formats.read(samples()[name]).experiment
    link = formats.shared(experiment, ADDRESS)
    assert link.startswith(f"{ADDRESS}#")
    assert len(link) < 8000, "messengers cut long links"
    for way in (link, file_or_sample(link)):
        document = formats.read(way)
        assert same(document.experiment, experiment)
        assert document.path is None


def test_comments_and_unknown_nodes_travel_along(shared: Path) -> None:
    text = (shared / "samples" / "talk-by-hand.xml").read_text(encoding="utf-8")
    document = formats.read_text(text, "xml-classic")
    back = formats.read(formats.shared(document.experiment, ADDRESS)).experiment
    assert formats.write(back, "xml-classic", document) == text


def linked(data: bytes) -> str:
    return "#scenario=1." + base64.urlsafe_b64encode(data).decode().rstrip("=")


def bomb(megabytes: int) -> str:
    """A link to so many zeros: one packed piece, many times."""
    pack = zlib.compressobj(9)
    start, piece = (pack.compress(bytes(2**20)) + pack.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    assert zlib.decompressobj().decompress(start + 2 * piece) == bytes(3 * 2**20)
    return linked(start + (megabytes - 1) * piece)


def test_a_link_of_ten_megabytes_is_refused() -> None:
    with pytest.raises(InputError, match=r"10\.0 MB"):
        unpacked("#scenario=1." + "A" * 10 * 2**20)
    with pytest.raises(InputError, match="longest"):
        unpacked("#scenario=1." + "A" * LONGEST)


def test_a_link_that_unpacks_to_a_gigabyte_is_refused_unpacked() -> None:
    link = bomb(1024)
    assert len(link) <= LONGEST
    tracemalloc.start()
    with pytest.raises(InputError, match="larger than"):
        unpacked(link)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 16 * 2**20


@pytest.mark.parametrize(
    "damage",
    [
        lambda link: link[:-9],
        lambda link: link[:40] + "!" + link[40:],
        lambda link: link[:60] + "AAAA" + link[64:],
        lambda link: link[:12] + "AAAA",
    ],
)
def test_a_damaged_link_is_refused_in_one_sentence(damage: object) -> None:
    link = f"#{packed('workbench: 1 # and so on, long enough to be damaged somewhere')}"
    with pytest.raises(InputError, match="damaged"):
        unpacked(damage(link))  # type: ignore[operator]


def test_the_limit_is_that_of_files() -> None:
    assert len(unpacked(linked(zlib.compress(bytes(LARGEST_BYTES))))) == LARGEST_BYTES
    with pytest.raises(InputError, match="larger than"):
        unpacked(linked(zlib.compress(bytes(LARGEST_BYTES + 1))))


def test_a_link_of_a_later_workbench_is_refused() -> None:
    with pytest.raises(InputError, match="later"):
        unpacked("http://a/#scenario=2.AAAA")


def test_what_is_no_link_is_a_path() -> None:
    assert not is_link("folder/a#b.xml")
    assert not is_link("talk.yaml")
