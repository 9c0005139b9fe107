"""The Python API: load, edit, save, run, compare; what its objects show in a notebook."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import workbench
from tests import fake_backend
from tests.fake_backend import FakeBackend, experiment
from workbench import formats
from workbench.errors import InputError
from workbench.results.store import RunStore
from workbench.scenario import edits
from workbench.scenario.model import Rectangle


@pytest.fixture
def backend() -> FakeBackend:
    return fake_backend.install()


@pytest.fixture
def project(tmp_path: Path, backend: FakeBackend) -> workbench.Project:
    file = tmp_path / "small.yaml"
    formats.save(experiment(), file)
    return workbench.load(file)


def faulty() -> workbench.Project:
    return workbench.Project(experiment(variants=())).edit(
        lambda s: s.replaced("blinktree1", lambda c: c.but(affinity=Rectangle(x=7, width=9)))
    )


def test_importing_the_package_is_cheap(checkout: Path) -> None:
    program = "import sys, workbench; print(sorted(m for m in sys.modules if 'workbench' in m))"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=checkout, check=True, capture_output=True, text=True
    )
    assert result.stdout.strip() == "['workbench']"
    assert {"load", "run", "compare"} <= set(dir(workbench))
    with pytest.raises(AttributeError, match="nonesuch"):
        workbench.nonesuch  # noqa: B018 - the look-up is what is tested


def test_a_project_is_loaded_from_a_path_or_a_text(project: workbench.Project) -> None:
    assert project.experiment == experiment()
    assert workbench.load(str(project.document.path)) == project
    assert workbench.load(project.to_yaml()).experiment == project.experiment
    xml = workbench.load(project.to_xml())
    assert [c.name for c in xml.scenario.components] == ["timer", "blinktree1", "blinktree2"]
    with pytest.raises(InputError, match="no such file"):
        workbench.load("nonesuch.yaml")


def test_an_edit_makes_another_project(project: workbench.Project) -> None:
    moved = project.edit(lambda s: edits.move(s, "blinktree1", Rectangle(x=2, width=3)))
    assert moved.scenario.component("blinktree1").affinity == Rectangle(x=2, width=3)
    assert project.scenario == experiment().scenario
    assert 'xpos="2"' in moved.to_xml()
    assert project.with_(replications=9).experiment.replications == 9


def test_the_xml_of_a_variant_has_its_rectangles(project: workbench.Project) -> None:
    scenario = formats.read_text(project.to_xml("partitioned"), "xml-classic").experiment.scenario
    for name in ("blinktree1", "blinktree2"):
        expected = project.variant("partitioned").component(name).affinity
        assert scenario.named(name).affinity == expected
    with pytest.raises(InputError, match='Did you mean "partitioned"'):
        project.to_xml("partitoned")


def test_saving_keeps_comments_and_what_others_wrote(project: workbench.Project) -> None:
    path = project.document.path
    path.write_text("# mine\n" + path.read_text())
    opened = workbench.load(path)
    saved = opened.with_(replications=7).save()
    assert path.read_text().startswith("# mine\n")
    assert workbench.load(path).experiment.replications == 7
    path.write_text(path.read_text() + "# theirs\n")
    with pytest.raises(formats.ChangedOnDisk):
        saved.with_(replications=8).save()
    saved.with_(replications=8).save(overwrite=True)
    assert workbench.load(path).experiment.replications == 8
    with pytest.raises(InputError, match="no file yet"):
        workbench.Project(experiment()).save()


def test_results_carry_data_numbers_and_origin(project: workbench.Project, home: Path) -> None:
    results = workbench.run(project, replications=4, parameters={"window": 9}, progress=False)
    assert dict(results.dataset.sizes) | {"variant": 2, "workload": 2, "replication": 4} == dict(
        results.dataset.sizes
    )
    assert [run.status for run in results.runs] == ["done"] * 4
    with RunStore(home) as store:
        assert [run.id for run in store.runs()] == list(results.run_ids)[::-1]
    assert [run["id"] for run in results.summary()["runs"]] == list(results.run_ids)
    shown = results._repr_html_()
    for words in ("op/s", "n = 4", "95 % CI", "simulation (fake)", "partitioned"):
        assert words in shown


def test_compare_takes_results_datasets_and_run_ids(project: workbench.Project) -> None:
    results = workbench.run(project, progress=False)
    expected = workbench.compare(results).ratios()
    assert expected[0].ratio == pytest.approx(4.0)
    for same in (results.run_ids, results.dataset, results.comparison):
        assert workbench.compare(same).ratios() == expected
    with pytest.raises(InputError, match="no run"):
        workbench.compare(["99"])


def test_a_single_choice_is_run(project: workbench.Project, backend: FakeBackend) -> None:
    workbench.run(
        project, variants=["partitioned"], workloads=["insert"], seed=5, backend="fake",
        progress=False,
    )  # fmt: skip
    assert {(job.variant, job.workload) for job in backend.started} == {("partitioned", "insert")}


def test_a_faulty_scenario_is_refused_until_one_has_chosen(backend: FakeBackend) -> None:
    project = faulty()
    with pytest.raises(InputError, match=r"mend=True.*mend=False"):
        workbench.run(project, progress=False)
    workbench.run(project, mend=False, progress=False)
    assert backend.started[-1].scenario.component("blinktree1").affinity.x == 7
    workbench.run(project, mend=True, progress=False)
    scenario = backend.started[-1].scenario
    assert scenario.effective_space.contains(scenario.component("blinktree1").affinity)
    assert project.mended().problems == ()


def test_a_run_without_any_result_says_why(project: workbench.Project) -> None:
    with pytest.raises(InputError, match="as it was told to"):
        workbench.run(project, parameters={"fail": "boot-timeout"}, progress=False)


def test_a_project_shows_components_placements_and_problems(project: workbench.Project) -> None:
    shown = project._repr_html_()
    for words in ("small", "8×1 cores", "blinktree2", "cores 1 to 7", "partitioned", "3 repl"):
        assert words in shown
    (problem,) = faulty().problems
    assert problem.message in faulty()._repr_html_().replace("&quot;", '"')


def test_what_cannot_be_used_is_one_clear_message() -> None:
    project = workbench.load("talk")
    for change, said in (
        ({"replication": 3}, "replications"),
        ({"replications": 0}, "replications"),
        ({"seed": 2**80}, "seed"),
    ):
        with pytest.raises(InputError, match=said):
            project.with_(**change)
    with pytest.raises(InputError, match="replications"):
        workbench.run(project, replications=0)
    with pytest.raises(InputError, match="int"):
        workbench.run(7)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="No run"):
        workbench.compare([])
    with pytest.raises(InputError, match='no run "31337"'):
        workbench.compare("31337")


NESTED = """<config>
  <affinity-space width="4"/>
  <parent-provides>
    <service name="LOG"/><service name="PD"/><service name="CPU"/><service name="ROM"/>
  </parent-provides>
  <default-route><any-service><parent/><any-child/></any-service></default-route>
  <default caps="100"/>
  <start name="outer" caps="900"><binary name="init"/>
    <resource name="RAM" quantum="64M"/>
    <affinity xpos="2" width="2"/>
    <config>
      <affinity-space width="2"/>
      <parent-provides>
        <service name="LOG"/><service name="PD"/><service name="CPU"/><service name="ROM"/>
      </parent-provides>
      <default-route><any-service><parent/></any-service></default-route>
      <default caps="100"/>
      <start name="a" ram="2M"><affinity xpos="1"/></start>
    </config>
  </start>
