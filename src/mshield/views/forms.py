"""The structure of a view's file: which members there are, and of which type. What they may say is `grammar`'s."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.json import Decoder

As = Literal["text", "decimal", "amount", "date", "code"]
At = Literal["name", "note", "middle", "end", "more"]
Role = Literal["number", "party"]
Missing = Literal["refuse", "skip", "show"]
_List = Annotated[dict[str, str], Meta(min_length=1, max_length=2000)]


class _Form(Struct, frozen=True, forbid_unknown_fields=True):
    """Unknown members are refused, and so is null."""


class SourceForm(_Form, frozen=True):
    """A currency or a unit: one that is fixed, or where it stands."""

    fixed: str | UnsetType = UNSET
    path: str | UnsetType = UNSET
    list: str | UnsetType = UNSET


class RequireForm(_Form, frozen=True, rename={"text": "is"}):
    """A leaf that must say something, or the content is another document."""

    path: str
    text: str


class AmountForm(_Form, frozen=True):
    """The large figure."""

    label: str
    path: str
    currency: SourceForm
    sum: bool = False
    separators: bool = False


class CellForm(_Form, frozen=True, rename={"kind": "as"}):
    """What rows and columns have in common; which members go with which `as`, `grammar` says."""

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
    """A sum that should be the declared one."""

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


# Learned while it is imported, by one thread: two that read it first crash the process.
Decoder(ViewForm)
