"""What changed between two texts, as the lines that differ with some around them."""

from __future__ import annotations

from difflib import SequenceMatcher
from html import escape

__all__ = ["DIFF_CSS", "diff_html"]

_AROUND = 2  # lines shown before and after a change

DIFF_CSS = """
:host { --add: #009e73; --cut: #d55e00; }
pre { margin: 0; font: 12px/18px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  tab-size: 2; }
pre div { padding: 0 12px 0 0; white-space: pre; width: max-content; min-width: 100%; }
pre span { display: inline-block; width: 44px; padding-right: 8px; text-align: right; opacity: .6; }
.add { background: color-mix(in srgb, var(--add) 18%, transparent); }
.cut { background: color-mix(in srgb, var(--cut) 18%, transparent); }
.gap { opacity: .55; }
p { margin: 0; font-size: 13px; opacity: .75; }
"""


def diff_html(old: str, new: str) -> str:
    """Return HTML (for `DIFF_CSS`) of how to come from one text to another.

    Lines that go have the class ``cut`` and their old number, lines that come ``add`` and
    their new one.
    """
    before, after = old.splitlines(), new.splitlines()
    groups = list(SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(_AROUND))
    if not groups:
        return "<p>Nothing changed.</p>"
    rows = []
    for index, group in enumerate(groups):
        if index:
            rows.append('<div class="gap"><span>⋯</span></div>')
        for kind, a, b, c, d in group:
            if kind == "equal":
                rows += [_row("", c + at + 1, " ", after[c + at]) for at in range(d - c)]
            else:
                rows += [_row("cut", at + 1, "−", before[at]) for at in range(a, b)]
                rows += [_row("add", at + 1, "+", after[at]) for at in range(c, d)]
    return f"<pre>{''.join(rows)}</pre>"


def _row(kind: str, number: int, sign: str, line: str) -> str:
    return f'<div class="{kind}"><span>{number} {sign}</span>{escape(line)}</div>'
