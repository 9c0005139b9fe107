"""The workbench's own file: an experiment as YAML that people write and read.

Saving over a file keeps its comments and whatever was not edited; see
`workbench.formats.yaml_patch`.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workbench.errors import InputError, Location
from workbench.formats.registry import Format, register
from workbench.formats.yaml_patch import kept_comments, patched
from workbench.formats.yaml_plain import plain
from workbench.formats.yaml_shape import VERSION, ExperimentShape, is_text
from workbench.formats.yaml_text import Loaded, Path, lines, load
from workbench.scenario.experiment import Experiment
from workbench.scenario.model import Scenario

__all__ = ["component_lines", "read", "write"]

_SPREAD = frozenset(("scenario", "components", "variants"))


def read(text: str) -> Experiment:
    """Return the experiment that a text describes."""
    loaded = load(text, is_text)
    _refuse_other_versions(loaded)
    try:
        shape = ExperimentShape.model_validate(loaded.data)
    except ValidationError as error:
        raise _refused(error, loaded) from None
    try:
        return shape.experiment()
    except ValidationError as error:
        what = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise InputError(
            f"{what[0].upper()}{what[1:]}.", "Rename all but one.", Location(line=1)
        ) from None


def write(experiment: Experiment, known: tuple[Experiment, str] | None = None) -> str:
    """Return an experiment as text; given the text read, its comments are kept."""
    new = plain(experiment)
    if known is None:
        return _written(new)
    old, text = known
    for draft in patched(text, plain(old), new):
        if _says(draft, experiment):
            return draft
    # A layout beyond the patcher's means: nothing but the comments can be kept.
    return kept_comments(text) + _written(new)


def component_lines(text: str, scenario: Scenario) -> dict[str, tuple[int, int]]:
    """Return the first and last line of each component's entry, by id."""
    loaded = load(text, is_text)
    return {
        component.id: loaded.line_span(("scenario", "components", index))
        for index, component in enumerate(scenario.components)
    }


def _written(data: dict[str, Any]) -> str:
    return lines(data, 0, _SPREAD) + "\n"


def _says(text: str, experiment: Experiment) -> bool:
    try:
        said = read(text)
    except InputError:
        return False
    # Equality alone would take 1 for 1.0 and for true.
    return said == experiment and repr(said) == repr(experiment)


def _refuse_other_versions(loaded: Loaded) -> None:
    data = loaded.data
    if not isinstance(data, dict) or "workbench" not in data:
        raise InputError(
            'This is not a workbench file: the key "workbench" is missing at its top.',
            f'Begin the file with "workbench: {VERSION}", or name another file.',
            loaded.location(()),
        )
    version = data["workbench"]
    place = loaded.location(("workbench",))
    if type(version) is not int or version < 1:
        raise InputError(
            "The version of the file format has to be a whole number from 1.",
            f'Write "workbench: {VERSION}".',
            place,
        )
    if version > VERSION:
        raise InputError(
            f"The file has version {version}; this workbench reads up to version {VERSION}.",
            "Upgrade affinity-workbench to open it.",
            place,
        )


# Refusals -----------------------------------------------------------------

_REMEDIES = {
    "string_type": "Put it in quotes if it is meant as text.",
    "int_type": "Write a whole number.",
    "bool_type": "Write true or false.",
    "list_type": "Write a list: [a, b], or lines that begin with a dash.",
    "dict_type": "Write keys with values here.",
    "model_type": "Write keys with values here.",
    "missing": "Add it.",
}


def _refused(error: ValidationError, loaded: Loaded) -> InputError:
    """Return the first problem in the order of the file."""

    def order(details: ErrorDetails) -> tuple[int, int]:
        place = loaded.location(_path(details))
        return place.line or 0, place.column or 0

    details = min(error.errors(), key=order)
    what, remedy = _words(details)
    return InputError(what, remedy, loaded.location(_path(details)))


def _path(details: ErrorDetails) -> Path:
    path = tuple(details["loc"])
    if details["type"] == "unknown_key":
        return (*path, details["ctx"]["key"])
    return path


def _words(details: ErrorDetails) -> tuple[str, str]:
    kind, message = details["type"], details["msg"].removeprefix("Value error, ")
    if kind == "unknown_key":
        return message, details["ctx"]["remedy"]
    if kind == "missing":
        return f'The key "{details["loc"][-1]}" is missing.', _REMEDIES[kind]
    if kind == "value_error":
        what, _, remedy = message.partition(". ")
        return what.rstrip(".") + ".", remedy or "Correct the value."
    message = re.sub("^Input should be", "This should be", message)
    return message + ".", _REMEDIES.get(kind, "Correct the value.")


register(
    Format(
        name="yaml",
        title="Experiment of the workbench (YAML)",
        endings=(".yaml", ".yml"),
        claims=lambda text: re.search(r"^workbench\s*:", text, re.MULTILINE) is not None,
        read=lambda text, _: read(text),
        write=write,
        component_lines=component_lines,
        holds_experiment=True,
    )
)
