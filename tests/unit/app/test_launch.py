"""The form that starts runs: what it submits, and what it asks before."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.app.runs_launch import LaunchForm
from workbench.app.state import AppState
from workbench.errors import InputError
from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import AffinitySpace, Component, PlacementRule, Rectangle, Scenario


class Jobs:
    """Stands for the manager: keeps what was submitted."""

    store = None

    def __init__(self) -> None:
        self.submitted: list[dict[str, Any]] = []
        self.refusal: InputError | None = None

    def submit(self, experiment: Experiment, **options: Any) -> tuple[str, ...]:
        if self.refusal is not None:
            raise self.refusal
        self.submitted.append(options | {"experiment": experiment})
        return ("7",)


def experiment(outside: bool) -> Experiment:
    blinktree = Component(
        id="blinktree1",
        name="blinktree1",
        binary="blinktree",
        ram_bytes="1G",
        caps=1000,
        affinity=Rectangle(x=6 if outside else 1, width=7),
    )
    timer = Component(id="timer", name="timer", ram_bytes="8M", caps=100, provides=("Timer",))
    services = ("CPU", "LOG", "PD", "RM", "ROM")
    return Experiment(
        name="small",
        scenario=Scenario(
            space=AffinitySpace(width=8, height=1),
            parent_provides=services,
            default_route=({"targets": [{"kind": "parent"}, {"kind": "any-child"}]},),  # type: ignore[arg-type]
            components=(timer, blinktree),
        ),
        variants=(
            Variant(name="one"),
            Variant(name="two", placement=PlacementRule(rule="time-share")),
        ),
        workloads=("insert",),
        replications=3,
        seed=5,
    )


def form_of(outside: bool) -> tuple[LaunchForm, Jobs, list[tuple[str, ...]]]:
    jobs, started = Jobs(), []
    state = AppState(experiment(outside), jobs=jobs)  # type: ignore[arg-type]
    return LaunchForm(state, started.append), jobs, started


def press(form: LaunchForm, hook: str) -> None:
    (button,) = [
        part for part in form.__panel__().select() if hook in getattr(part, "css_classes", [])
    ]
    button.clicks += 1


def test_the_form_submits_what_the_experiment_says() -> None:
    form, jobs, started = form_of(outside=False)
    press(form, "launch")
    (options,) = jobs.submitted
    assert options["variants"] == ["one", "two"]
    assert options["workloads"] == ["insert"]
    assert (options["backend"], options["replications"], options["seed"]) == ("simulated", 3, 5)
    assert options["mend"] is False
    assert started == [("7",)]
    assert options["experiment"].half_width is None


def test_the_half_width_is_given_in_percent() -> None:
    form, jobs, _ = form_of(outside=False)
    form._half_width.widget.value = "zero"
    assert form._start.disabled
    form._half_width.widget.value = "5"
    form._limit.widget.value = "40"
    assert "within ±5 %, up to 80" in form._extent.object
    press(form, "launch")
    (options,) = jobs.submitted
    assert options["experiment"].half_width == pytest.approx(0.05)
    assert options["experiment"].max_replications == 40


@pytest.mark.parametrize(("answer", "mend"), [("as-init", False), ("mend", True)])
def test_a_faulty_scenario_is_asked_about_before_it_runs(answer: str, mend: bool) -> None:
    form, jobs, _ = form_of(outside=True)
    press(form, "launch")
    assert jobs.submitted == []
    press(form, answer)
    assert [options["mend"] for options in jobs.submitted] == [mend]


def test_going_back_submits_nothing() -> None:
    form, jobs, _ = form_of(outside=True)
    press(form, "launch")
    press(form, "launch-back")
    assert jobs.submitted == []
    with pytest.raises(ValueError, match="unpack"):
        press(form, "mend")  # the question is gone


def test_what_the_backend_refuses_is_said_in_the_form() -> None:
    form, jobs, started = form_of(outside=False)
    jobs.refusal = InputError("The workload is unknown.", "Choose another one.")
    press(form, "launch")
    assert started == []
    (alert,) = [
        part
        for part in form.__panel__().select()
        if "launch-error" in getattr(part, "css_classes", [])
    ]
    assert (alert.title, alert.object) == ("The workload is unknown.", "Choose another one.")


def test_choices_survive_edits_and_end_with_another_experiment() -> None:
    state = AppState(experiment(outside=False), jobs=Jobs())  # type: ignore[arg-type]
    form = LaunchForm(state, lambda _: None)
    form._replications.show("7")
    form._seed.show("11")
    form._workloads.value = ["lookup"]
    form._set("quantum_ms", 1.5)
    state.edit("Title", lambda e: e.but(title="Another"))
    assert (form._replications.text, form._seed.text) == ("7", "11")
    assert form._workloads.value == ["lookup"]
    assert form._settings == {"quantum_ms": 1.5}
    state.edit("Replications", lambda e: e.but(replications=4))
    assert (form._replications.text, form._seed.text) == ("4", "11")
    state.open(experiment(outside=False).but(name="other"))
    assert (form._replications.text, form._seed.text) == ("3", "5")
    assert form._workloads.value == ["insert"]
    assert form._settings == {}
