"""Editing a value of a run script where its pieces stand.

The new text is compared with the old one; each difference is written into the piece
of the script that the old characters came from. A variable is changed where it is
set if it is used once, else it is replaced where it is used.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

from workbench.errors import InputError
from workbench.formats.tcl_text import commands
from workbench.formats.tcl_values import Fragment, Value, text_of

__all__ = ["braced", "edited"]

_FINEST = 4000
"""Longer stretches are not compared character by character."""

_SPECIAL = {"quoted": r'[\\$\["]', "subst": r"[\\$\[]", "bare": r"[\\$\[]"}

Change = tuple[int, int, str]
"""Begin and end of what is replaced, and what comes there."""


def edited(script: str, value: Value, new: str) -> str:
    """Return a script in which a value has another text, as far as that can be.

    The caller has to look whether it really has.
    """
    local: defaultdict[int, list[Change]] = defaultdict(list)
    for change in _differences(text_of(value), new):
        for index, part in _parted(value, change):
            local[index].append(part)
    met = Counter((fragment.start, fragment.end) for fragment in value)
    changes: set[Change] = set()
    for index, parts in local.items():
        changes.update(_in_script(value[index], parts, met))
    for start, end, text in sorted(changes, reverse=True):
        script = script[:start] + text + script[end:]
    return script


def braced(text: str) -> str:
    """Return a text as one Tcl word: in braces, or in quotes where braces would not do."""
    word = "{" + text + "}"
    if "\\\n" not in text and "\\\r" not in text and _is_one_word(word):
        return word
    return '"' + _escaped(text, "quoted") + '"'


def _is_one_word(word: str) -> bool:
    try:
        found = list(commands(word))
    except InputError:
        return False
    words = [word for command in found for word in command.words]
    return len(words) == 1 and words[0].inner == (1, len(word) - 1)


def _differences(old: str, new: str) -> Iterator[Change]:
    """Yield what differs, by lines and within a few lines by characters."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = _starts(before)
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        was, comes = "".join(before[a:b]), "".join(after[c:d])
        if tag == "replace" and len(was) + len(comes) <= _FINEST:
            for kind, i, j, k, m in SequenceMatcher(None, was, comes, autojunk=False).get_opcodes():
                if kind != "equal":
                    yield starts[a] + i, starts[a] + j, comes[k:m]
        elif tag != "equal":
            yield starts[a], starts[b], comes


def _starts(pieces: Sequence[str]) -> list[int]:
    return [0, *accumulate(map(len, pieces))]


def _parted(value: Value, change: Change) -> Iterator[tuple[int, Change]]:
    """Yield the fragments that a change touches, and what changes within each."""
    begin, end, text = change
    starts = _starts([fragment.text for fragment in value])
    if begin == end:
        # Where two meet, what is new goes to the one that can take it as it is.
        around = [i for i in range(len(value)) if starts[i] <= begin <= starts[i + 1]]
        index = min(around, key=lambda i: (not value[i].is_verbatim, value[i].used_at is not None))
        yield index, (begin - starts[index], begin - starts[index], text)
        return
    for index, fragment in enumerate(value):
        if starts[index] < end and begin < starts[index + 1]:
            low = max(begin - starts[index], 0)
            high = min(end - starts[index], len(fragment.text))
            yield index, (low, high, text)
            text = ""


def _in_script(
    fragment: Fragment, parts: Sequence[Change], met: Counter[tuple[int, int]]
) -> Iterator[Change]:
    """Yield the changes of the script for those within one fragment."""
    is_shared = met[fragment.start, fragment.end] > 1
    if fragment.is_verbatim and not (is_shared and fragment.used_at):
        if fragment.mode != "bare":
            for low, high, text in parts:
                start = fragment.start
                yield start + low, start + high, _escaped(text, fragment.mode)
            return
        yield fragment.start, fragment.end, _word(_changed(fragment.text, parts), fragment.mode)
        return
    start, end, mode = fragment.used_at or (fragment.start, fragment.end, fragment.mode)
    yield start, end, _word(_changed(fragment.text, parts), mode)


def _changed(text: str, parts: Sequence[Change]) -> str:
    for low, high, comes in reversed(parts):
        text = text[:low] + comes + text[high:]
    return text


def _word(text: str, mode: str) -> str:
    if mode == "bare" and (not text or re.search(r'[\s;{}"]', text)):
        return braced(text)
    return _escaped(text, mode)


def _escaped(text: str, mode: str) -> str:
    """Return a text as it is written in a place; what stands in braces is written as it is."""
    if mode not in _SPECIAL:
        return text
    return re.sub(_SPECIAL[mode], lambda match: "\\" + match[0], text)
