"""Structure of a view's file: its members and their types. `grammar` checks all other rules."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

As = Literal["text", "decimal", "amount", "date", "code"]
At = Literal["name", "note", "middle", "end", "more"]
Role = Literal["number", "party"]
Missing = Literal["refuse", "skip", "show"]
_List = Annotated[dict[str, str], Meta(min_length=1, max_length=2000)]


class _Form(Struct, frozen=True, forbid_unknown_fields=True):
    """Base that refuses unknown members and null."""


class SourceForm(_Form, frozen=True):
    """A currency or a unit: fixed, or the path where it is found."""

    fixed: str | UnsetType = UNSET
    path: str | UnsetType = UNSET
    list: str | UnsetType = UNSET


class RequireForm(_Form, frozen=True, rename={"text": "is"}):
    """A leaf that must have this text; otherwise the content is a different kind of document."""

    path: str
    text: str


class AmountForm(_Form, frozen=True):
    """The prominent amount."""

    label: str
    path: str
    currency: SourceForm
    sum: bool = False
    separators: bool = False


class CellForm(_Form, frozen=True, rename={"kind": "as"}):
    """Common members of rows and columns; `grammar` checks which ones each `as` allows."""

    label: str
    path: str
    kind: As = "text"
    missing: Missing = "refuse"
    separators: bool | UnsetType = UNSET
    currency: SourceForm | UnsetType = UNSET
    unit: SourceForm | UnsetType = UNSET
    list: str | UnsetType = UNSET
    says: str | UnsetType = UNSET
    unknown: Literal["show", "refuse"] | UnsetType = UNSET


class RowForm(CellForm, frozen=True):
    """A row of a group."""

    many: bool = False
    role: Role | UnsetType = UNSET


class ColumnForm(CellForm, frozen=True):
    """A column of a table."""

    at: At = "more"


class PartForm(_Form, frozen=True):
    """A group with its rows, or a table with its columns."""

    label: str
    rows: Annotated[list[RowForm], Meta(min_length=1, max_length=100)] | UnsetType = UNSET
    table: str | UnsetType = UNSET
    columns: Annotated[list[ColumnForm], Meta(min_length=1, max_length=30)] | UnsetType = UNSET
    missing: Literal["refuse", "show"] | UnsetType = UNSET


class TermForm(_Form, frozen=True):
    """One side of a check, or a part of its sum."""

    path: str
    currency: SourceForm | UnsetType = UNSET
    separators: bool = False


class CheckForm(_Form, frozen=True):
    """A check that a computed sum equals a declared one."""

    label: str
    sum: Annotated[list[TermForm], Meta(min_length=1, max_length=8)]
    equals: TermForm


class ViewForm(_Form, frozen=True, rename={"kind": "content", "ignored": "ignore"}):
    """A whole view."""

    type: Literal["mshield-view/v1"]
    id: Annotated[str, Meta(pattern=r"^[a-z0-9./-]{1,80}\Z")]
    version: Annotated[int, Meta(ge=1)]
    kind: Literal["xml", "json"]
    title: str
    body: Annotated[list[PartForm], Meta(min_length=1, max_length=40)]
    root: str | UnsetType = UNSET
    namespaces: Annotated[dict[str, str], Meta(max_length=20)] | UnsetType = UNSET
    require: Annotated[list[RequireForm], Meta(max_length=20)] = []
    amount: AmountForm | UnsetType = UNSET
    checks: Annotated[list[CheckForm], Meta(max_length=20)] = []
    ignored: Annotated[list[str], Meta(max_length=200)] = []
    unlisted: Literal["show", "refuse"] = "show"
    lists: Annotated[dict[str, _List], Meta(max_length=40)] = {}


# Build the decoder at import: msgspec crashes if two threads build it at once.
Decoder(ViewForm)
