"""The registry of plots.

A plot is a function of a `Comparison` and the `Selection` that all views share;
it returns a HoloViews object. A new one is a module in this package with

    @plot("my-plot", "What it shows")
    def my_plot(comparison: Comparison, selection: Selection, *, dark: bool = False): ...

and its name in `_MODULES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.analysis.selection import Selection

if TYPE_CHECKING:
    from workbench.analysis.comparison import Comparison

__all__ = ["Plots", "draw", "plot", "plot_names", "plot_title"]

_MODULES = ("throughput", "ratio", "latency", "activity", "utilisation", "accounting", "difference")


@dataclass(frozen=True, slots=True)
class _Entry:
    title: str
    draw: Callable[..., Any]


_registry: dict[str, _Entry] = {}


def plot(name: str, title: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as the plot of a name."""

    def registered(function: Callable[..., Any]) -> Callable[..., Any]:
        _registry[name] = _Entry(title, function)
        return function

    return registered


def plot_names() -> tuple[str, ...]:
    """Return the names of all plots, in the order to show them."""
    for module in _MODULES:
        import_module(f"workbench.analysis.plots.{module}")
    place = {f"workbench.analysis.plots.{module}": at for at, module in enumerate(_MODULES)}
    last = len(_MODULES)  # plots that others registered
    return tuple(sorted(_registry, key=lambda n: place.get(_registry[n].draw.__module__, last)))


def plot_title(name: str) -> str:
    """Return what a plot shows, for headings."""
    plot_names()
    return _registry[name].title


def draw(name: str, comparison: Comparison, selection: Selection, **options: Any) -> Any:
    """Draw a plot by name."""
    plot_names()
    return _registry[name].draw(comparison, selection, **options)


class Plots:
    """The plots of a comparison as methods, under one selection of their own.

    ``comparison.plot.throughput()`` draws the plot of that name;
    ``comparison.plot.selection`` links all of them.
    """

    def __init__(self, comparison: Comparison, selection: Selection | None = None) -> None:
        self.selection = selection or Selection()
        self._comparison = comparison

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *plot_names()]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in plot_names():
            raise AttributeError(f"no plot {name}; there are {', '.join(plot_names())}")
        return lambda **options: draw(name, self._comparison, self.selection, **options)
