"""Fields of a customs declaration (报关单): their names and rules.

A rule returns the value in stored form, or raises Wrong with a sentence to show at the field.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from . import codes
from .codes import Table


class Wrong(Exception):
    """Error: a value is invalid; the sentence is for the user."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


Rule = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field. `table` makes it a choice; `help_zh` and `help_en` are shown below it."""

    key: str
    zh: str
    en: str
    rule: Rule
    table: Table | None = None
    kind: str = "text"
    inputmode: str = "text"
    help_zh: str = ""
    help_en: str = ""
    optional: bool = False
    wide: bool = False


# Characters that XML 1.0 can't contain, and those that change the direction of text on the phone.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def text(most: int) -> Rule:
    """Returns a rule for a line of at most so many characters."""

    def rule(given: str) -> str:
        if len(given) > most:
            raise Wrong(
                f"最多 {most} 个字，现在 {len(given)} 个", f"At most {most} characters, not {len(given)}"
            )
        if _UNSEEN.search(given):
            raise Wrong("含有看不见的字符，请重新输入", "It has characters that can't be seen: type it again")
        return given

    return rule


def matching(pattern: str, zh: str, en: str) -> Rule:
    """Returns a rule for capital letters and digits that match a pattern."""
    compiled = re.compile(pattern)

    def rule(given: str) -> str:
        value = given.upper().replace(" ", "")
        if not compiled.fullmatch(value):
            raise Wrong(zh, en)
        return value

    return rule


def number(places: int, most: int = 12) -> Rule:
    """Returns a rule for a positive decimal number with at most so many places."""

    def rule(given: str) -> str:
        try:
            value = Decimal(given.replace(",", "").replace("，", ""))
        except InvalidOperation:
            raise Wrong("请填数字，例如 3150.00", "Give a number, such as 3150.00") from None
        if not value.is_finite() or value <= 0:
            raise Wrong("须大于 0", "It must be more than 0")
        after = max(0, -int(value.as_tuple().exponent))
        if after > places:
            raise Wrong(
                f"最多 {places} 位小数" if places else "须为整数",
                f"At most {places} decimal places" if places else "It must be a whole number",
            )
        if value.adjusted() >= most:
            raise Wrong("数字太大", "The number is too large")
        return f"{value:f}"

    return rule


def choice(table: Table) -> Rule:
    """Returns a rule for a code of the table."""

    def rule(given: str) -> str:
        if given not in table:
            raise Wrong("请从列表中选择", "Choose from the list")
        return given

    return rule


def day(given: str) -> str:
    """Accepts a date of the calendar."""
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise Wrong("请填日期，例如 2026-11-20", "Give a date, such as 2026-11-20") from None


def _choice(key: str, zh: str, en: str, table: Table) -> Field:
    return Field(key=key, zh=zh, en=en, table=table, rule=choice(table))


HEAD: Final = (
    _choice("direction", "进出口标志", "Direction", codes.DIRECTIONS),
    _choice("customs", "申报地海关", "Customs of declaration", codes.CUSTOMS),
    _choice("port", "进/出境关别", "Customs of entry or exit", codes.CUSTOMS),
    Field(key="date", zh="进/出口日期", en="Date of entry or exit", rule=day, kind="date"),
    Field(key="abroad", zh="境外收发货人", en="Party abroad", rule=text(100), wide=True),
    _choice("transport", "运输方式", "Mode of transport", codes.TRANSPORT),
    Field(
        key="vessel", zh="运输工具名称及航次号", en="Vessel and voyage", rule=text(50),
        help_zh="例如 MUSTER HAMBURG/2647E", help_en="Such as MUSTER HAMBURG/2647E",
    ),
    Field(
        key="bill", zh="提运单号", en="Bill of lading",
        rule=matching(r"[A-Z0-9]{4,32}", "4 到 32 位字母和数字", "4 to 32 letters and digits"),
    ),
    _choice("supervision", "监管方式", "Customs procedure", codes.SUPERVISION),
    _choice("terms", "成交方式", "Terms of trade", codes.TERMS),
    _choice("country", "启运国/运抵国", "Country of departure or arrival", codes.COUNTRIES),
    Field(key="contract", zh="合同协议号", en="Contract", rule=text(32)),
    Field(key="packages", zh="件数", en="Packages", rule=number(0, 6), inputmode="numeric"),
    Field(key="gross", zh="毛重（千克）", en="Gross weight (kg)", rule=number(5), inputmode="decimal"),
    Field(key="net", zh="净重（千克）", en="Net weight (kg)", rule=number(5), inputmode="decimal"),
    Field(key="remarks", zh="标记唛码及备注", en="Marks and remarks", rule=text(200), optional=True, wide=True),
)  # fmt: skip

LINE: Final = (
    Field(
        key="hs", zh="商品编号（HS）", en="HS code", inputmode="numeric",
        rule=matching(r"[0-9]{10}", "须为 10 位数字", "It has exactly 10 digits"),
    ),
    Field(key="name", zh="商品名称", en="Name of goods", rule=text(100)),
    Field(key="spec", zh="规格型号", en="Specification", rule=text(255), wide=True),
    Field(key="quantity", zh="数量", en="Quantity", rule=number(5), inputmode="decimal"),
    _choice("unit", "计量单位", "Unit", codes.UNITS),
    Field(key="price", zh="单价", en="Unit price", rule=number(4), inputmode="decimal"),
    _choice("currency", "币制", "Currency", codes.CURRENCIES),
    _choice("origin", "原产国（地区）", "Country of origin", codes.COUNTRIES),
)  # fmt: skip
