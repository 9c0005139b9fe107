"""Icons of component types: line drawings on a 24 x 24 field, in the current text colour."""

from __future__ import annotations

__all__ = ["component_icon"]

_FRAME = (
    '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" '
    'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>'
)

_DRAWINGS = {
    "component": '<path d="M12 3 20 7.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9"/>',
    "tree": (
        '<circle cx="12" cy="5" r="2.2"/><circle cx="6" cy="18.5" r="2.2"/>'
        '<circle cx="12" cy="18.5" r="2.2"/><circle cx="18" cy="18.5" r="2.2"/>'
        '<path d="M12 7.2v9.1M12 9.5c0 4-6 2.5-6 6.8M12 9.5c0 4 6 2.5 6 6.8"/>'
    ),
    "clock": '<circle cx="12" cy="12.5" r="8.5"/><path d="M12 7.5v5l3.2 2"/>',
    "flame": (
        '<path d="M12 3c.6 3.6 5.5 5.6 5.5 10.6a5.5 5.5 0 0 1-11 0c0-2 .9-3.5 2.1-4.6'
        '.2 1.6 1 2.5 1.9 2.8C10.3 8.6 10.6 5.4 12 3z"/>'
    ),
    "chip": (
        '<rect x="6.5" y="6.5" width="11" height="11" rx="1.5"/>'
        '<path d="M9.5 3v3.5M14.5 3v3.5M9.5 17.5V21M14.5 17.5V21'
        'M3 9.5h3.5M3 14.5h3.5M17.5 9.5H21M17.5 14.5H21"/>'
    ),
    "server": (
        '<rect x="4" y="4" width="16" height="7" rx="1.5"/>'
        '<rect x="4" y="13" width="16" height="7" rx="1.5"/>'
        '<path d="M7.5 7.5h.01M7.5 16.5h.01"/>'
    ),
    "nest": (
        '<rect x="3.5" y="3.5" width="17" height="17" rx="2"/>'
        '<rect x="7" y="7" width="4.5" height="10" rx="1"/>'
        '<rect x="14" y="7" width="3.5" height="10" rx="1"/>'
    ),
    "log": '<rect x="4" y="4" width="16" height="16" rx="2"/><path d="M8 9h8M8 12.5h8M8 16h5"/>',
    "file": '<path d="M6 3.5h8l4 4v13H6zM14 3.5v4h4"/>',
    "disk": (
        '<ellipse cx="12" cy="6" rx="7.5" ry="2.8"/>'
        '<path d="M4.5 6v12c0 1.5 3.4 2.8 7.5 2.8s7.5-1.3 7.5-2.8V6M4.5 12c0 1.5 3.4 2.8 7.5 2.8'
        's7.5-1.3 7.5-2.8"/>'
    ),
    "network": (
        '<circle cx="12" cy="12" r="8.5"/>'
        '<path d="M3.5 12h17M12 3.5c5 5 5 12 0 17M12 3.5c-5 5-5 12 0 17"/>'
    ),
}


def component_icon(name: str) -> str:
    """Return the SVG of an icon; a plain box for a name without a drawing."""
    return _FRAME.format(_DRAWINGS.get(name, _DRAWINGS["component"]))
