"""Parses a view's file: its structure (`forms`), then every rule that a structure can't express."""

import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from mshield.gm.sm3 import sm3
from mshield.views import limits
from mshield.views.canonical import canonical
from mshield.views.content.json_text import Json, NotJson, Number, read_json
from mshield.views.currencies import NAMES
from mshield.views.errors import ViewError
from mshield.views.forms import (
    AmountForm,
    At,
    CellForm,
    CheckForm,
    PartForm,
    Role,
    RowForm,
    SourceForm,
    TermForm,
    ViewForm,
)
from mshield.views.paths import BadPath, Path, Paths
from mshield.views.text import is_plain, trimmed
from mshield.views.view import Amount, Cell, Check, Group, Lists, Require, Source, Table, Term, View

_INTEGER: Final = re.compile("[0-9]{1,9}")
_PREFIX: Final = re.compile("(?!xml)(?:[a-z][a-z0-9]{0,19})?")
_OF_XML: Final = frozenset({"http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"})
_WORD: Final = 60
_LONG_WORD: Final = 200
_CELLS: Final = 300
_MEMBERS: Final = {
    "text": set[str](),
    "decimal": {"unit", "separators"},
    "amount": {"currency", "separators"},
    "date": set[str](),
    "code": {"list", "says", "unknown"},
}
"""Optional members that each `as` allows."""


class _Bad(ValueError):
    """A broken rule of the grammar; the text explains it to the author of the view."""


def read_view(octets: bytes) -> View:
    """Parses a view. Raises: ViewError (`bad_view`), whose cause explains the broken rule."""
    try:
        value = _with_integers(_value(octets))
        return _Grammar(msgspec.convert(value, ViewForm)).view(canonical(value))
    except (NotJson, msgspec.ValidationError, _Bad, BadPath) as error:
        raise ViewError("bad_view") from error


def _value(octets: bytes) -> Json:
    if len(octets) > limits.VIEW_OCTETS:
        raise _Bad("a view has at most 65536 octets")
    return read_json(octets, as_content=False)


def _with_integers(value: Json) -> object:
    """Converts all numbers to integers; a view has no others."""
    if isinstance(value, Number):
        if _INTEGER.fullmatch(value) is None:
            raise _Bad(f"{value} is not allowed: a view's numbers are integers of at most nine digits")
        return int(value)
    if isinstance(value, dict):
        return {name: _with_integers(member) for name, member in value.items()}
    return [_with_integers(item) for item in value] if isinstance(value, list) else value


