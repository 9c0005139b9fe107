"""The programs that run on real cores: C sources, and how they are compiled.

``README.md`` beside this file is the contract between them and the backends.
"""

from __future__ import annotations

from workbench.backends.guest.build import Compiler, Guest, compiler, guest

__all__ = ["Compiler", "Guest", "compiler", "guest"]
