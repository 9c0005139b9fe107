"""Small configurations and what `explain` says of them, for tests."""

from __future__ import annotations

from tests.nodes import PARENT, config
from workbench.scenario import init_config
from workbench.scenario.boot import Boot
from workbench.scenario.explain import Explanation, explain
from workbench.scenario.machine_cpus import Machine
from workbench.scenario.model import Scenario

K, M, G = 2**10, 2**20, 2**30
SPACE = '<affinity-space width="4"/>'
TIMER = '<start name="timer"><provides><service name="Timer"/></provides></start>'
WITH_TIMER = PARENT.replace("</parent", '<service name="Timer"/></parent')


def scenario(*parts: str) -> Scenario:
    """Return the scenario of a configuration with these parts."""
    return init_config.read(config(*parts))


def init(*inside: str, name: str = "outer", more: str = "", config: str = "") -> str:
    """Return the start node of a nested init."""
    return (
        f'<start name="{name}" caps="1000" ram="64M"><binary name="init"/>{more}'
        f"<config {config}>{''.join(inside)}</config></start>"
    )


def on4(what: Scenario, **settings: object) -> dict[str, Explanation]:
    """Explain on base-hw with four CPUs."""
    return explain(what, Machine(4), **settings)  # type: ignore[arg-type]


def denied(found: Explanation) -> dict[str, str]:
    """Return the sessions that fail, with their outcome."""
    return {s.service: s.outcome for s in found.sessions if s.outcome != "ok"}


def outer_route(*rules: str) -> str:
    """Return a route with these rules before the usual one."""
    return f"<route>{''.join(rules)}<any-service><parent/><any-child/></any-service></route>"


def booted(what: Scenario, *modules: str) -> Scenario:
    """Return a scenario whose boot image holds these modules."""
    return what.but(boot=Boot(modules=modules))
