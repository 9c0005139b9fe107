"""Hypothesis strategies for the models: whatever they can hold, whether sensible or not."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

from workbench.scenario.experiment import Experiment, Variant
from workbench.scenario.model import (
    AffinitySpace,
    Component,
    PlacementRule,
    Rectangle,
    RouteRule,
    Scenario,
    Target,
)
from workbench.scenario.tree import Comment, Content, Node, Text

__all__ = [
    "components",
    "experiments",
    "hid_nodes",
    "nodes",
    "scenarios",
    "variants",
    "xml_nodes",
]

# A loaded machine is no reason to fail.
settings.register_profile("workbench", deadline=None)
settings.load_profile("workbench")

# Strings that syntaxes like to misread, among arbitrary ones.
_TRICKY = st.sampled_from(
    (
        *("no", "on", "12:30", "010", "0x10", "1e3", "null", "~", "", " ", "- a", "a: b", "# a"),
        *("a #b", "'", '"', "{x}", "[y]", "!!int", "*a", "&a", "%", "@", "`", "|", ">", "---"),
        *("&amp;", "&#45;", "&amp;#60;", "<b/>", "--", "-->", "a--", "]]>", "<start/>"),
        *("\n", "a\r\nb\r", "\ttab", "blinktree1 -> config"),
    )
)
_any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | _TRICKY
_xml_text = (
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
        | st.sampled_from("\t\n\r-<>&; "),
        max_size=12,
    ).filter(lambda text: not any(ord(c) & 0xFFFE == 0xFFFE for c in text))
    | _TRICKY
)
_hid_text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(" \t|:.+-x"), max_size=12
) | _TRICKY.filter(lambda text: not set(text) & set("\r\n"))
_plain_names = st.from_regex(r"[a-z][a-z0-9_]{0,5}(-[a-z])?", fullmatch=True)
_node_types = st.sampled_from(["start", "config", "vfs", "service", "dir"]) | _plain_names


def nodes(
    types: st.SearchStrategy[str] = _node_types,
    texts: st.SearchStrategy[str] = _any_text,
    top: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[Node]:
    """Trees of any content; an attribute may occur twice, as HID allows."""
    attributes = st.lists(st.tuples(types, texts), max_size=3).map(tuple)
    leaves: st.SearchStrategy[Content] = st.one_of(
        st.builds(Comment, texts),
        st.builds(Text, texts),
        st.builds(Node, types, attributes, enabled=st.booleans()),
    )

    def around(content: st.SearchStrategy[Content]) -> st.SearchStrategy[Content]:
        contents = st.lists(content, max_size=4).map(tuple)
        return st.builds(Node, types, attributes, contents, enabled=st.booleans())

    trees = st.recursive(leaves, around, max_leaves=8)
    contents = st.lists(trees, max_size=4).map(tuple)
    return st.builds(
        Node, types if top is None else top, attributes, contents, enabled=st.booleans()
    )


def xml_nodes() -> st.SearchStrategy[Node]:
    """Trees without what XML treats as layout, and without what it cannot say."""
    return nodes(texts=_xml_text).map(_as_xml_has_it)


def _as_xml_has_it(node: Node) -> Node:
    content: list[Content] = []
    for item in node.content:
        if isinstance(item, Node):
            content.append(_as_xml_has_it(item))
        elif isinstance(item, Comment):
            content.append(Comment(item.text.strip(" \t\r\n")))
        elif item.text.strip(" \t\r\n"):
            if content and isinstance(content[-1], Text):
                content.pop()
            content.append(item)
    return Node(node.type, tuple(dict(node.attributes).items()), tuple(content), node.enabled)


def hid_nodes() -> st.SearchStrategy[Node]:
    """Trees without what HID cannot say; a name is often the first attribute."""
    return nodes(texts=_hid_text).map(lambda node: _as_hid_has_it(node, named=True))


def _as_hid_has_it(node: Node, *, named: bool) -> Node:
    attributes = [(name, value.replace("\t", " ").strip(" ")) for name, value in node.attributes]
    attributes = [(name, value) for name, value in attributes if "|" not in value]
    if named and attributes:
        attributes[0] = ("name", attributes[0][1])
    content: list[Content] = []
    for item in node.content:
        if isinstance(item, Node):
            content.append(_as_hid_has_it(item, named=len(node.content) % 2 == 0))
        elif isinstance(item, Comment):
            content.append(Comment(item.text.strip(" \t\r\n")))
    texts = [item for item in node.content if isinstance(item, Text)]
    if texts and not any(isinstance(item, Node) for item in content):
        content.insert(len(node.type) % (len(content) + 1), texts[0])
    return Node(node.type, tuple(attributes), tuple(content), node.enabled)


_small = st.integers(-2, 70)
_size = st.integers(0, 70)
_parameters = st.dictionaries(
    _any_text,
    st.booleans() | st.integers() | st.floats(allow_nan=False) | _any_text,
    max_size=3,
)
rectangles = st.builds(Rectangle, x=_small, y=_small, width=_size, height=_size)
rules = st.builds(
    PlacementRule,
    rule=st.sampled_from(["time-share", "partition-evenly", "by-weight", "per-node"]) | _any_text,
    leave=_size,
    group=_any_text,
    nodes=st.integers(1, 5),
)
_pairs = st.lists(st.tuples(_any_text, _any_text), max_size=2).map(tuple)
_maybe_text = st.none() | _any_text
_targets = st.builds(
    Target,
    kind=st.sampled_from(["parent", "child", "any-child"]),
    child=_maybe_text,
    label=_maybe_text,
    attributes=_pairs,
)
_routes = st.lists(
    st.builds(
        RouteRule,
        service=_maybe_text,
        label=_maybe_text,
        label_prefix=_maybe_text,
        label_suffix=_maybe_text,
        label_last=_maybe_text,
        unscoped_label=_maybe_text,
        targets=st.lists(_targets, max_size=3).map(tuple),
    ),
    max_size=3,
).map(tuple)
_amounts = st.none() | st.integers(0, 2**40) | st.sampled_from([2**20, 80 * 2**30, 5 * 2**10])


def components(ids: st.SearchStrategy[str] = _plain_names) -> st.SearchStrategy[Component]:
    """Components with any fields."""
    return st.builds(
        Component,
        id=ids,
        name=st.none() | _plain_names | _any_text,
        binary=_maybe_text,
        enabled=st.booleans(),
        ram_bytes=_amounts,
        caps=st.none() | _size,
        priority=st.none() | st.integers(-5, 5),
        affinity=st.none() | rectangles | rules,
        provides=st.lists(_any_text, max_size=2).map(tuple),
        route=st.none() | _routes,
        config=st.none() | nodes(top=st.just("config")),
        form=st.none() | nodes(top=st.just("start")),
    )


def scenarios() -> st.SearchStrategy[Scenario]:
    """Scenarios with any fields; some components are called like their id, most are not."""
    same_name = components().map(lambda c: c.but(name=c.id))
    return st.builds(
        Scenario,
        space=st.none() | st.builds(AffinitySpace, width=_size, height=_size),
        prio_levels=_size,
        parent_provides=st.lists(_any_text, max_size=3).map(tuple),
        default_route=st.none() | _routes,
        default_caps=st.none() | _size,
        default_ram_bytes=_amounts,
        components=st.lists(same_name | components(), max_size=4, unique_by=lambda c: c.id).map(
            tuple
        ),
        form=st.none() | nodes(top=st.just("config")).map(_with_places),
    )


def _with_places(form: Node) -> Node:
    """Start nodes in a scenario's form are places of components, known or not."""
    content = (
        item.with_attribute("component", "c")
        if isinstance(item, Node) and item.type == "start"
        else item
        for item in form.content
    )
    return form.with_content(tuple(content))


def variants() -> st.SearchStrategy[Variant]:
    """Variants with any fields."""
    return st.builds(
        Variant,
        name=_any_text.filter(bool),
        title=_any_text,
        instances=st.none() | st.integers(1, 9),
        placement=st.none() | rules,
        components=st.none() | st.lists(_any_text, max_size=3).map(tuple),
        affinity=st.dictionaries(_any_text, rectangles, max_size=2),
        parameters=_parameters,
    )


def experiments() -> st.SearchStrategy[Experiment]:
    """Experiments with any fields."""
    return st.builds(
        Experiment,
        name=_any_text.filter(bool),
        title=_any_text,
        description=_any_text | st.just("Two lines,\nas people write them.\n"),
        scenario=scenarios(),
        variants=st.lists(variants(), max_size=3, unique_by=lambda v: v.name).map(tuple),
        workloads=st.lists(_any_text, max_size=3, unique=True).map(tuple),
        backend=_any_text,
        replications=st.integers(1, 50),
        half_width=st.none() | st.floats(0.001, 0.5),
        max_replications=st.integers(1, 200),
        seed=st.integers(0, 2**63 - 1),
        parameters=_parameters,
    )
