"""The formats that experiments are read from and written to, by name and by file ending.

A new format is one file that calls `register` and an import in
`workbench.formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workbench.errors import InputError, Location
from workbench.formats.disk import ChangedOnDisk, Encoding, load, store
from workbench.formats.link import is_link, packed, unpacked
from workbench.scenario.experiment import Experiment, same
from workbench.scenario.model import PlacementRule, Scenario

__all__ = [
    "ChangedOnDisk",
    "Document",
    "Format",
    "component_lines",
    "experiment_format",
    "format_of",
    "formats",
    "left_out",
    "read",
    "read_text",
    "register",
    "remarks",
    "save",
    "shared",
    "write",
]


@dataclass(frozen=True, slots=True)
class Document:
    """What was read, and the text that it was read from.

    Parameters
    ----------
    experiment
        What the text says.
    format
        Name of the text's format.
    text
        The text, line ends as they are in the file.
    path
        The file; None for text from elsewhere.
    encoding
        How the file spells the text in bytes.
    """

    experiment: Experiment
    format: str
    text: str = field(repr=False)
    path: Path | None = None
    encoding: Encoding = field(default_factory=Encoding, repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the text could not be resolved and was left as it is, with its line."""
        return _format(self.format).notes(self.text)


@dataclass(frozen=True, slots=True)
class Format:
    """A syntax for experiments.

    Parameters
    ----------
    name, title
        For machines and for people.
    endings
        File endings, with the dot; the first is proposed for new files.
    claims
        Whether a text looks like this format, for files without a known ending.
    read
        ``(text, file stem) -> Experiment``; raises `InputError`.
    write
        ``(experiment, old experiment and old text or None) -> text``; given the
        text that an experiment was read from, only what was edited differs.
    component_lines
        ``(text, scenario) -> {component id: (first line, last line)}`` for a text
        that says what the scenario says.
    holds_experiment
        Whether it holds a whole experiment, or the scenario only; see `left_out`.
    remarks
        What is written, but means nothing to those who read the format; see `remarks`.
    notes
        What of a text could not be resolved, see `Document.notes`.
    holds_boot
        Whether it says how a scenario is built and booted.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    claims: Callable[[str], bool]
    read: Callable[[str, str], Experiment]
    write: Callable[[Experiment, tuple[Experiment, str] | None], str]
    component_lines: Callable[[str, Scenario], dict[str, tuple[int, int]]]
    holds_experiment: bool = False
    remarks: Callable[[Experiment], tuple[str, ...]] = lambda _: ()
    notes: Callable[[str], tuple[str, ...]] = lambda _: ()
    holds_boot: bool = False


_FORMATS: dict[str, Format] = {}
_SETTINGS = (
    "workloads",
    "backend",
    "replications",
    "half_width",
    "max_replications",
    "seed",
    "title",
    "description",
)


def register(format: Format) -> None:
    """Make a format known."""
    _FORMATS[format.name] = format


def formats() -> Mapping[str, Format]:
    """Return all formats by name."""
    return dict(_FORMATS)


def format_of(path: Path, text: str = "") -> str:
    """Return the name of a file's format, by its ending, else by its text.

    Where several formats have the ending, the text decides; the first is for new files.

    Raises
    ------
    InputError
        If neither tells.
    """
    by_ending = [f for f in _FORMATS.values() if path.suffix.lower() in f.endings]
    for format in by_ending or _FORMATS.values():
        if format.claims(text):
            return format.name
    if by_ending:
        return by_ending[0].name
    raise InputError(
        f'Neither the ending "{path.suffix}" nor the text tells what format this is.',
        f"Name a file that ends in {_listed_endings()}.",
        Location(str(path)),
    )


def read(path: str | Path) -> Document:
    """Read a file, or a link that `shared` gave.

    Raises
    ------
    InputError
        With file, line and element, if it cannot be used.
    """
    file = str(path)
    if is_link(file):
        return read_text(unpacked(file), experiment_format(), "link")
    path = Path(path)
    text, encoding = load(path, file)
    name = format_of(path, text)
    return Document(_experiment(text, name, path.stem, file), name, text, path, encoding)


def read_text(text: str, format: str, file: str | None = None) -> Document:
    """Read a text; `file` is what messages call it."""
    stem = Path(file).stem if file else "untitled"
    return Document(_experiment(text, format, stem, file), format, text)


def shared(experiment: Experiment, address: str) -> str:
    """Return a link that carries an experiment, for the app at an address."""
    return f"{address}#{packed(write(experiment, experiment_format()))}"


def experiment_format() -> str:
    """Return the name of the format that holds whole experiments."""
    return next(format.name for format in _FORMATS.values() if format.holds_experiment)


def write(experiment: Experiment, format: str, origin: Document | None = None) -> str:
    """Return an experiment as text.

    Parameters
    ----------
    experiment
        What to write.
    format
        Name of a format.
    origin
        What the experiment was edited from. If it has the same format, its
        text is kept wherever nothing was edited.

    Raises
    ------
    InputError
        If the format has no way to say it.
    """
    known = None
    if origin is not None and origin.format == format:
        if same(experiment, origin.experiment):
            return origin.text
        known = (origin.experiment, origin.text)
    try:
        return _format(format).write(experiment, known)
    except InputError as refusal:
        if origin is None or origin.path is None or refusal.location.file is not None:
            raise
        raise refusal.in_file(str(origin.path)) from None


def save(
    experiment: Experiment,
    path: str | Path,
    origin: Document | None = None,
    *,
    overwrite: bool = False,
    format: str | None = None,
) -> Document:
    """Write an experiment to a file and return the document to go on with.

    The format is that of the file's ending where `format` names none.

    Raises
    ------
    ChangedOnDisk
        If the file no longer holds what `origin` read from it, or exists without
        having been read; ``overwrite=True`` is the way to write nevertheless.
    InputError
        If it cannot be written.
    """
    path = Path(path)
    name = format or _format_to_save(path, origin)
    text = write(experiment, name, origin)
    encoding = origin.encoding if origin and origin.format == name else Encoding()
    expected = None
    if origin is not None and origin.path is not None and _same_file(origin.path, path):
        expected = origin.encoding.encode(origin.text)
    store(path, encoding.encode(text), expected=expected, overwrite=overwrite)
    return Document(experiment, name, text, path, encoding)


def left_out(experiment: Experiment, format: str) -> tuple[str, ...]:
    """Return what an experiment says that a format cannot hold, as short noun phrases.

    What has its default value is not lost: reading gives the default again.
    """
    if _format(format).holds_experiment:
        return ()
    lost = []
    if experiment.scenario.boot is not None and not _format(format).holds_boot:
        lost.append("the run script around the configuration (build, boot modules, QEMU, end)")
    if experiment.variants:
        lost.append(f"variants ({', '.join(variant.name for variant in experiment.variants)})")
    if experiment.parameters:
        settings = ", ".join(f"{name}={value}" for name, value in experiment.parameters.items())
        lost.append(f"parameters ({settings})")
    for name in _SETTINGS:
        value = getattr(experiment, name)
        if value != Experiment.model_fields[name].default:
            shown = ", ".join(value) if isinstance(value, tuple) else value
            lost.append(f"{name} ({shown})")
    by_rule = [
        c.label for c in experiment.scenario.components if isinstance(c.affinity, PlacementRule)
    ]
    if by_rule:
        lost.append(f"placement rules (written as rectangles: {', '.join(by_rule)})")
    return tuple(lost)


def remarks(experiment: Experiment, format: str) -> tuple[str, ...]:
    """Return what a format writes although its readers make nothing of it, as noun phrases.

    For example an attribute of a later release; it is kept, so nothing is lost.
    """
    return _format(format).remarks(experiment)


def component_lines(text: str, format: str, scenario: Scenario) -> dict[str, tuple[int, int]]:
    """Return the first and last line (from 1) of each component, by id.

    `text` has to say what `scenario` says, as `write` gives it.
    """
    return _format(format).component_lines(text, scenario)


def _format(name: str) -> Format:
    if name not in _FORMATS:
        known = ", ".join(sorted(_FORMATS))
        raise InputError(f'There is no format "{name}".', f"Choose one of: {known}.")
    return _FORMATS[name]


def _experiment(text: str, format: str, stem: str, file: str | None) -> Experiment:
    try:
        return _format(format).read(text, stem)
    except InputError as error:
        raise error.in_file(file) if file else error from None


def _format_to_save(path: Path, origin: Document | None) -> str:
    """Return the format of a file to be written; it stays what it was where the ending allows."""
    if origin is not None and path.suffix.lower() in _format(origin.format).endings:
        return origin.format
    try:
        return format_of(path)
    except InputError:
        if origin is None:
            raise
        return origin.format


def _listed_endings() -> str:
    endings = dict.fromkeys(end for format in _FORMATS.values() for end in format.endings)
    return ", ".join(endings)


def _same_file(a: Path, b: Path) -> bool:
    return a.resolve() == b.resolve()
