"""The formats floor: how experiments are read from files and written back.

Importing it registers every format; see `workbench.formats.registry` for what
to call, and workbench/README.md for the place of this floor.
"""

from workbench.formats import genode_xml, hid, run_script, yaml_file
from workbench.formats.registry import (
    ChangedOnDisk,
    Document,
    Format,
    component_lines,
    experiment_format,
    format_of,
    formats,
    left_out,
    read,
    read_text,
    register,
    remarks,
    save,
    shared,
    write,
)

__all__ = [
    "ChangedOnDisk",
    "Document",
    "Format",
    "component_lines",
    "experiment_format",
    "format_of",
    "formats",
    "genode_xml",
    "hid",
    "left_out",
    "read",
    "read_text",
    "register",
    "remarks",
    "run_script",
    "save",
    "shared",
    "write",
    "yaml_file",
]
