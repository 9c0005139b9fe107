"""The panel that asks why: it answers, says what is wrong, and can be cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import holoviews as hv
import pytest

from tests.unit.analysis.test_attribution import COSTLY_SWITCH
from workbench.analysis.groups import comparisons_of
from workbench.app.compare_why import WhyPanel
from workbench.experiments.jobs import JobManager
from workbench.results.store import RunStore

hv.extension("bokeh", logo=False)

# FileDownload of panel-material-ui hands both on to Panel's.
pytestmark = pytest.mark.filterwarnings("ignore:Both 'variant' and 'button_style'")


@pytest.fixture
def panel(tmp_path: Path) -> Iterator[WhyPanel]:
    with RunStore(tmp_path) as store, JobManager(store) as jobs:
        ids = jobs.submit(COSTLY_SWITCH, workloads=["lookup"], replications=2)
        assert jobs.wait(ids, 60.0)
        (comparison,) = comparisons_of(store, [store.run(run_id) for run_id in ids])
        yield WhyPanel(store, comparison)


def said(panel: WhyPanel) -> str:
    texts = (getattr(part, "object", None) for part in panel._answer)
    return "".join(text for text in texts if isinstance(text, str))


def test_it_answers_in_every_metric(panel: WhyPanel) -> None:
    panel.ask()
    assert panel._note.object == ""
    assert "Direct cost of a switch: 1.3" in said(panel)
    assert "No part in either" in said(panel)
    window = said(panel)
    panel._metric.value = "throughput_self"
    assert said(panel) != window
    assert not panel._ask.disabled


def test_what_cannot_be_asked_is_said(panel: WhyPanel) -> None:
    panel._second.value = panel._first.value
    panel.ask()
    assert "does not differ from itself" in panel._note.object
    assert not panel._answer
    assert not panel._stop.visible
