"""Paths of a view: a few steps from a node. They are parsed once; each step is then one table look-up."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mshield.views import limits
from mshield.views.content.tree import COMMENT, ITEM, Node
from mshield.views.text import is_name

_BAD_ESCAPE: Final = re.compile("~(?![01])")


class BadPath(ValueError):
    """The text isn't a path of the required kind."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path: `ups` steps to parents, then the names of `steps`; without either it is the node itself."""

    steps: tuple[str, ...]
    ups: int = 0


class Paths:
    """Parser of one view's paths; `namespaces` are its prefixes, None for JSON content. Methods raise BadPath."""

    def __init__(self, namespaces: Mapping[str, str] | None) -> None:
        self._namespaces = namespaces

    def path(self, text: str, *, comments: bool = False) -> Path:
        """Parses a path from the root or a table's node; `comments` allows the last step `#comment`."""
        return Path(self._steps(self._parts(text), comments=comments))

    def side_path(self, text: str) -> Path:
        """Parses a path that may begin with steps to parents."""
        parts = self._parts(text)
        ups = next((number for number, part in enumerate(parts) if part != ".."), len(parts))
        if ups and len(parts) == ups:
            return Path((), ups)
        return Path(self._steps(parts[ups:], alone=not ups), ups)

    def root(self, text: str) -> str:
        """Parses the name of an XML root: one step to an element."""
        steps = self.path(text).steps
        if len(steps) != 1 or steps[0].startswith("@"):
            raise BadPath(text)
        return steps[0]

    def _parts(self, text: str) -> list[str]:
        parts = text.split("/")
        if not 1 <= len(text) <= limits.PATH or len(parts) > limits.STEPS:
            raise BadPath(text)
        return parts

    def _steps(self, parts: list[str], *, comments: bool = False, alone: bool = True) -> tuple[str, ...]:
        if parts == ["."] and alone:
            return ()
        last = len(parts) - 1
        return tuple(
            self._step(part, last=number == last, comments=comments) for number, part in enumerate(parts)
        )

    def _step(self, part: str, *, last: bool, comments: bool) -> str:
        if part in {"", ".", ".."}:
            raise BadPath(part)
        if self._namespaces is None:
            if _BAD_ESCAPE.search(part) is not None:
                raise BadPath(part)
            return part.replace("~1", "/").replace("~0", "~")
        if part == COMMENT and last and comments:
            return part
        if part.startswith("@"):
            if not last:
                raise BadPath(part)
            return "@" + self._expanded(part[1:], "")
        return self._expanded(part, self._namespaces.get("", ""))

    def _expanded(self, qualified: str, default: str) -> str:
        prefix, colon, local = qualified.rpartition(":")
        namespace = (self._namespaces or {}).get(prefix) if prefix else default
        if namespace is None or (colon and not prefix) or not is_name(local):
            raise BadPath(qualified)
        return f"{{{namespace}}}{local}"


def nodes_at(node: Node, steps: tuple[str, ...]) -> Sequence[Node]:
    """Returns all nodes that the steps lead to from the node, in document order."""
    nodes: Sequence[Node] = (node,)
    for step in steps:
        one = nodes[0] if len(nodes) == 1 else None
        nodes = [part for before in nodes for part in before.named(step)] if one is None else one.named(step)
    return nodes


class Written:
    """Formatter of names in an answer: uses the view's prefixes, never the content's."""

    def __init__(self, namespaces: Mapping[str, str] | None) -> None:
        self._default = (namespaces or {}).get("", "")
        self._prefixes = {name: prefix for prefix, name in (namespaces or {}).items() if prefix}
        self._xml = namespaces is not None

    def step(self, name: str) -> str:
        """Formats a node's own name as one step."""
        if name in {COMMENT, ITEM} and (self._xml or name == ITEM):
            return name
        if not self._xml:
            return name.replace("~", "~0").replace("/", "~1")
        if name.startswith("@"):
            return "@" + self._qualified(name[1:], "")
        return self._qualified(name, self._default)

    def _qualified(self, name: str, default: str) -> str:
        namespace, _, local = name[1:].rpartition("}")
        if namespace in {"", default}:
            return local
        prefix = self._prefixes.get(namespace)
        return f"{prefix}:{local}" if prefix is not None else name
