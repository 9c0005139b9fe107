"""YAML tables that users can copy and change: where they lie and how they are read."""

from __future__ import annotations

import difflib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import ConfigDict, Field, ValidationError

from workbench.errors import InputError, Location
from workbench.folders import data_folder
from workbench.scenario.experiment import Parameter
from workbench.scenario.model import Frozen
from workbench.scenario.quick_yaml import read_yaml

__all__ = ["Setting", "did_you_mean", "names", "raw", "read"]

_SHIPPED = Path(__file__).parents[1] / "data"


class Setting(Frozen):
    """One value of a table that ``--set`` reaches by its name, which carries its unit.

    Parameters
    ----------
    value
        The default; its type is the setting's type.
    doc
        One line: what it is.
    source
        Where the value comes from; a guess begins with ``Guess:``.
    choices
        Allowed values, or none for any of the type.
    minimum, maximum
        Smallest and largest allowed number.
    """

    value: Annotated[Parameter, Field(union_mode="smart")]
    doc: str = Field(min_length=1)
    source: str = Field(min_length=1)
    choices: tuple[str, ...] = ()
    minimum: float = 0
    maximum: float = 1e12


Table = TypeVar("Table", bound=Frozen)


def names(kind: str) -> tuple[str, ...]:
    """Return the names of all tables of a kind (``machines``, ``workloads``).

    The user's own lie in a folder of that name in the data folder; they win over
    shipped ones of the same name.
    """
    found = {file.stem for folder in _folders(kind) for file in folder.glob("*.yaml")}
    return tuple(sorted(found))


def read(kind: str, name: str, model: type[Table]) -> Table:
    """Return a table by name, or from a file if `name` ends in ``.yaml``.

    Raises
    ------
    workbench.errors.InputError
        If there is no such table, or it does not keep to `model`.
    """
    file = _find(kind, name)
    try:
        table: Table = _parsed(file, file.stat().st_mtime_ns, model)
        return table
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The file cannot be read: {error}.", "Check its path.", Location(str(file))
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Location(str(file), mark.line + 1, mark.column + 1) if mark else Location(str(file))
        what = getattr(error, "problem", None) or "it cannot be parsed"
        raise InputError(f"This is not YAML: {what}.", "Mend the line.", place) from error
    except ValidationError as error:
        element, what = _fault(error, read_yaml(file))
        raise InputError(
            f"{what}.",
            f"Compare with the files in {_SHIPPED / kind}.",
            Location(str(file), element=element or None),
        ) from error


def raw(kind: str, name: str) -> dict[str, Any]:
    """Return what is written in a table, unchecked; errors as in `read`."""
    return dict(read(kind, name, _Raw).model_extra or {})


class _Raw(Frozen):
    model_config = ConfigDict(extra="allow")


def _fault(error: ValidationError, content: Any) -> tuple[str, str]:
    """Return where a table is wrong, by the path of the element, and what is."""
    first, *others = error.errors()
    path = _written(first["loc"], content)
    if first["type"] == "missing":
        path = first["loc"]
    # A value that may be of several kinds has one message for each of them.
    messages = [first["msg"]]
    messages += [other["msg"] for other in others if _written(other["loc"], content) == path]
    return ".".join(map(str, path)), " or ".join(dict.fromkeys(messages))


def _written(path: tuple[int | str, ...], content: Any) -> tuple[int | str, ...]:
    """Return the part of a path that exists in the file: not the kinds of a value."""
    written = []
    for step in path:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            continue
        written.append(step)
    return tuple(written)


@lru_cache(maxsize=64)
def _parsed(file: Path, _changed: int, model: type[Table]) -> Table:
    return model.model_validate(read_yaml(file))


def did_you_mean(name: str, known: tuple[str, ...]) -> str:
    """Return a sentence that suggests the nearest known name, or lists them all."""
    near = difflib.get_close_matches(name, known, n=1)
    return f'Did you mean "{near[0]}"?' if near else f"Choose one of: {', '.join(known)}."


def _folders(kind: str) -> tuple[Path, ...]:
    return data_folder() / kind, _SHIPPED / kind


def _find(kind: str, name: str) -> Path:
    if name.endswith(".yaml"):
        return Path(name)
    for folder in _folders(kind):
        file = folder / f"{name}.yaml"
        if file.parent == folder and file.is_file():
            return file
    raise InputError(
        f'There is no {kind.removesuffix("s")} "{name}".', did_you_mean(name, names(kind))
    )
