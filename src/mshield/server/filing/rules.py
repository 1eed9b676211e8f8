"""Filing records (备案): rows of an imported list as entered, and the validated records made from them.

A row is accepted as a whole or not at all. Every fault is reported with its line and field, so that a list
can be corrected in one pass. A record is identified by credit code, role and id number. The phone column is
optional: a list without it leaves filed phone numbers unchanged, while an empty cell means that the person
has none.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeVar

from mshield.server.errors import DomainError
from mshield.server.identity.errors import InvalidCreditCode
from mshield.server.values.lines import starts_formula
from mshield.server.values.names import (
    ID_TYPE_NAMES,
    MAX_NAME,
    IdType,
    check_credit_code,
    check_id_number,
    check_phone,
    normalise_name,
)
from mshield.wire.identity import Role

FIELDS: Final = ("enterprise", "credit_code", "name", "id_type", "id_number", "role")
"""Required fields of a row, in the order of the example file's columns."""

COLUMNS: Final = (*FIELDS, "phone")
"""All fields of a row, including the optional phone number."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Line of a list. `phone` is None if the list has no such column."""

    line: int
    enterprise: str
    credit_code: str
    name: str
    id_number: str
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingRow(_Line):
    """Line as text.

    `faults` maps fields whose cell couldn't be read as text to a finding code; such fields are empty.
    """

    id_type: str
    role: str
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingRecord(_Line):
    """Checked row, all fields normalised.

    Without a phone column the filed number stays; it is empty if the person has none.
    """

    id_type: IdType
    role: Role


@dataclass(frozen=True, slots=True)
class Finding:
    """Fault of one line: the field (None for the whole line), a stable code, and the instruction in both languages."""

    line: int
    field: str | None
    code: str
    zh: str
    en: str


_TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "missing": ("没有填写", "is missing"),
        "formula": ("是公式，请改成文字", "is a formula; enter it as text"),
        "number_cell": (
            "被存成数字，会丢失末几位或前面的 0，请把单元格设为文本后重填",
            (
                "was stored as a number, which may lose trailing digits or leading zeros; format the "
                "cell as text and enter it again"
            ),
        ),
        "not_text": ("不是文字", "is not text"),
        "too_long": ("太长", "is too long"),
        "invalid_enterprise": ("有误，请按营业执照填写", "is invalid; enter it as on the business licence"),
        "invalid_name": ("有误，请按证件填写", "is invalid; enter it as on the document"),
        "invalid_id_number": ("有误，请按证件核对", "is invalid; check it against the document"),
        "invalid_credit_code": (
            "有误，请按营业执照核对",
            "is invalid; check it against the business licence",
        ),
        "invalid_phone": ("有误，请填 11 位手机号", "is invalid; enter the 11 digits of a mobile number"),
        "unknown_id_type": ("有误，没有这一种", "is not a known type"),
        "unknown_role": ("请填“法人”或“操作员”", "must be legal representative or operator"),
        "unknown_enterprise": (
            "没有填写，备案和名单里也没有这个代码的企业",
            "is missing, and neither the filing nor the list has a name for this credit code",
        ),
        "duplicate": ("与第 {first} 行重复", "repeats line {first}"),
        "enterprise_differs": (
            "与第 {first} 行同一代码的企业名称不同",
            "differs from line {first} with the same credit code",
        ),
        "person_differs": (
            "与第 {first} 行同一证件号码的人不同",
            "differs from line {first} with the same id number",
        ),
    }
)

FIELD_NAMES: Final[Mapping[str | None, tuple[str, str]]] = MappingProxyType(
    {
        "enterprise": ("企业名称", "enterprise"),
        "credit_code": ("统一社会信用代码", "credit code"),
        "name": ("姓名", "name"),
        "id_type": ("证件类型", "id type"),
        "id_number": ("证件号码", "id number"),
        "role": ("用户类型", "user type"),
        "phone": ("手机号", "phone number"),
        "phone_waits": ("待生效的手机号", "phone number that waits"),
        None: ("本行", "the line"),
    }
)
"""Chinese and English name of each field."""

