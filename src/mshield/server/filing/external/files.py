"""Reader of filing lists: .xlsx workbooks and .csv texts with Chinese or English headers, as numbered rows.

Formulas aren't computed and links aren't followed: a formula is a fault of its cell. Size limits apply before
anything is parsed, and an unreadable file results in a single error with a sentence.
"""

import csv
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType
from typing import Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from mshield.server.filing.rules import COLUMNS, FIELDS, FilingRow

MAX_FILE: Final = 20 * 1024 * 1024
MAX_UNPACKED: Final = 128 * 1024 * 1024
MAX_PARTS: Final = 1000
"""Maximum number of parts in a workbook; ordinary ones have a few dozen."""

MAX_ROWS: Final = 100_000
_PLAIN: Final = frozenset({"General", "0", "@"})
"""Number formats that display a whole number exactly as stored."""

MAX_LINES: Final = 3 * MAX_ROWS
"""Maximum number of lines including empty ones: a sheet may be formatted far below its last entry."""
MAX_COLUMNS: Final = 64
MAX_CELL: Final = 256
_HEADER_WITHIN: Final = 10
_EXACT_DIGITS: Final = 15
"""Number of digits that a spreadsheet stores exactly."""
_PHONE_DIGITS: Final = 11

_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "unknown_format": ("只能导入 .xlsx 或 .csv 文件", "Only .xlsx and .csv files can be imported"),
    "too_large": ("文件太大，最多 20 MB、100000 行，请分开导入", "The file is over 20 MB or 100 000 lines; split it"),
    "unreadable": ("文件无法读取，可能已损坏或设了密码", "The file can't be read; it may be damaged or locked"),
    "encoding": ("文字编码无法识别，请另存为 UTF-8 的 CSV", "The text's encoding is unknown; save it as CSV in UTF-8"),
    "header": ("没有找到完整的表头，还缺：{columns}", "The header is not complete; missing: {columns}"),
    "header_twice": ("表头有重复的列：{columns}", "The header has duplicate columns: {columns}"),
    "empty": ("文件里没有人员", "The file contains no people"),
})  # fmt: skip

HEADERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "enterprise": (
            "企业名称",
            "单位名称",
            "公司名称",
            "enterprise",
            "enterprise name",
            "company",
            "organisation",
        ),
        "credit_code": (
            "统一社会信用代码",
            "社会信用代码",
            "信用代码",
            "unified social credit code",
            "credit code",
        ),
        "name": ("姓名", "人员姓名", "name", "full name"),
        "id_type": ("证件类型", "身份证件类型", "id type"),
        "id_number": ("证件号码", "证件号", "身份证号码", "身份证号", "id number"),
        "role": ("用户类型", "人员类型", "角色", "user type", "role"),
        "phone": ("手机号", "备案手机号", "移动电话", "phone", "mobile"),
    }
)
"""Accepted names of each column. Case, blanks, underscores and remarks in brackets are ignored."""

# Errors raised by zipfile, expat or lxml (SyntaxError) and openpyxl for damaged or hostile workbooks; none of
# them documents a narrower set.
_UNREADABLE: Final = (
    zipfile.BadZipFile, InvalidFileException, SyntaxError, zlib.error, OSError, EOFError, ValueError, TypeError,
    LookupError, AttributeError, NotImplementedError, RuntimeError, AssertionError, ArithmeticError,
)  # fmt: skip


class FilingFileError(Exception):
    """The file as a whole can't be imported: `code` is stable, `zh` and `en` say why and what to do."""

    def __init__(self, code: str, *, columns: Iterable[str] = ()) -> None:
        zh, en = _REASONS[code]
        column_names = list(columns)
        self.code = code
        self.zh = zh.format(columns="、".join(HEADERS[name][0] for name in column_names))
        self.en = en.format(columns=", ".join(name.replace("_", " ") for name in column_names))
        super().__init__(self.en)


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    fault: str | None = None


_Line = tuple[int, list[_Cell]]


def read_filing(data: bytes, filename: str) -> list[FilingRow]:
    """Returns the rows below the header of the first sheet, without empty lines. Raises: FilingFileError.

    The header may follow a title, within the first ten lines. Columns may have any order; unknown ones are
    ignored.
    """
    if len(data) > MAX_FILE:
        raise FilingFileError("too_large")
    suffix = PurePath(filename).suffix.lower()
    if suffix == ".xlsx":
        return _rows(_workbook_lines(data))
    if suffix == ".csv":
        return _rows(_text_lines(data))
    raise FilingFileError("unknown_format")


