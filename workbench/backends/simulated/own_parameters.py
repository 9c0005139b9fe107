"""The simulation's own parameters: those of no machine profile and no workload table."""

from __future__ import annotations

from workbench.backends.machine import machine_names
from workbench.backends.simulated.policy import policy_names
from workbench.backends.tables import Setting

__all__ = ["DEFAULT_MACHINE", "own_settings"]

DEFAULT_MACHINE = "talk"


def own_settings() -> dict[str, tuple[str, Setting]]:
    """Return the settings by name, each with its group."""
    return _placement() | _policy() | _record()


def _placement() -> dict[str, tuple[str, Setting]]:
    return {
        "machine": (
            "machine",
            Setting(
                value=DEFAULT_MACHINE,
                doc=f"Machine profile: {', '.join(machine_names())}, or the path of a YAML file.",
                source="The talk's experiment.",
            ),
        ),
        "workers": (
            "workload",
            Setting(
                value=0,
                doc=(
                    "Workers of each instance, spread over the cores of its rectangle; "
                    "0 means one per core, as in the talk."
                ),
                source="The talk's design; a number gives every placement equally many threads.",
                maximum=4096,
            ),
        ),
        "memory": (
            "workload",
            Setting(
                value="interleaved",
                doc=(
                    "Where an instance's data lie: on all NUMA nodes of the machine "
                    "(interleaved), on those of its own cores (local), or all on the node of "
                    "its first core (one-node)."
                ),
                source="Assumption: Genode hands memory out without regard to the placement.",
                choices=("interleaved", "local", "one-node"),
            ),
        ),
        "core_changes": (
            "workload",
            Setting(
                value="",
                doc=(
                    "Cores withdrawn and granted while it runs, such as "
                    '"20 blinktree1 -43:63; 40 blinktree1 +43:63": at 20 ms cores 43 to 63 are '
                    "withdrawn from blinktree1, at 40 ms it gets them back."
                ),
                source="Our choice: placements stay as they are.",
            ),
        ),
        "delegation": (
            "workload",
            Setting(
                value="on",
                doc=("off: whoever gets to an owner's task runs it, to see what delegation costs."),
                source="As the workload says.",
                choices=("on", "off"),
            ),
        ),
    }


def _policy() -> dict[str, tuple[str, Setting]]:
    return {
        "policy": (
            "policy",
            Setting(
                value="nova",
                doc="Who gets a core that several workers want.",
                source="The kernel of the talk's machine is a fork of NOVA.",
                choices=policy_names(),
            ),
        ),
        "super_period_ms": (
            "policy",
            Setting(
                value=1000.0,
                doc="base-hw: the period in which every component may use up its CPU quota.",
                source="Genode's kernel base-hw.",
                minimum=0.001,
                maximum=1e6,
            ),
        ),
        "fill_slice_ms": (
            "policy",
            Setting(
                value=10.0,
                doc="base-hw: the slice of those that have used up their quota, or have none.",
                source="Genode's kernel base-hw.",
                minimum=0.001,
                maximum=1e6,
            ),
        ),
        "cpu_quota": (
            "policy",
            Setting(
                value="",
                doc=(
                    "base-hw: per cent of each of its cores that an instance may claim by its "
                    'priority, such as "blinktree1 50; blinktree2 20"; the others claim nothing.'
                ),
                source="Our choice: init configurations of today say no CPU quota.",
            ),
        ),
    }


def _record() -> dict[str, tuple[str, Setting]]:
    return {
        "batching": (
            "backend",
            Setting(
                value="on",
                doc=(
                    "Whether workers that depend on no other one, as in lookups, run many "
                    "operations as one event; off: each is an event."
                ),
                source="Our choice; the difference lies below the spread of the results.",
                choices=("on", "off"),
            ),
        ),
        "raster_ms": (
            "backend",
            Setting(
                value=5.0,
                doc="Width of the bins of the occupancy raster; doubles where a run needs it.",
                source="Our choice, half a quantum.",
                minimum=0.001,
                maximum=1e6,
            ),
        ),
        "timeline_start_ms": (
            "backend",
            Setting(
                value=0.0,
                doc="When the recording of the timeline begins.",
                source="Our choice.",
                maximum=1e7,
            ),
        ),
        "timeline_ms": (
            "backend",
            Setting(
                value=0.0,
                doc=(
                    "How long what each core does is recorded; 0 means not at all. The same "
                    "seed gives the same run, recorded or not."
                ),
                source="Our choice: results stay small.",
                maximum=2000,
            ),
        ),
        "timeline_segments": (
            "backend",
            Setting(
                value=200000,
                doc="Most segments of the timeline; the recording ends when they are used up.",
                source="Our choice, 3 MB.",
                minimum=1,
                maximum=20000000,
            ),
        ),
    }
