"""``--set`` takes the scalars of YAML 1.2, of the parameter's type, and nothing else."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.backends.base import ParameterInfo
from workbench.errors import InputError
from workbench.experiments.settings import parse_settings


def info(name: str, default: object, *choices: object) -> ParameterInfo:
    return ParameterInfo(name, default, "What it is.", "test", "machine", choices)  # type: ignore[arg-type]


INFOS = (
    info("flag", True),
    info("count", 1500),
    info("quantum_ms", 10.0),
    info("sync", "queue", "queue", "olfit"),
    info("label", "x"),
)


def parsed(*texts: str) -> dict:
    return parse_settings(texts, lambda _: INFOS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("flag=true", True),
        ("flag=False", False),
        ("count=010", 10),
        ("count=-3", -3),
        ("count=+3", 3),
        ("count=0o17", 15),
        ("count=0xFf", 255),
        ("quantum_ms=1.5", 1.5),
        ("quantum_ms=2", 2.0),
        ("quantum_ms=.5", 0.5),
        ("quantum_ms=1e-3", 0.001),
        ("quantum_ms=1.", 1.0),
        ("sync=olfit", "olfit"),
        ("label=no", "no"),
        ("label=on", "on"),
        ("label=12:30", "12:30"),
        ("label=010", "010"),
        ("label=a=b", "a=b"),
        ("label=", ""),
        (" label = y ", "y"),
    ],
)
def test_values_have_the_type_of_the_default(text: str, value: object) -> None:
    (found,) = parsed(text).values()
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("flag=yes", "true or false"),
        ("flag=1", "true or false"),
        ("count=1.5", "whole number"),
        ("count=1_000", "whole number"),
        ("count=", "whole number"),
        ("count=१", "whole number"),
        ("quantum_ms=fast", "a number"),
        ("quantum_ms=.inf", "a number"),
        ("quantum_ms=nan", "a number"),
        ("quantum_ms=1e999", "a number"),
        ("quantum_ms=10 ms", "a number"),
        ("sync=oflit", "queue, olfit"),
        ("quantum=1", "Did you mean quantum_ms"),
        ("zzz=1", "workbench parameters"),
        ("flag", "NAME=VALUE"),
        ("=1", "NAME=VALUE"),
    ],
)
def test_what_does_not_suit_is_refused_with_a_hint(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parsed(text)


def test_the_last_value_of_a_name_holds() -> None:
    assert parsed("count=1", "count=2") == {"count": 2}


def test_a_parameter_that_another_one_brings_is_found_in_any_order() -> None:
    def known(chosen: dict) -> list[ParameterInfo]:
        extra = [info("slice_ms", 1.0)] if chosen.get("policy") == "gang" else []
        return [info("policy", "nova"), *extra]

    expected = {"policy": "gang", "slice_ms": 3.0}
    assert parse_settings(["slice_ms=3", "policy=gang"], known) == expected
    with pytest.raises(InputError, match="slice_ms"):
        parse_settings(["slice_ms=3"], known)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_python_writes_is_read(value: float) -> None:
    assert parsed(f"quantum_ms={value!r}") == {"quantum_ms": value}


@given(st.text())
def test_any_text_is_a_value_or_refused(text: str) -> None:
    for name in ("flag", "count", "quantum_ms", "sync"):
        with contextlib.suppress(InputError):
            parsed(f"{name}={text}")
