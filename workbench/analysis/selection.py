"""What is selected: one object that all views of a session share."""

from __future__ import annotations

import param

__all__ = ["Selection"]


class Selection(param.Parameterized):  # type: ignore[misc]
    """The selected component, core and run; each may be None.

    Every view highlights what is selected here and writes here what is tapped
    in it, so no view needs to know another one.
    """

    component: str | None = param.String(default=None, allow_None=True, doc="Name of a component.")
    core: int | None = param.Integer(
        default=None, allow_None=True, bounds=(0, None), doc="Cell of the space, y * width + x."
    )
    run: str | None = param.String(default=None, allow_None=True, doc="Id of a run.")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self.component is None and self.core is None and self.run is None

    def toggle(self, **choice: str | int | None) -> None:
        """Select what is named, or unselect it where it is selected already.

        >>> selection = Selection()
        >>> selection.toggle(core=3)
        >>> selection.core
        3
        >>> selection.toggle(core=3)
        >>> selection.is_empty
        True
        """
        self.param.update(
            **{
                kind: None if getattr(self, kind) == value else value
                for kind, value in choice.items()
            }
        )

    def clear(self) -> None:
        """Select nothing."""
        self.param.update(component=None, core=None, run=None)