def _rows(lines: Iterator[_Line]) -> list[FilingRow]:
    columns = _find_header(lines)
    rows: list[FilingRow] = []
    for number, cells in lines:
        if len(rows) == MAX_ROWS:
            raise FilingFileError("too_large")
        cells_by_column = {
            name: cells[place] if place < len(cells) else _Cell("") for name, place in columns.items()
        }
        if any(cell.text or cell.fault for cell in cells_by_column.values()):
            rows.append(_row(number, cells_by_column))
    if not rows:
        raise FilingFileError("empty")
    return rows


def _row(line: int, cells: Mapping[str, _Cell]) -> FilingRow:
    converted = {name: _phone_cell(cell) if name == "phone" else cell for name, cell in cells.items()}
    texts = {name: cell.text for name, cell in converted.items() if cell.fault is None}
    faults = {name: cell.fault for name, cell in converted.items() if cell.fault is not None}
    return FilingRow(line=line, faults=faults, **(dict.fromkeys(FIELDS, "") | texts))


def _phone_cell(cell: _Cell) -> _Cell:
    # A mobile number stored as a number is exact in any format: 11 digits are stored exactly, and the first
    # isn't 0.
    is_exact = cell.fault == "number_cell" and len(cell.text) == _PHONE_DIGITS and cell.text.isdigit()
    return _Cell(cell.text) if is_exact else cell


def _find_header(lines: Iterator[_Line]) -> dict[str, int]:
    best: dict[str, int] = {}
    for _, (_number, cells) in zip(range(_HEADER_WITHIN), lines, strict=False):
        keys = [_header_key(cell.text) for cell in cells]
        matches = [(_ALIASES[key], place) for place, key in enumerate(keys) if key in _ALIASES]
        columns = dict(matches)
        if columns.keys() >= set(FIELDS):
            if len(matches) > len(columns):
                twice = {name for name, place in matches if columns[name] != place}
                raise FilingFileError("header_twice", columns=sorted(twice, key=COLUMNS.index))
            return columns
        best = max(best, columns, key=_required)
    raise FilingFileError("header", columns=[name for name in FIELDS if name not in best])


def _required(columns: Mapping[str, int]) -> int:
    return len(columns.keys() & set(FIELDS))


def _header_key(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).replace("*", "").partition("(")[0]
    return " ".join(plain.replace("_", " ").split()).casefold()


_ALIASES: Final = {alias: name for name, aliases in HEADERS.items() for alias in aliases}


def _workbook_lines(data: bytes) -> Iterator[_Line]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise FilingFileError("too_large")
        # read_only ignores the size that a sheet declares. data_only stays off, so that formulas are visible
        # as such.
        book = load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
            if number > MAX_LINES:
                raise FilingFileError("too_large")
            yield (
                number,
                [_workbook_cell(cell.value, str(cell.data_type), cell.number_format) for cell in cells],
            )
    except _UNREADABLE as error:
        raise FilingFileError("unreadable") from error


def _workbook_cell(value: object, kind: str, number_format: str) -> _Cell:
    if value is None:
        return _Cell("")
    if kind == "f":
        return _Cell("", "formula")
    if isinstance(value, str):
        return _text_cell(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return _Cell("", "not_text")
    if (isinstance(value, float) and not value.is_integer()) or abs(value) >= 10**_EXACT_DIGITS:
        return _Cell("", "number_cell")
    # Other formats display more than the stored number, such as leading zeros.
    return _Cell(str(int(value)), None if number_format in _PLAIN else "number_cell")


def _text_cell(text: str) -> _Cell:
    # In spreadsheets a leading apostrophe marks a number as text.
    plain = text.strip().removeprefix("'")
    return _Cell("", "too_long") if len(plain) > MAX_CELL else _Cell(plain)


def _text_lines(data: bytes) -> Iterator[_Line]:
    reader = csv.reader(io.StringIO(_decode(data), newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, [_text_cell(cell) for cell in cells[:MAX_COLUMNS]]
            line = reader.line_num + 1
    except csv.Error as error:
        raise FilingFileError("unreadable") from error


def _decode(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FilingFileError("encoding")
