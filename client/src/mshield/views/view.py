"""A parsed view (展示规则): all paths are resolved and all rules of the grammar hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mshield.views.forms import As, At, Missing, Role
from mshield.views.paths import Path

Lists = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Source:
    """Source of a currency or a unit: `fixed`, or the text at `path`, looked up in `names`."""

    fixed: str | None
    path: Path
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Require:
    """A leaf whose trimmed text must be `text`."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    """The prominent amount: one amount, or the sum of several."""

    label: str
    path: Path
    currency: Source
    sum: bool
    separators: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of a group (with `many` and `role`) or a column of a table (with `at`)."""

    label: str
    path: Path
    kind: As
    missing: Missing
    separators: bool
    currency: Source | None
    unit: Source | None
    names: Mapping[str, str]
    says: Path | None
    refuses_unknown: bool
    many: bool = False
    role: Role | None = None
    at: At = "more"


@dataclass(frozen=True, slots=True)
class Group:
    """Labelled rows."""

    label: str
    rows: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a line for each node at `path`."""

    label: str
    path: Path
    columns: tuple[Cell, ...]
    may_be_empty: bool


@dataclass(frozen=True, slots=True)
class Term:
    """One side of a check, or a part of its sum."""

    path: Path
    currency: Source | None
    separators: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A check that a computed sum equals a declared one."""

    label: str
    sum: tuple[Term, ...]
    equals: Term


@dataclass(frozen=True, slots=True)
class View:
    """A view: `octets` are its canonical JSON, `digest` their SM3 (32 bytes); JSON views have no `namespaces`."""

    octets: bytes
    digest: bytes
    id: str
    version: int
    content: Literal["xml", "json"]
    title: str
    root: str | None
    namespaces: Mapping[str, str] | None
    require: tuple[Require, ...]
    amount: Amount | None
    body: tuple[Group | Table, ...]
    checks: tuple[Check, ...]
    ignored: tuple[tuple[str, ...], ...]
    refuses_unlisted: bool
