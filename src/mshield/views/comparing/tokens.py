"""Splits an asker's words and content's texts into tokens: amounts, numbers, dates, identifiers, words.

All works on folded text, whose code points stand where those of the text stood, so that places are places in both.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from mshield.views.currencies import NAMES
from mshield.views.values import Decimal, decimal, real_day

Kind = Literal["amount", "currency", "date", "identifier", "number", "time", "words"]

_FOLD: Final = (
    {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
    | {0x3000: " ", 0xA0: " ", 0x09: " ", 0xFFE5: "¥"}
    | {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}
    | {wide: wide - 0xFEE0 + 32 for wide in range(0xFF21, 0xFF3B)}
)
_PUNCTUATION: Final = "!\"#%&'()*+,-./:;<=>?@[\\]^_`{|}~"
BREAKS: Final = frozenset(_PUNCTUATION + "、。《》“”‘’【】「」〔〕·—…\n\r")
_NO_SPACE: Final = dict.fromkeys(map(ord, " \n\r"))
_NO_BREAKS: Final = _NO_SPACE | dict.fromkeys(map(ord, BREAKS))

_SIGNS: Final = {"us$": "USD", "hk$": "HKD", "¥": "CNY", "$": "USD", "€": "EUR", "£": "GBP"}
_CURRENCIES: Final = _SIGNS | {name: code for code, names in NAMES.items() for name in names}
_YUAN: Final = "元"
_CURRENCY: Final = re.compile("|".join(map(re.escape, sorted(_CURRENCIES, key=len, reverse=True))))
_CODES: Final = {code.lower(): code for code in NAMES} | {"rmb": "CNY"}

_DATE: Final = re.compile(
    r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|([-/.])([0-9]{1,2})\4([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)"
)
_AFTER_DATE: Final = re.compile(r"(?:t(?=[0-9]))|(?![-/.]?[a-z0-9])")
_TIME: Final = re.compile(r"[0-9]{2}:[0-9]{2}(?:[a-z0-9]|[:+.](?=[a-z0-9]))*")
_RUN: Final = re.compile(r"[a-z0-9](?:[a-z0-9]|[-/._](?=[a-z0-9])|(?<=[0-9]),(?=[0-9]))*")
_DIGIT: Final = re.compile("[0-9]")
_ALNUM: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_TIMES: Final = {"万": 10**4, "亿": 10**8}


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is its folded text, without the sign and multiplier of a number; of what it isn't, values are None."""

    kind: Kind
    start: int
    end: int
    text: str
    number: Decimal | None = None
    currency: str | None = None


def fold(text: str) -> str:
    """One code point to one: wide forms, spaces and capital letters of ASCII."""
    return text.translate(_FOLD)


def tight(text: str) -> str:
    """Folded, without space and line ends."""
    return fold(text).translate(_NO_SPACE)


def squash(text: str) -> str:
    """Folded, without space and breaks."""
    return fold(text).translate(_NO_BREAKS)


def tokens(text: str) -> list[Token]:
    """The tokens of a text, from the left; number and currency beside each other are one amount."""
    folded = fold(text)
    return _amounts(folded, list(_Splitting(folded).tokens()))


