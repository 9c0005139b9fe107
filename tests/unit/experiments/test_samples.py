"""The shipped experiments are found by name, and a file of that name wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.experiments.samples import file_or_sample, samples


def test_every_sample_file_is_a_sample(checkout: Path) -> None:
    files = {path.stem: path for path in (checkout / "sample_data").glob("*.yaml")}
    assert samples() == files
    assert "talk" in files


def test_a_name_stands_for_the_sample_unless_a_file_is_called_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkout: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert file_or_sample("talk") == checkout / "sample_data" / "talk.yaml"
    Path("talk").write_text("mine")
    assert file_or_sample("talk") == Path("talk")
    assert file_or_sample("nothing.yaml") == Path("nothing.yaml")
