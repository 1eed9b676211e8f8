"""What an error says in general, where nobody knows what differs from case to case: whole sentences, no gaps."""

import re
from typing import Final

from mshield.domain.errors.domain_error import DomainError

_ZH: Final = {"source": "外部系统", "phone_masked": "另一个号码", "url": "", "uri": "", "expected": "下一个"}
_EN: Final = {
    "limit": "several",
    "source": "the other system",
    "phone_masked": "another number",
    "url": "",
    "uri": "",
    "expected": "the next one",
}
_SOON: Final = re.compile(r" in \{retry_after[^}]*\}(?: seconds| s\b)?")
_BEGINNING: Final = re.compile(r"(?:^|(?<=\. ))[a-z]")
_PLACE: Final = re.compile(r"( ?)\{(\w+)(?::[^|}]*\|([^}]*))?\}( ?)")


def in_general(kind: type[DomainError]) -> tuple[str, str]:
    """Its Chinese and its English sentence with words in the place of numbers and names."""
    chinese = kind.zh_text.replace(" {retry_after} 秒后", "稍后")
    english = _SOON.sub(" later", kind.en_text.replace("The system {source}", "The other system"))
    english = _PLACE.sub(_english, english)
    return _PLACE.sub(lambda place: _ZH.get(place[2], "几"), chinese), _BEGINNING.sub(
        lambda beginning: beginning[0].upper(), english
    )


def _english(place: re.Match[str]) -> str:
    before, name, noun, after = place.groups()
    words = " ".join(text for text in (_EN.get(name, "some"), noun) if text)
    return f"{before}{words}{after}" if words else before or after
