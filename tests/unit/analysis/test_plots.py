"""The plots: what is drawn, what a tap selects, what a selection changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import holoviews as hv
import pytest
from bokeh.models import GlyphRenderer, Text

from tests.datasets import RATES, run, talk
from workbench.analysis.colours import BUCKET_COLOURS, PALETTE
from workbench.analysis.comparison import Comparison
from workbench.analysis.plots import Plots, plot_names, plot_title
from workbench.analysis.plots.base import draw
from workbench.analysis.selection import Selection
from workbench.results.schema import join

hv.extension("bokeh")

ONE_RUN: dict[str, dict[str, Any]] = {
    "throughput": {"workload": "insert"},
    "ratio": {},
    "utilisation": {"workload": "insert", "variant": "partitioned"},
    "accounting": {"workload": "insert"},
}


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return Comparison(talk(cores=16))


@pytest.fixture
def selection() -> Selection:
    return Selection()


def boxes(plot: hv.DynamicMap) -> list[dict[str, Any]]:
    """Return the rectangles that stand for data, as one mapping each."""
    drawn = plot[()].traverse(lambda part: part, [hv.Rectangles])
    frames = [part.dframe() for part in drawn if "opacity" in part]
    return [row for frame in frames for row in frame.to_dict("records")]


def tap(plot: hv.DynamicMap, x: float, y: float) -> None:
    (stream,) = [stream for stream in plot.streams if isinstance(stream, hv.streams.Tap)]
    stream.event(x=x, y=y)


def brush(plot: hv.DynamicMap, *bounds: float) -> None:
    (stream,) = [stream for stream in plot.streams if isinstance(stream, hv.streams.BoundsXY)]
    stream.event(bounds=bounds)


def glyphs(plot: Any) -> Iterator[Any]:
    return (part.glyph for part in hv.render(plot).renderers if hasattr(part, "glyph"))


def test_registry_knows_the_plots() -> None:
    assert plot_names() == (
        "throughput",
        "ratio",
        "latency",
        "activity",
        "utilisation",
        "accounting",
        "difference",
    )
    assert plot_title("ratio") == "Paired ratio"
    with pytest.raises(AttributeError, match="there are throughput"):
        Plots(None).pie()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ONE_RUN)
def test_simulations_are_hatched_or_dashed_and_measurements_are_not(name: str) -> None:
    for kind in ("simulation", "measurement"):
        runs = [
            run("insert", variant, cores=8, replications=3, kind=kind)
            for variant in ("time-shared", "partitioned")
        ]
        dataset = join([join(runs, variant=["time-shared", "partitioned"])], workload=["insert"])
        plot = draw(name, Comparison(dataset), Selection(), **ONE_RUN[name])
        marked = any(
            getattr(glyph, "hatch_pattern", None)
            or getattr(glyph, "line_dash", "solid") not in ([], "solid", None)
            for glyph in glyphs(plot)
        )
        assert marked == (kind == "simulation")
        assert kind in hv.render(plot).title.text


def test_bars_stack_the_components_to_the_total(compared: Comparison, selection: Selection) -> None:
    rows = boxes(draw("throughput", compared, selection, workload="insert"))
    bar = [r for r in rows if (r["variant"], r["metric"]) == ("partitioned", "steady window")]
    assert [row["component"] for row in bar] == ["blinktree1", "blinktree2", "blinktree3"]
    assert [row["colour"] for row in bar] == list(PALETTE[:3])
    top = max(row["y1"] for row in bar)
    assert top == pytest.approx(RATES["insert", "partitioned"] / 1e6, rel=0.05)
    assert "95 % CI" in bar[0]["spread"]


def test_every_replication_is_visible(compared: Comparison, selection: Selection) -> None:
    overlay = draw("throughput", compared, selection, workload="lookup")[()]
    (points,) = overlay.traverse(lambda x: x, [hv.Points])
    assert len(points) == 3 * 2 * 10  # metrics, variants, replications


def test_a_tap_on_a_segment_selects_its_component(
    compared: Comparison, selection: Selection
) -> None:
    plot = draw("throughput", compared, selection, workload="insert")
    segment = next(row for row in boxes(plot) if row["component"] == "blinktree2")
    x, y = (segment["x0"] + segment["x1"]) / 2, (segment["y0"] + segment["y1"]) / 2
    tap(plot, x, y)
    assert selection.component == "blinktree2"
    # Now it stands at the bottom in full strength, and the others step back.
    lowest = {row["component"] for row in boxes(plot) if row["y0"] == 0}
    assert lowest == {"blinktree2"}
    assert {row["component"] for row in boxes(plot) if row["opacity"] == 1} == {"blinktree2"}
    tap(plot, x, 0.01)
    assert selection.component is None


def test_a_tap_above_a_bar_selects_the_run_everywhere(
    compared: Comparison, selection: Selection
) -> None:
    plot = draw("throughput", compared, selection, workload="insert")
    tap(plot, 0.0, 19.0)
    assert selection.run == "time-shared/insert"
    other = boxes(
        draw("utilisation", compared, selection, variant="partitioned", workload="insert")
    )
    assert max(row["opacity"] for row in other) < 0.5


def test_cells_are_filled_by_who_held_them(compared: Comparison, selection: Selection) -> None:
    plot = draw("utilisation", compared, selection, variant="partitioned", workload="insert")
    held: dict[int, set[str]] = {}
    for row in boxes(plot):
        held.setdefault(row["core"], set()).add(row["component"])
        assert row["y1"] - row["y0"] <= 1
    assert held == {core: {f"blinktree{(core - 1) // 5 + 1}"} for core in range(1, 16)}
    shared = draw("utilisation", compared, selection, variant="time-shared", workload="insert")
    assert {row["component"] for row in boxes(shared) if row["core"] == 7} == {
        "blinktree1",
        "blinktree2",
        "blinktree3",
    }


def test_a_tap_on_a_cell_selects_the_core_of_a_grid(selection: Selection) -> None:
    compared = Comparison(run("insert", "partitioned", cores=16), space=(4, 4))
    plot = draw("utilisation", compared, selection)
    tap(plot, 2.5, 3.5)
    assert selection.cores == (14,)
    tap(plot, 9.0, 1.0)
    assert selection.cores == (14,)
    brush(plot, 0.9, 2.2, 3.1, 0.2)  # the axis points down
    assert selection.cores == (1, 2, 5, 6)


def test_accounting_follows_the_selected_core_and_component(
    compared: Comparison, selection: Selection
) -> None:
    plot = draw("accounting", compared, selection, workload="insert", share=False)

    def spent(where: str) -> float:
        return sum(row["x1"] - row["x0"] for row in boxes(plot) if row["where"] == where)

    everything = spent("partitioned")
    elapsed = float(compared.run("partitioned", "insert").elapsed_seconds.mean())
    assert everything == pytest.approx(16 * elapsed)
    selection.cores = (3,)
    assert spent("partitioned") == pytest.approx(elapsed)
    selection.component = "blinktree3"  # it does not hold core 3
    assert spent("partitioned") == 0
    assert "core 3" in hv.render(plot).title.text


def test_accounting_shares_and_colours(compared: Comparison, selection: Selection) -> None:
    rows = boxes(draw("accounting", compared, selection, workload="insert"))
    shared = {row["bucket"]: row for row in rows if row["where"] == "time-shared"}
    waiting = shared["polling, owner off its core"]
    assert waiting["x1"] - waiting["x0"] == pytest.approx(70 * 15 / 16)
    assert waiting["colour"] == BUCKET_COLOURS["wait_owner"]
    assert max(row["x1"] for row in shared.values()) == pytest.approx(100)


@pytest.mark.parametrize(("by", "bars"), [("component", 6), ("core", 32)])
def test_accounting_by_component_and_core(
    compared: Comparison, selection: Selection, by: str, bars: int
) -> None:
    rows = boxes(draw("accounting", compared, selection, workload="insert", by=by))
    assert len({row["where"] for row in rows}) == bars


def test_ratio_of_the_selected_component(compared: Comparison, selection: Selection) -> None:
    plot = draw("ratio", compared, selection)
    assert hv.render(plot).title.text.startswith("partitioned / time-shared")
    selection.component = "blinktree1"
    assert "blinktree1" in hv.render(draw("ratio", compared, selection)).title.text
    tap(plot, 1.0, 5.0)  # rows count from below: the first is insert's steady window
    assert selection.run == "partitioned/insert"


def test_the_text_of_a_ratio_ends_where_the_plot_does(
    compared: Comparison, selection: Selection
) -> None:
    figure = hv.render(draw("ratio", compared, selection))
    (texts,) = [
        one for one in figure.select({"type": GlyphRenderer}) if isinstance(one.glyph, Text)
    ]
    placed = texts.data_source.data
    assert texts.glyph.text_align == "right"
    assert set(placed["x"]) == {figure.x_range.end}
    assert max(placed["y"]) < figure.y_range.end


def test_without_a_window_the_plots_say_so() -> None:
    runs = [
        run("insert", name, cores=4, replications=2, window=False)
        for name in ("time-shared", "partitioned")
    ]
    compared = Comparison(join(runs, variant=["time-shared", "partitioned"]))
    texts = [
        text
        for name in ("throughput", "ratio")
        for labels in draw(name, compared, Selection())[()].traverse(lambda x: x, [hv.Labels])
        for text in labels.dimension_values("text")
    ]
    assert texts.count("no common\nwindow") == 2
    assert any("not comparable" in text for text in texts)


@pytest.mark.parametrize("name", ONE_RUN)
def test_plots_of_everything_show_in_notebooks(compared: Comparison, name: str) -> None:
    figure = getattr(compared.plot, name)()
    assert hv.render(figure) is not None


@pytest.mark.parametrize("name", ["throughput", "utilisation", "accounting"])
def test_a_single_run_of_one_replication_can_be_drawn(name: str) -> None:
    compared = Comparison(run("insert", "partitioned", cores=4, replications=1))
    assert hv.render(getattr(compared.plot, name)()) is not None
