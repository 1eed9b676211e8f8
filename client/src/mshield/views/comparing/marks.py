"""Compares one value with facts, token by token, and marks tokens that the facts lack."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from mshield.views.comparing.facts import Facts
from mshield.views.comparing.tokens import Kind, Token, fold, squash_of, tight_of, tokens

Mark = tuple[int, int, Literal["absent", "unchecked"]]
"""Start and end in code points of the value, and the kind of mark."""

_COUNTERS: Final = frozenset("项份种票笔")
_OF_PARTIES: Final = (
    *("人", "公司", "单位", "企业", "户名", "姓名", "甲方", "乙方", "购买方", "销售方"),
    *("party", "buyer", "seller", "company", "consign", "shipper"),
)
_ENDS: Final = ("公司", "厂", "行", "社", "所", "院", "店", "中心", "集团")
_FORMS: Final = frozenset(
    {"gmbh", "ltd", "limited", "inc", "llc", "ag", "ug", "corp", "bv", "plc", "sa", "srl", "kk"}
)


def marks_of(
    value: str, label: str, facts: Facts, *, strict: bool = False, units: bool = False
) -> list[Mark]:
    """Returns the marks of a value.

    `strict` means that `facts` are those of the rows with its label, `units` that one of these rows has a
    unit.
    """
    folded = fold(value)
    tight = tight_of(folded)
    if not tight or tight in facts.tights:
        return []
    comparison = _Comparison(folded, fold(label), facts, strict=strict, units=units)
    marks: list[Mark] = []
    for number, token in enumerate(comparison.tokens):
        if not _HOLDS[token.kind](comparison, number):
            absent = _ABSENT[token.kind](comparison, number)
            marks.append((token.start, token.end, "absent" if absent else "unchecked"))
    return marks


def _words(token: Token) -> str:
    """Returns the squashed words, without a final 等 ("and others")."""
    return squash_of(token.text).removesuffix("等")


class _Comparison:
    """Comparison of one value; all methods take the index of a token."""

    def __init__(self, text: str, label: str, facts: Facts, *, strict: bool, units: bool) -> None:
        self.tokens = tokens(text)
        self._text = text
        self._label = label
        self._facts = facts
        self._strict = strict
        self._units = units

    def always(self, _place: int) -> bool:
        return True

    def never(self, _place: int) -> bool:
        return False

    def has_amount(self, place: int) -> bool:
        token, facts = self.tokens[place], self._facts
        if token.number is None or token.currency is None:
            return False
        together = (token.number, token.currency) in facts.amounts
        return together or (
            facts.apart and token.number in facts.numbers and token.currency in facts.currencies
        )

    def has_date(self, place: int) -> bool:
        return self.tokens[place].text in self._facts.dates

    def has_currency(self, place: int) -> bool:
        return self.tokens[place].currency in self._facts.currencies

    def has_number(self, place: int) -> bool:
        number, facts = self.tokens[place].number, self._facts
        if number is None:
            return False
        if self._counts(place):
            counted = not number.scale and number.value in facts.counts
            if counted or not self._strict:
                return counted
        return number in facts.numbers or number in facts.amount_numbers

    def lacks_number(self, place: int) -> bool:
        """Reports whether a missing number is definitely absent, and not just a free word that can't be checked."""
        token = self.tokens[place]
        if token.number is None or self._counts(place) or self._strict or "." in token.text:
            return True
        others = [other for other in self.tokens if other is not token]
        alone = not others or (
            len(others) == 1 and others[0].kind == "words" and len(squash_of(others[0].text)) <= 3
        )
        return alone or abs(token.number.value) >= 100 * 10**token.number.scale

    def _counts(self, place: int) -> bool:
        """Reports whether the number is before a counter word, if the content has anything to count."""
        after = self._text[self.tokens[place].end :].lstrip(" ")
        return bool(self._facts.counts) and after[:1] in _COUNTERS

    def has_identifier(self, place: int) -> bool:
        return self.tokens[place].text in self._facts.identifiers

    def lacks_identifier(self, place: int) -> bool:
        return self._strict or len(self.tokens[place].text) >= 4

    def has_words(self, place: int) -> bool:
        words = _words(self.tokens[place])
        if self._facts.say(words):
            return True
        return len(words) <= 1 and (not self._strict or (not self._units and self._follows_number(place)))

    def _follows_number(self, place: int) -> bool:
        if not place or self.tokens[place - 1].kind not in {"number", "amount"}:
            return False
        return not self._text[self.tokens[place - 1].end : self.tokens[place].start].strip(" ")

    def lacks_words(self, place: int) -> bool:
        token = self.tokens[place]
        words = _words(token)
        return (
            self._strict
            or (bool(self._label) and any(word in self._label for word in _OF_PARTIES))
            or (len(words) > 3 and words.endswith(_ENDS))
            or token.text.rsplit(" ", 1)[-1] in _FORMS
        )


_Test = Callable[[_Comparison, int], bool]
_HOLDS: Final[Mapping[Kind, _Test]] = {
    "amount": _Comparison.has_amount,
    "date": _Comparison.has_date,
    "currency": _Comparison.has_currency,
    "number": _Comparison.has_number,
    "identifier": _Comparison.has_identifier,
    "words": _Comparison.has_words,
    "time": _Comparison.never,
}
_ABSENT: Final[Mapping[Kind, _Test]] = {
    "amount": _Comparison.always,
    "date": _Comparison.always,
    "currency": _Comparison.always,
    "number": _Comparison.lacks_number,
    "identifier": _Comparison.lacks_identifier,
    "words": _Comparison.lacks_words,
    "time": _Comparison.never,
}
