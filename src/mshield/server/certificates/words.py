"""Parser of a search field: a shield number, a serial, a credit code, a number's end, or a name.

The console parses its fields by the same rules (frontend/apps/console/src/engine/search_words.ts).
"""

import re
from typing import Final

from mshield.server.certificates.search import NumberEnd, SearchTerms
from mshield.wire import shield_number

_END_OF: Final = re.compile(r"^\s*尾号")
"""Prefix used in SMS: 尾号 0845."""
_BETWEEN: Final = re.compile(r"[\s:-]")
_SERIAL: Final = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_CREDIT_CODE: Final = re.compile(r"(?=9|.*[A-WYZ])[0-9A-Z]{18}", re.IGNORECASE)
"""Has a letter or begins with 9, unlike an id card number, which has 18 digits, or 17 and an X."""
_END: Final = re.compile(r"[0-9]{3,17}[0-9X]", re.IGNORECASE)


def read_words(text: str) -> tuple[SearchTerms, NumberEnd | None]:
    """Parses the field into search terms, or into a number's end."""
    plain = _BETWEEN.sub("", _END_OF.sub("", text, count=1))
    if (number := shield_number.parse_number(plain)) is not None:
        return SearchTerms(shield_number=number), None
    if _SERIAL.fullmatch(plain):
        return SearchTerms(serial=plain), None
    if _CREDIT_CODE.fullmatch(plain):
        return SearchTerms(credit_code=plain), None
    if _END.fullmatch(plain):
        return SearchTerms(), NumberEnd(plain)
    name = text.strip()
    return SearchTerms(name=name or None), None
