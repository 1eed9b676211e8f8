"""The form of a declaration: reads the input, and checks each field and all together.

The form shows the input as typed; valid values are stored in one form (numbers without commas, capitals).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from .fields import HEAD, LINE, Field, Wrong

MOST_LINES: Final = 50
_CENT: Final = Decimal("0.01")


@dataclass(slots=True)
class Form:
    """`head` and `lines` as typed; `errors` by the input's name (`bill`, `lines-0-hs`)."""

    head: dict[str, str]
    lines: list[dict[str, str]]
    errors: dict[str, Wrong] = field(default_factory=dict)
    checked: dict[str, Any] = field(default_factory=dict)

    def check(self) -> bool:
        """Reports whether the form is valid; fills `errors` or `checked`."""
        head = {each.key: self._value(each, self.head, each.key) for each in HEAD}
        lines = [
            {each.key: self._value(each, line, f"lines-{number}-{each.key}") for each in LINE}
            for number, line in enumerate(self.lines)
        ]
        self._together(head, lines)
        if not self.errors:
            self.checked = {**head, "lines": lines}
        return not self.errors

    def where(self, name: str) -> tuple[str, str]:
        """Returns the field's name (Chinese, English) by its input's name, for the list of errors."""
        if name.startswith("lines-"):
            _lines, place, key = name.split("-")
            of = next(each for each in LINE if each.key == key)
            return f"商品第 {int(place) + 1} 项，{of.zh}", f"Item {int(place) + 1}, {of.en}"
        of = next(each for each in HEAD if each.key == name)
        return of.zh, of.en

    def _value(self, of: Field, typed: Mapping[str, str], name: str) -> str:
        given = typed.get(of.key, "").strip()
        if not given:
            if not of.optional:
                self.errors[name] = _lacking(of)
            return ""
        try:
            return of.rule(given)
        except Wrong as wrong:
            self.errors[name] = wrong
            return ""

    def _together(self, head: dict[str, str], lines: list[dict[str, str]]) -> None:
        """Checks the fields together."""
        if head["gross"] and head["net"] and Decimal(head["net"]) > Decimal(head["gross"]):
            self.errors["net"] = Wrong("净重不能大于毛重", "The net weight can't exceed the gross weight")
        for number, line in enumerate(lines):
            if line["currency"] and lines[0]["currency"] and line["currency"] != lines[0]["currency"]:
                self.errors[f"lines-{number}-currency"] = Wrong(
                    "与第 1 项的币制不同，一份报关单只用一种币制",
                    "Not the currency of item 1: a declaration has one currency",
                )


def read_form(given: Mapping[str, Any]) -> Form:
    """Reads the browser's form; ignores unknown names and files."""
    head = {each.key: _text(given, each.key) for each in HEAD}
    count = _text(given, "lines")
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 1
    lines = [
        {each.key: _text(given, f"lines-{place}-{each.key}") for each in LINE}
        for place in range(max(1, min(number, MOST_LINES)))
    ]
    return Form(head, lines)


def form_of(declared: Mapping[str, Any]) -> Form:
    """Returns the form of a stored declaration, for changes."""
    return Form({each.key: declared[each.key] for each in HEAD}, [dict(line) for line in declared["lines"]])


def empty_form() -> Form:
    """Returns a new form."""
    return Form({"direction": "import"}, [{}])


def line_total(line: Mapping[str, str]) -> Decimal:
    """Returns quantity times price (总价), to the cent."""
    return (Decimal(line["quantity"]) * Decimal(line["price"])).quantize(_CENT, ROUND_HALF_UP)


def shown_price(line: Mapping[str, str]) -> str:
    """Formats a price with thousands separators and at least two decimal places."""
    price = Decimal(line["price"])
    return f"{price:,f}" if price != price.quantize(_CENT) else f"{price.quantize(_CENT):,}"


def total(lines: Sequence[Mapping[str, str]]) -> Decimal:
    """Returns the total of all goods."""
    return sum((line_total(line) for line in lines), Decimal(0)).quantize(_CENT)


def typed_total(line: Mapping[str, str]) -> str:
    """Returns the total to show during input; empty if a value is missing or invalid."""
    rules = {each.key: each.rule for each in LINE}
    try:
        given = {key: rules[key](line.get(key, "").strip()) for key in ("quantity", "price")}
    except Wrong:
        return ""
    return f"{line_total(given):,}"


def _lacking(of: Field) -> Wrong:
    return Wrong("请填写", "Fill this in") if of.table is None else Wrong("请选择", "Choose one")


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


EXAMPLE: Final[dict[str, Any]] = {
    "direction": "import", "customs": "3104", "port": "3104", "date": "2026-11-20",
    "abroad": "Musterhafen Maschinenbau GmbH", "transport": "2", "vessel": "MUSTER HAMBURG/2647E",
    "bill": "MSTR26110058317", "supervision": "0110", "terms": "1", "country": "DEU",
    "contract": "BC-MH-2026-0914", "packages": "4", "gross": "3260", "net": "2980",
    "remarks": "BC-MH 1-4 / NINGBO",
    "lines": [
        {
            "hs": "8413502020", "name": "电动往复式排液泵",
            "spec": "输送液压油，电动，品牌 MUSTERHAFEN，型号 MH-P250，额定压力 25 MPa",
            "quantity": "40", "unit": "001", "price": "3150.00", "currency": "EUR", "origin": "DEU",
        },
        {
            "hs": "8413910000", "name": "液压泵用阀芯", "spec": "钢制，品牌 MUSTERHAFEN，型号 MH-V12",
            "quantity": "120", "unit": "007", "price": "86.50", "currency": "EUR", "origin": "DEU",
        },
    ],
}  # fmt: skip
"""Invented declaration, to begin with."""
