"""The genode backend: a scenario runs in the user's own Genode build directory.

Genode embeds the configuration of `init` in its boot image, so a run goes
through the build directory: `backend` has a run script written there and
starts the run tool, `run_tool` streams its console, `log` understands the lines, and
`results` makes the dataset of what the benchmark printed.
"""
