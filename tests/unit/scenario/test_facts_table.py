"""The facts about Genode's init, statement by statement, against what `explain` predicts.

The table is ``tests/facts/init.yaml``, in the order of the facts; it is read as a user's
file would be.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench import formats
from workbench.formats.syntax import init_syntax
from workbench.scenario.explain import Explanation, explain
from workbench.scenario.machine_cpus import Machine
from workbench.scenario.units import parse_amount

TABLE = yaml.safe_load((Path(__file__).parents[2] / "facts" / "init.yaml").read_text())
ROWS = [row for row in TABLE if "fact" in row]

PARENT = (
    "<parent-provides>"
    + "".join(f'<service name="{service}"/>' for service in ("LOG", "PD", "CPU", "ROM"))
    + "</parent-provides>"
)
ROUTE = "<default-route><any-service><parent/><any-child/></any-service></default-route>"
DEFAULT = '<default caps="200" ram="8M"/>'
SHORT = {
    "<usual/>": PARENT + ROUTE + DEFAULT,
    "<usual-but-default/>": PARENT + ROUTE,
    "<usual-but-route/>": PARENT + DEFAULT,
}
HID_USUAL = """+ parent-provides
  + service LOG
  + service PD
  + service CPU
  + service ROM
+ default-route
  + any-service
    + parent
    + any-child
+ default | caps: 200 | ram: 8M
"""


def document(row: dict[str, Any]) -> formats.Document:
    """Read a row's configuration as a file of its syntax."""
    if "hid" in row:
        return formats.read_text(f"config\n{HID_USUAL}{row['hid']}-\n", "hid")
    text = row["config"] if row.get("bare") else "<usual/>" + row["config"]
    for short, long in SHORT.items():
        text = text.replace(short, long)
    attributes = "".join(f' {name}="{value}"' for name, value in row.get("attributes", {}).items())
    return formats.read_text(f"<config{attributes}>{text}</config>", "xml-classic")


def explained(row: dict[str, Any]) -> dict[str, Explanation]:
    read = document(row)
    return explain(
        read.experiment.scenario,
        Machine(row.get("cpus", 4), row.get("kernel", "hw"), row.get("threads", 1)),
        ram_bytes=parse_amount(row["ram"]) if "ram" in row else None,
        caps=row.get("caps"),
        release=row.get("release", "26.02"),
        syntax=init_syntax(read),
    )


def sessions(found: Explanation) -> dict[str, str]:
    """Return for each service ``ok PROVIDER`` or why it is denied; of several the worst."""
    told: dict[str, str] = {}
    for session in found.sessions:
        if not told.get(session.service, "ok").startswith("ok"):
            continue
        ok = session.outcome == "ok"
        told[session.service] = f"ok {session.provider}" if ok else session.outcome
    return told


def in_this_order(wanted: list[str], lines: tuple[str, ...]) -> bool:
    rest = iter(lines)
    return all(any(want in line for line in rest) for want in wanted)


@pytest.mark.parametrize("row", ROWS, ids=[row["fact"][:60] for row in ROWS])
def test_a_fact(row: dict[str, Any]):
    found = explained(row)
    for path, expected in row["expect"].items():
        one = found[path]
        told: dict[str, Any] = {
            "starts": one.starts,
            "cpus": list(one.cpus.all),
            "main": one.cpus.main,
            "space": [one.cpus.width, one.cpus.height],
            "ram": one.ram_bytes,
            "caps": one.caps,
        }
        for what, value in expected.items():
            if what == "sessions":
                have = sessions(one)
                assert {service: have.get(service) for service in value} == value, path
            elif what == "log":
                assert in_this_order(value, one.messages), (path, one.messages)
                assert value or not one.messages, (path, one.messages)
            else:
                assert told[what] == (parse_amount(value) if what == "ram" else value), (path, what)


def test_every_row_says_something():
    for row in ROWS:
        assert row["expect"], row["fact"]
        assert all(row["expect"].values()), row["fact"]
    assert len({row["fact"] for row in ROWS}) == len(ROWS)