_ID_TYPES: Final[Mapping[str, IdType]] = MappingProxyType(
    {
        "居民身份证": IdType.RESIDENT_ID,
        "身份证": IdType.RESIDENT_ID,
        "护照": IdType.PASSPORT,
        "港澳居民来往内地通行证": IdType.HK_MACAU_PERMIT,
        "港澳通行证": IdType.HK_MACAU_PERMIT,
        "台湾居民来往大陆通行证": IdType.TAIWAN_PERMIT,
        "台胞证": IdType.TAIWAN_PERMIT,
        "外国人永久居留身份证": IdType.FOREIGN_RESIDENT_ID,
        "外国人永久居留证": IdType.FOREIGN_RESIDENT_ID,
        **{spelling: kind for kind in IdType for spelling in (kind.value, ID_TYPE_NAMES[kind][1])},
    }
)
_ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        "法人": Role.LEGAL_PERSON,
        "企业法人": Role.LEGAL_PERSON,
        "法定代表人": Role.LEGAL_PERSON,
        "操作员": Role.OPERATOR,
        "企业操作员": Role.OPERATOR,
        **{role.value: role for role in Role},
    }
)
_SEPARATORS: Final = re.compile(r"[\s_-]")
# A spreadsheet would parse such text as a formula when the list is opened again.
_FORMULA_STARTS: Final = tuple("=+-@")
# "+86" may begin a phone number, so "+" is allowed here: check_phone keeps 11 digits or refuses.
_PHONE_FORMULA_STARTS: Final = tuple("=-@")


def check_rows(rows: Iterable[FilingRow]) -> tuple[list[FilingRecord], list[Finding]]:
    """Returns the records of all valid lines and the findings of the others, in line order.

    Also checks across lines: no record twice, one enterprise name per credit code, one person per id number.
    """
    records: list[FilingRecord] = []
    findings: list[Finding] = []
    for row in rows:
        record = check_row(row)
        if isinstance(record, FilingRecord):
            records.append(record)
        else:
            findings.extend(record)
    list_findings = _check_list(records)
    bad = {finding.line for finding in list_findings}
    findings = sorted([*findings, *list_findings], key=lambda finding: finding.line)
    return [record for record in records if record.line not in bad], findings


def blank_enterprises(rows: Iterable[FilingRow]) -> set[str]:
    """Returns the valid credit codes of lines without an enterprise name, for looking up the filed names."""
    return {code for row in rows if _is_blank(row) and (code := _credit_code(row)) is not None}


def fill_enterprises(rows: Sequence[FilingRow], on_file: Mapping[str, str]) -> list[FilingRow]:
    """Fills blank enterprise names from the list's other lines, else from the names on file (by credit code).

    A line whose name is in neither gets the fault `unknown_enterprise`.
    """
    names_in_list = {
        code: row.enterprise for row in rows if not _is_blank(row) and (code := _credit_code(row))
    }
    return [_fill_enterprise(row, {**on_file, **names_in_list}) if _is_blank(row) else row for row in rows]


def _fill_enterprise(row: FilingRow, names: Mapping[str, str]) -> FilingRow:
    code = _credit_code(row)
    if code is None:
        return row
    if code in names:
        return replace(row, enterprise=names[code])
    return replace(row, faults={**row.faults, "enterprise": "unknown_enterprise"})


def _is_blank(row: FilingRow) -> bool:
    return not row.enterprise.strip() and "enterprise" not in row.faults


def _credit_code(row: FilingRow) -> str | None:
    try:
        return check_credit_code(row.credit_code)
    except InvalidCreditCode:
        return None


