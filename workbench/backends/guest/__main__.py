"""Compile the guest programs: ``python -m workbench.backends.guest``."""

from workbench.backends.guest.build import main

main()
