"""Colours that anyone can tell apart, on a light and on a dark page."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from workbench.analysis.colours import (
    BUCKET_COLOURS,
    NEUTRAL,
    PALETTE,
    component_colours,
    text_colour,
)
from workbench.results.schema import BUCKETS

# Machado, Oliveira, Fernandes 2009, severity 1; applied to linear RGB.
SIGHT = {
    "usual": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear(colour: str) -> NDArray[np.float64]:
    rgb = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    x = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(colour: str, page: str) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    light = sorted((float(linear(c) @ weights) for c in (colour, page)), reverse=True)
    return (light[0] + 0.05) / (light[1] + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("colours", [PALETTE, tuple(BUCKET_COLOURS.values())])
def test_any_two_colours_differ_clearly(sight: str, colours: tuple[str, ...]) -> None:
    seen = {colour: lab(SIGHT[sight] @ linear(colour)) for colour in colours}
    nearest = min(
        float(np.linalg.norm(seen[a] - seen[b])) for a, b in itertools.combinations(colours, 2)
    )
    assert nearest > 12  # a difference of 2.3 is just noticeable side by side


@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_colours_stand_out_from_the_page(page: str) -> None:
    assert min(contrast(colour, page) for colour in PALETTE) > 2.2
    assert contrast(NEUTRAL, page) > 4


def test_every_bucket_has_a_colour() -> None:
    assert tuple(BUCKET_COLOURS) == (*BUCKETS, "held")


@pytest.mark.parametrize("background", [*PALETTE, *BUCKET_COLOURS.values()])
def test_text_reads_on_its_background(background: str) -> None:
    assert contrast(text_colour(background), background) > 4.4


def test_the_talks_components_have_the_first_three_colours() -> None:
    names = ["timer", "blinktree1", "blinktree2", "blinktree3"]
    assert [component_colours(names)[name] for name in names[1:]] == list(PALETTE[:3])


@given(st.integers(2, 8), st.data())
def test_a_component_keeps_its_colour_when_siblings_go(n: int, data: st.DataObject) -> None:
    names = [f"blinktree{i + 1}" for i in range(n)]
    left = data.draw(st.lists(st.sampled_from(names), unique=True))
    before, after = component_colours(names), component_colours(left)
    assert {name: before[name] for name in left} == after


@given(st.lists(st.text(max_size=6), unique=True))
def test_colours_do_not_depend_on_the_order(names: list[str]) -> None:
    forward, backward = component_colours(names), component_colours(names[::-1])
    assert forward == {name: backward[name] for name in names}
    if len(names) <= len(PALETTE):
        assert len(set(forward.values())) == len(names)