def check_row(row: FilingRow) -> FilingRecord | list[Finding]:
    """Returns the record of a line, or all its findings."""
    findings: list[Finding] = []
    id_type = _value(row, "id_type", findings, lambda text: _choice(text, _ID_TYPES, "unknown_id_type"))
    role = _value(row, "role", findings, lambda text: _choice(text, _ROLES, "unknown_role"))
    enterprise = _value(row, "enterprise", findings, _check_enterprise)
    credit_code = _value(row, "credit_code", findings, check_credit_code)
    name = _value(row, "name", findings, normalise_name)
    # A number's format depends on its type, so with an invalid type only a missing number can be reported.
    id_number = _value(
        row, "id_number", findings, lambda text: text if id_type is None else check_id_number(id_type, text)
    )
    phone = _phone(row, findings)
    if (
        findings
        or (enterprise is None or credit_code is None or role is None)
        or (name is None or id_type is None or id_number is None)
    ):  # fmt: skip
        return sorted(findings, key=lambda finding: COLUMNS.index(finding.field or COLUMNS[0]))
    return FilingRecord(
        line=row.line,
        enterprise=enterprise,
        credit_code=credit_code,
        name=name,
        id_type=id_type,
        id_number=id_number,
        role=role,
        phone=phone,
    )


def finding(line: int, name: str | None, code: str, **values: int) -> Finding:
    """Returns a finding with its sentences; `values` are the numbers in them. Raises: KeyError (unknown code)."""
    zh, en = _TEXTS[code]
    subject_zh, subject_en = FIELD_NAMES[name]
    return Finding(
        line, name, code, f"{subject_zh}{zh.format(**values)}", f"{subject_en} {en.format(**values)}"
    )


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _value(
    row: FilingRow,
    name: str,
    findings: list[Finding],
    check: Callable[[str], T],
    *,
    formulas: tuple[str, ...] = _FORMULA_STARTS,
) -> T | None:
    text = str(getattr(row, name)).strip()
    code = row.faults.get(name)
    if code is None and not text:
        code = "missing"
    if code is None and starts_formula(text, signs=formulas):
        code = "formula"
    if code is None:
        try:
            return check(text)
        except (DomainError, _Refused) as error:
            code = error.code
    findings.append(finding(row.line, name, code))
    return None


def _phone(row: FilingRow, findings: list[Finding]) -> str | None:
    text = None if row.phone is None else row.phone.strip()
    if not text and "phone" not in row.faults:
        return text
    return _value(row, "phone", findings, check_phone, formulas=_PHONE_FORMULA_STARTS)


def _choice(text: str, known: Mapping[str, T], code: str) -> T:
    normalised = _spelling(text)
    for spelling, meant in known.items():
        if _spelling(spelling) == normalised:
            return meant
    raise _Refused(code)


def _spelling(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _check_enterprise(text: str) -> str:
    # Full-width brackets are part of Chinese enterprise names, so NFC: NFKC would fold them.
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(name) <= MAX_NAME or not any(map(str.isalpha, name)) or not name.isprintable():
        raise _Refused("invalid_enterprise")
    return name


def _check_list(records: Sequence[FilingRecord]) -> list[Finding]:
    findings: list[Finding] = []
    lines: dict[tuple[str, Role, str], int] = {}
    enterprises: dict[str, FilingRecord] = {}
    persons: dict[str, FilingRecord] = {}
    for record in records:
        first = lines.setdefault((record.credit_code, record.role, record.id_number), record.line)
        enterprise = enterprises.setdefault(record.credit_code, record)
        person = persons.setdefault(record.id_number, record)
        if first != record.line:
            findings.append(finding(record.line, None, "duplicate", first=first))
        if enterprise.enterprise != record.enterprise:
            findings.append(finding(record.line, "enterprise", "enterprise_differs", first=enterprise.line))
        if (person.name, person.id_type) != (record.name, record.id_type):
            findings.append(finding(record.line, "name", "person_differs", first=person.line))
    return findings
