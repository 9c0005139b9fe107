"""One file per scheduling policy; see `workbench.backends.simulated.policy`."""
