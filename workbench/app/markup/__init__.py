"""HTML that changes in place."""

from workbench.app.markup.markup import Markup

__all__ = ["Markup"]