</config>
"""


def test_a_configuration_is_explained_and_checked_for_a_machine_and_a_release() -> None:
    project = workbench.load(NESTED)
    found = project.explain(4, ram="100M", caps=2000)
    assert {path: each.cpus.all for path, each in found.items()} == {
        "outer": (2, 3),
        "outer -> a": (3,),
    }
    assert found["outer"].ram_bytes == 64 * 2**20 - 248 * 2**10
    assert project.explain(8, kernel="nova", threads=2)["outer -> a"].cpus.all == (6, 7)
    assert project.check() == ()
    old = project.check(profile="22.02")
    assert {(p.code, p.path) for p in old} == {("ram-attribute-ignored", "outer -> a")}
    assert {p.code for p in project.check(ram="32M")} == {"ram-overcommitted"}
    mended = project.edit(old[0].fix.apply)
    assert mended.check(profile="22.02") == ()
    assert mended.to_xml().count('quantum="2M"') == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: p.check(profile="21.05"), "22.02, 26.02"),
        (lambda p: p.check(ram="lots"), "1008M"),
        (lambda p: p.explain(4, kernel="seL4"), "hw, nova, linux"),
        (lambda p: p.explain(0), "1 to 4096"),
    ],
)
def test_machines_and_releases_that_are_not_known(call, words: str) -> None:
    with pytest.raises(InputError, match=words):
        call(workbench.load(NESTED))