class _Grammar:
    """Checks and conversion of one form."""

    def __init__(self, form: ViewForm) -> None:
        self._form = form
        xml = form.kind == "xml"
        if (form.root is UNSET) is xml or (form.namespaces is not UNSET and not xml):
            raise _Bad("root is for XML and required there; namespaces are for XML")
        self._namespaces = _namespaces(form) if xml else None
        self._paths = Paths(self._namespaces)
        self._lists = _lists(form.lists)

    def view(self, octets: bytes) -> View:
        form = self._form
        body = tuple(self._part(part) for part in form.body)
        amount = self._amount(form.amount) if form.amount is not UNSET else None
        ignored = tuple(self._below_root(text, comments=True).steps for text in form.ignored)
        _refuse_drawn_ignored(ignored, amount, body)
        _refuse_too_many(body)
        return View(
            octets=octets,
            digest=sm3(octets),
            id=form.id,
            version=form.version,
            content=form.kind,
            title=_word(form.title),
            root=self._paths.root(form.root) if form.root is not UNSET else None,
            namespaces=self._namespaces,
            require=tuple(
                Require(self._paths.path(one.path), trimmed(_word(one.text, _LONG_WORD)))
                for one in form.require
            ),
            amount=amount,
            body=body,
            checks=tuple(self._check(check) for check in form.checks),
            ignored=ignored,
            refuses_unlisted=form.unlisted == "refuse",
        )

    def _below_root(self, text: str, *, comments: bool = False) -> Path:
        path = self._paths.path(text, comments=comments)
        if not path.steps:
            raise _Bad("neither a table nor what is ignored is the root itself")
        return path

    def _amount(self, form: AmountForm) -> Amount:
        currency = self._currency(form.currency)
        return Amount(_word(form.label), self._paths.path(form.path), currency, form.sum, form.separators)

    def _part(self, form: PartForm) -> Group | Table:
        label = _word(form.label)
        if form.rows is not UNSET:
            if (form.table, form.columns, form.missing) != (UNSET, UNSET, UNSET):
                raise _Bad(f"{label}: a part has rows, or table and columns")
            return Group(label, tuple(self._row(row) for row in form.rows))
        if form.table is UNSET or form.columns is UNSET:
            raise _Bad(f"{label}: a part has rows, or table and columns")
        path = self._below_root(form.table)
        if self._namespaces is not None and path.steps[-1].startswith("@"):
            raise _Bad(f"{label}: attributes can't form a table")
        columns = tuple(self._cell(column, at=column.at) for column in form.columns)
        return Table(label, path, columns, form.missing == "show")

    def _row(self, form: RowForm) -> Cell:
        role = None if form.role is UNSET else form.role
        if role is not None and (form.many or form.kind not in {"text", "code"}):
            raise _Bad(f"{form.label}: a role is for one text or code")
        return self._cell(form, many=form.many, role=role)

    def _cell(self, form: CellForm, *, many: bool = False, role: Role | None = None, at: At = "more") -> Cell:
        used = {name for members in _MEMBERS.values() for name in members if getattr(form, name) is not UNSET}
        if not used <= _MEMBERS[form.kind]:
            raise _Bad(f"{form.label}: {', '.join(sorted(used))} can't be combined with as {form.kind}")
        if (form.kind == "amount" and form.currency is UNSET) or (form.kind == "code" and form.list is UNSET):
            raise _Bad(f"{form.label}: an amount needs a currency, a code its list")
        return Cell(
            label=_word(form.label),
            path=self._paths.path(form.path),
            kind=form.kind,
            missing=form.missing,
            separators=form.separators is True,
            currency=self._currency(form.currency) if form.currency is not UNSET else None,
            unit=self._unit(form.unit) if form.unit is not UNSET else None,
            names=self._list(form.list),
            says=self._paths.side_path(form.says) if form.says is not UNSET else None,
            refuses_unknown=form.unknown == "refuse",
            many=many,
            role=role,
            at=at,
        )

    def _currency(self, form: SourceForm) -> Source:
        source = self._source(form)
        names = source.names.values() if source.fixed is None else (source.fixed,)
        if not set(names) <= NAMES.keys():
            raise _Bad("a currency must be one of the specification's codes")
        return source

    def _unit(self, form: SourceForm) -> Source:
        source = self._source(form)
        if source.fixed is not None:
            _word(source.fixed)
        return source

    def _source(self, form: SourceForm) -> Source:
        if (form.fixed is UNSET) is (form.path is UNSET) or (
            form.fixed is not UNSET and form.list is not UNSET
        ):
            raise _Bad("a currency or unit is fixed, or has a path and optionally a list")
        if form.path is UNSET:
            return Source(str(form.fixed), Path(()), {})
        return Source(None, self._paths.side_path(form.path), self._list(form.list))

    def _list(self, name: str | UnsetType) -> Mapping[str, str]:
        if name is UNSET:
            return {}
        if name not in self._lists:
            raise _Bad(f"there is no list {name}")
        return self._lists[name]

    def _check(self, form: CheckForm) -> Check:
        terms = tuple(self._term(term) for term in form.sum)
        equals = self._term(form.equals)
        if len({term.currency is None for term in (*terms, equals)}) > 1:
            raise _Bad(f"{form.label}: all terms need a currency, or none of them")
        return Check(_word(form.label), terms, equals)

    def _term(self, form: TermForm) -> Term:
        currency = self._currency(form.currency) if form.currency is not UNSET else None
        return Term(self._paths.path(form.path), currency, form.separators)


def _word(text: str, longest: int = _WORD) -> str:
    if not is_plain(text, longest):
        raise _Bad(f"{text!r} is empty, too long or has hidden characters")
    return text


def _namespaces(form: ViewForm) -> Mapping[str, str]:
    namespaces = form.namespaces if form.namespaces is not UNSET else {}
    for prefix, name in namespaces.items():
        _word(name, _LONG_WORD)
        if _PREFIX.fullmatch(prefix) is None or name in _OF_XML:
            raise _Bad(f"{prefix!r} can't stand for {name}")
    if len(set(namespaces.values())) < len(namespaces):
        raise _Bad("two prefixes for one namespace")
    return namespaces


def _lists(lists: Lists) -> Lists:
    for name, codes in lists.items():
        _word(name)
        for code, text in codes.items():
            _word(text)
            if trimmed(_word(code)) != code:
                raise _Bad(f"{code!r} of {name} isn't trimmed")
    return lists


def _cells(part: Group | Table) -> Iterable[tuple[tuple[str, ...], Cell]]:
    """Returns its rows or columns with the steps to them from the root."""
    if isinstance(part, Group):
        return ((row.path.steps, row) for row in part.rows)
    return ((part.path.steps + column.path.steps, column) for column in part.columns)


def _refuse_drawn_ignored(
    ignored: Iterable[tuple[str, ...]], amount: Amount | None, body: tuple[Group | Table, ...]
) -> None:
    """Checks that ignored content neither is nor contains rendered content."""
    drawn = {steps for part in body for steps, _ in _cells(part)} | ({amount.path.steps} if amount else set())
    beginnings = {steps[:length] for steps in drawn for length in range(len(steps) + 1)}
    if not beginnings.isdisjoint(ignored):
        raise _Bad("rendered content can't be ignored")


def _refuse_too_many(body: tuple[Group | Table, ...]) -> None:
    cells = [cell for _, cell in chain.from_iterable(_cells(part) for part in body)]
    roles = [cell.role for cell in cells if cell.role is not None]
    if len(cells) > _CELLS or len(set(roles)) < len(roles):
        raise _Bad("at most 300 rows and columns, and one row per role")
