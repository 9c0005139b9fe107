"""Presentation mode: large type and nothing but what the audience is to see."""

from workbench.app.presentation.presentation import Presentation

__all__ = ["Presentation"]
