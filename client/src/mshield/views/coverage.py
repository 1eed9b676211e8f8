"""Content that a view doesn't render: listed by path, or counted where the view says that it leaves it out."""

from dataclasses import dataclass, field

from mshield.views import limits
from mshield.views.content.tree import Node
from mshield.views.errors import ViewError
from mshield.views.paths import Written
from mshield.views.view import View


class _Ignored:
    """Paths that a view ignores, as a tree of names."""

    __slots__ = ("below", "ends")

    def __init__(self) -> None:
        self.below: dict[str, _Ignored] = {}
        self.ends = False

    def add(self, steps: tuple[str, ...]) -> None:
        place = self
        for step in steps:
            place = place.below.setdefault(step, _Ignored())
        place.ends = True


class _Place:
    """One path of the content, shared by its nodes, so that its text is built once, and only if it is listed."""

    __slots__ = ("_above", "_below", "_name", "_text", "ignored", "is_ignored")

    def __init__(
        self, name: str, above: "_Place | None", ignored: _Ignored | None, *, is_ignored: bool
    ) -> None:
        self._name = name
        self._above = above
        self._text: str | None = None
        self.ignored = ignored
        self.is_ignored = is_ignored
        self._below: dict[str, _Place] = {}

    def below(self, name: str) -> "_Place":
        place = self._below.get(name)
        if place is None:
            ignored = self.ignored.below.get(name) if self.ignored is not None else None
            is_ignored = self.is_ignored or (ignored is not None and ignored.ends)
            place = self._below[name] = _Place(name, self, ignored, is_ignored=is_ignored)
        return place

    def text(self, written: Written) -> str:
        """Returns the path; `.` for the root itself. Recurses at most 64 levels."""
        if self._text is None:
            above = self._above
            if above is None:
                self._text = "."
            else:
                self._text = above.before(written) + written.step(self._name)
        return self._text

    def before(self, written: Written) -> str:
        """Returns the prefix for the steps of places below it."""
        return "" if self._above is None else self.text(written) + "/"


@dataclass(slots=True)
class Coverage:
    """Content not rendered: `rest` lists leaves by path and text; `not_shown` counts the ignored leaves per path."""

    rest: list[tuple[str, str]] = field(default_factory=list)
    not_shown: dict[str, int] = field(default_factory=dict)
    not_shown_more: int = 0
    characters: int = 0

    def leave_out(self, path: str) -> None:
        """Counts a leaf that the view ignores."""
        if path in self.not_shown or len(self.not_shown) < limits.NOT_SHOWN:
            self.not_shown[path] = self.not_shown.get(path, 0) + 1
        else:
            self.not_shown_more += 1

    def list_rest(self, path: str, text: str, *, room: int) -> None:
        """Lists a leaf. Raises: ViewError (`limit`) if there is no room for it."""
        self.characters += len(path)
        if len(self.rest) >= room or self.characters > limits.REST_CHARACTERS:
            raise ViewError("limit", "/unlisted")
        self.rest.append((path, text))


def cover(root: Node, view: View, *, room: int) -> Coverage:
    """Covers all leaves that aren't rendered, with `room` lines for `rest`. Raises: ViewError (`limit`, `unlisted`)."""
    coverage = Coverage()
    written = Written(view.namespaces)
    ignored = _Ignored()
    for steps in view.ignored:
        ignored.add(steps)
    waiting = [(root, _Place("", None, ignored, is_ignored=False))]
    while waiting:
        node, place = waiting.pop()
        if node.text is not None and not node.drawn and not (node.attributes and node.empty):
            if place.is_ignored:
                coverage.leave_out(place.text(written))
            elif view.refuses_unlisted:
                raise ViewError("unlisted", "/unlisted")
            else:
                coverage.list_rest(place.text(written), node.text, room=room)
        for parts in (node.children, node.attributes):
            waiting += [
                (part, place.below(part.name))
                for part in reversed(parts)
                if not part.drawn or part.attributes or part.children
            ]
    return coverage
