"""Currencies of views: codes, and the names used by content and requesters. Frozen with v1."""

from typing import Final

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "CNY": ("人民币",),
    "USD": ("美元",),
    "EUR": ("欧元",),
    "JPY": ("日本元", "日元"),
    "HKD": ("港币", "港元"),
    "GBP": ("英镑",),
    "KRW": ("韩国元", "韩元"),
    "AUD": ("澳大利亚元", "澳元"),
    "CAD": ("加拿大元", "加元"),
    "CHF": ("瑞士法郎",),
    "SGD": ("新加坡元",),
    "NZD": ("新西兰元",),
    "TWD": ("新台币", "台币"),
    "MOP": ("澳门元",),
    "THB": ("泰国铢", "泰铢"),
    "RUB": ("俄罗斯卢布", "卢布"),
    "SEK": ("瑞典克朗",),
    "NOK": ("挪威克朗",),
    "DKK": ("丹麦克朗",),
    "INR": ("印度卢比",),
    "MYR": ("马来西亚林吉特", "林吉特"),
    "VND": ("越南盾",),
    "IDR": ("印尼盾",),
    "PHP": ("菲律宾比索",),
}
"""Codes of ISO 4217 with their Chinese names; the first name is displayed."""

CODES: Final = {code: code for code in NAMES} | {
    name: code for code, names in NAMES.items() for name in names
}
"""Maps a code or a name to the code. 元, ¥ and $ alone are ambiguous and not included."""


def drawn_name(code: str) -> str:
    """Returns the displayed name."""
    return NAMES[code][0]
