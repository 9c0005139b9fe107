"""Measure this machine and write its profile; see `workbench.backends.calibration.profile`."""
