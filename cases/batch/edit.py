"""A value put into a tree of nodes; all that is not changed is shared with the old tree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cases.batch.axes import Keys
from cases.yaml_nodes import Node
from meshes.errors import InputError


def put(node: Node, keys: Keys, value: Any, line: int, column: int) -> Node:
    """A tree with one value changed; None leaves the key out."""
    step, *rest = keys
    if isinstance(step, int):
        entries = list(node.value) if isinstance(node.value, list) else []
        if step >= len(entries):
            raise InputError(
                f"a list of {len(entries)} values has no number {step + 1}",
                hint="number the values of a list from 1",
            )
        entries[step] = (
            put(entries[step], tuple(rest), value, line, column)
            if rest
            else _node(value, line, column)
        )
        return replace(node, value=entries)
    group = dict(node.value) if isinstance(node.value, dict) else {}
    keys_at = {**node.keys, step: node.keys.get(step, (line, column))}
    if rest:
        inside = group.get(step, Node({}, line, column))
        group[step] = put(inside, tuple(rest), value, line, column)
    elif value is None:
        group.pop(step, None)
    else:
        group[step] = _node(value, line, column)
    return replace(node, value=group, keys=keys_at)


def _node(value: Any, line: int, column: int) -> Node:
    """Plain data as nodes that all stand at one place."""
    if isinstance(value, dict):
        nodes = {key: _node(entry, line, column) for key, entry in value.items()}
        return Node(nodes, line, column, keys=dict.fromkeys(nodes, (line, column)))
    if isinstance(value, list):
        return Node([_node(entry, line, column) for entry in value], line, column)
    return Node(value, line, column, says_null=value is None)
