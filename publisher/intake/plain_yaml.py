"""YAML as front matter needs it: maps, lists and text. No tags, no aliases, no repeated keys, no depths."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_NULL = ("", "~", "null", "Null", "NULL")


class _Loader(yaml.loader.BaseLoader):
    """Reads the structure alone: BaseLoader makes no objects and guesses no types."""

    depth, deepest = 0, 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refusal("aliases (*name) are not read; write the value out, or put it in quotes", event)
        tag = getattr(event, "tag", None)
        if tag and tag != "tag:yaml.org,2002:str":
            raise _refusal("tags (!name) are not read; put the value in quotes", event)
        self.depth += 1
        if self.depth > self.deepest:
            raise _refusal(f"values are nested more than {self.deepest} deep", event)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _refusal(problem: str, at: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)


def load(text: str, deepest: int) -> Any:
    """The value of one YAML document. Raises yaml.YAMLError; a MarkedYAMLError knows its line."""
    loader = _Loader(text)
    loader.deepest = deepest
    try:
        node = loader.get_single_node()
        return None if node is None else _value(node)
    finally:
        loader.dispose()


def _value(node: Node) -> Any:
    if isinstance(node, SequenceNode):
        return [_value(inner) for inner in node.value]
    if isinstance(node, MappingNode):
        return _mapping(node)
    assert isinstance(node, ScalarNode)
    return None if node.style is None and node.value in _NULL else node.value


def _mapping(node: MappingNode) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            raise _refusal("a key must be one word; is a {{ … }} without quotes?", key)
        if key.value in made:
            raise _refusal(f"the key `{key.value}` stands twice; keep one", key)
        made[key.value] = _value(value)
    return made