class _Splitting:
    """One folded text, split from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last: Token | None = None

    def tokens(self) -> Iterator[Token]:
        text = self._text
        at, words = 0, -1  # where the words began that are being read
        while at < len(text):
            here = self._here(at)
            if here:
                if words >= 0:
                    yield self._words(words, at)
                    words = -1
                yield from here
                self._last, at = here[-1], here[-1].end
            elif text[at] in BREAKS:
                if words >= 0:
                    yield self._words(words, at)
                    words = -1
                at += 1
            else:
                words = at if words < 0 and text[at] != " " else words
                run = _RUN.match(text, at)
                at = run.end() if run else at + 1
        if words >= 0:
            yield self._words(words, len(text))

    def _words(self, start: int, end: int) -> Token:
        text = self._text[start:end].rstrip(" ")
        self._last = Token("words", start, start + len(text), text)
        return self._last

    def _here(self, at: int) -> list[Token]:
        """The token that begins here, or two of a run with a currency's code; nothing if words go on."""
        text = self._text
        currency = _CURRENCY.match(text, at)
        if currency is not None:
            return [Token("currency", at, currency.end(), currency[0], currency=_CURRENCIES[currency[0]])]
        if text[at] == _YUAN and self._yuan_counts(at):
            return [Token("currency", at, at + 1, _YUAN, currency="CNY")]
        if text[at] not in _ALNUM:
            return []
        return self._date(at) or self._time(at) or self._run(at)

    def _yuan_counts(self, at: int) -> bool:
        if self._text.strip(" ") == _YUAN:
            return True
        last = self._last
        return last is not None and last.kind == "number" and not self._text[last.end : at].strip(" ")

    def _date(self, at: int) -> list[Token]:
        match = _DATE.match(self._text, at)
        if match is None or not "1900" <= match[1] <= "2099":
            return []
        year, month, day = (part for part in match.groups() if part and part not in "-/.")
        text, end = real_day(year, month, day), match.end()
        if text is None:
            return []
        if not match[0].endswith("日"):
            after = _AFTER_DATE.match(self._text, end)
            if after is None:
                return []
            end = after.end()
        return [Token("date", at, end, text)]

    def _time(self, at: int) -> list[Token]:
        match = _TIME.match(self._text, at)
        return [] if match is None else [Token("time", at, match.end(), match[0])]

    def _run(self, at: int) -> list[Token]:
        match = _RUN.match(self._text, at)
        if match is None:
            return []
        run, end = match[0], match.end()
        if run in _CODES:
            return [Token("currency", at, end, run, currency=_CODES[run])]
        front, behind = _CODES.get(run[:3]), _CODES.get(run[-3:])
        if front is not None and decimal(run[3:], separators=True) is not None:
            return [Token("currency", at, at + 3, run[:3], currency=front), self._number(at + 3, end)]
        if behind is not None and decimal(run[:-3], separators=True) is not None:
            number = self._number(at, end - 3, may_multiply=False)
            return [number, Token("currency", end - 3, end, run[-3:], currency=behind)]
        if decimal(run, separators=True) is not None:
            return [self._number(at, end)]
        return [Token("identifier", at, end, run)] if _DIGIT.search(run) else []

    def _number(self, start: int, end: int, *, may_multiply: bool = True) -> Token:
        text = self._text
        written = text[start:end]
        number = decimal(written, separators=True)
        value, scale = number if number is not None else (0, 0)
        if start and text[start - 1] == "-" and (start < 2 or text[start - 2] not in _ALNUM):
            value = -value
        if may_multiply:
            after = end
            while after < len(text) and text[after] == " ":
                after += 1
            if after < len(text) and text[after] in _TIMES:
                value, end = value * _TIMES[text[after]], after + 1
        return Token("number", start, end, written, number=Decimal(value, scale).reduced)


def _amounts(text: str, split: list[Token]) -> list[Token]:
    """The tokens with number and currency that have only spaces between them as one."""
    joined: list[Token] = []
    number = 0
    while number < len(split):
        token, second = split[number], split[number + 1] if number + 1 < len(split) else None
        if (
            second is None
            or {token.kind, second.kind} != {"number", "currency"}
            or not _beside(text, token, second)
        ):
            joined.append(token)
            number += 1
            continue
        number += 2
        end = second.end
        third = split[number] if number < len(split) else None
        if third is not None and _repeats(token, third) and _beside(text, second, third):
            end = third.end
            number += 1
        value, currency = (second, token) if token.currency else (token, second)
        whole = text[token.start : end]
        joined.append(Token("amount", token.start, end, whole, value.number, currency.currency))
    return joined


def _repeats(first: Token, third: Token) -> bool:
    return first.kind == "currency" and third.kind == "currency" and third.currency == first.currency


def _beside(text: str, first: Token, second: Token) -> bool:
    return not text[first.end : second.start].strip(" ")
