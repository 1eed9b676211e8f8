"""Splits descriptions and content into tokens: amounts, numbers, dates, identifiers, words.

Works on folded text, which has the same number of code points as the original, so positions are valid in
both.
"""

import re
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from mshield.views.currencies import NAMES
from mshield.views.values import Decimal, decimal, real_day

Kind = Literal["amount", "currency", "date", "identifier", "number", "time", "words"]

_FOLD: Final = (
    {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
    | {0x3000: " ", 0xA0: " ", 0x09: " ", 0xFFE5: "¥"}
    | {letter: letter + 32 for letter in range(ord("A"), ord("Z") + 1)}
    | {wide: wide - 0xFEE0 + 32 for wide in range(0xFF21, 0xFF3B)}
)
_FOLDED: Final = "[A-Z\uff01-\uff5e\u3000\xa0\t\uffe5]"
# `re` searches twice as fast for a pattern that begins with a set of characters than for one with a repeated set.
_TO_FOLD: Final = re.compile(f"{_FOLDED}{_FOLDED}*+")
_PUNCTUATION: Final = "!\"#%&'()*+,-./:;<=>?@[\\]^_`{|}~"
BREAKS: Final = frozenset(_PUNCTUATION + "、。《》“”‘’【】「」〔〕·—…\n\r")
_OF_BREAKS: Final = re.escape("".join(sorted(BREAKS)))
_NO_BREAKS: Final = re.compile(f"[ {_OF_BREAKS}]++")

_SIGNS: Final = {"us$": "USD", "hk$": "HKD", "¥": "CNY", "$": "USD", "€": "EUR", "£": "GBP"}
_CURRENCIES: Final = _SIGNS | {name: code for code, names in NAMES.items() for name in names}
_YUAN: Final = "元"
_CURRENCY: Final = "|".join(map(re.escape, sorted(_CURRENCIES, key=len, reverse=True)))
_CODES: Final = {code.lower(): code for code in NAMES} | {"rmb": "CNY"}

_DATE: Final = (
    r"([0-9]{4})(?:([0-9]{2})([0-9]{2})|(?P<mark>[-/.])([0-9]{1,2})(?P=mark)([0-9]{1,2})"
    r"|年([0-9]{1,2})月([0-9]{1,2})日)"
)
_AFTER_DATE: Final = re.compile(r"(?:t(?=[0-9]))|(?![-/.]?[a-z0-9])")
_TIME: Final = r"[0-9]{2}:[0-9]{2}(?:[a-z0-9]++|[:+.][a-z0-9]++)*+"
_RUN: Final = r"[a-z0-9]++(?:[-/._][a-z0-9]++|(?<=[0-9]),[0-9][a-z0-9]*+)*+"
_NO_DATE: Final = re.compile(f"(?P<time>{_TIME})|(?P<run>{_RUN})")
_DIGIT: Final = re.compile("[0-9]")
_BEGINS: Final = "a-z0-9" + re.escape("".join({name[0] for name in _CURRENCIES} - set("uh")) + _YUAN)
_NEXT: Final = re.compile(
    f"(?P<gap>[ {_OF_BREAKS}]*+)(?P<words>[^{_BEGINS}{_OF_BREAKS}]*+)"
    f"(?:(?P<currency>{_CURRENCY})|(?P<yuan>{_YUAN})"
    f"|(?P<date>{_DATE})|(?P<time>{_TIME})|(?P<run>{_RUN})|(?P<other>[{_BEGINS}]))?",
)
"""Matches from one possible token start to the next; the text between them needs no separate scan."""
_TELLING: Final = re.compile(
    f"[0-9{re.escape(''.join({name[0] for name in _CURRENCIES} - set('uh')))}{_YUAN}]|{'|'.join(_CODES)}"
)
_TIMES: Final = re.compile(" *+([万亿])")
_MOST_DIGITS: Final = 30
_OF_DAY: Final = len("YYYYMMDD")
_TIMES_BY: Final = {"万": 10**4, "亿": 10**8}


class Token(Struct, frozen=True):
    """A token; `text` is its folded text, without a number's sign and multiplier. Unused values are None."""

    kind: Kind
    start: int
    end: int
    text: str
    number: Decimal | None = None
    currency: str | None = None


def fold(text: str) -> str:
    """Folds a text code point by code point: full-width forms, spaces, and ASCII capitals to lower case."""
    if text.isascii():
        return text.lower().replace("\t", " ")
    return _TO_FOLD.sub(_folded, text)


def _folded(match: re.Match[str]) -> str:
    return match[0].translate(_FOLD)


def tight(text: str) -> str:
    """Folds a text and removes white space."""
    return tight_of(fold(text))


def tight_of(folded: str) -> str:
    """Removes spaces and line ends from a folded text."""
    return folded.replace(" ", "").replace("\n", "").replace("\r", "")


def squash_of(folded: str) -> str:
    """Removes spaces and punctuation from a folded text."""
    return _NO_BREAKS.sub("", folded)


def tokens(folded: str) -> list[Token]:
    """Splits a folded text into tokens; adjacent number and currency become one amount."""
    length = len(folded)
    if length <= _MOST_DIGITS and length != _OF_DAY and folded.isascii() and folded.isdigit():
        return [Token("number", 0, length, folded, Decimal(int(folded), 0))]
    split = _Splitting(folded).tokens()
    return split if len(split) < 2 else _amounts(folded, split)


def distinctive_tokens(folded: Iterable[str]) -> list[Token]:
    """Returns the tokens of all these texts, skipping texts with only words. The positions are meaningless."""
    telling = [text for text in folded if _TELLING.search(text) is not None]
    # Tokens never combine across lines, so split all texts at once; but 元 may be a whole text.
    alone = [token for text in telling if text.strip(" ") == _YUAN for token in tokens(text)]
    return alone + tokens("\n".join(telling))


class _Splitting:
    """State of splitting one folded text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._split: list[Token] = []
        self._words = -1  # start of the words being read, or -1
        self._after_number = False  # whether only spaces are between here and a number

    def tokens(self) -> list[Token]:
        text, at, end = self._text, 0, len(self._text)
        while at < end:
            match = _NEXT.match(text, at)
            assert match is not None  # noqa: S101  # it matches the empty text
            gap, passed = match.group("gap", "words")
            if gap and gap.strip(" "):
                self._end_words(at)
                self._after_number = False
            start = match.end("words")
            if passed and self._words < 0:
                self._words = start - len(passed)
            at = match.end() if match.lastgroup == "words" else self._take(match, start)
        self._end_words(end)
        return self._split

    def _end_words(self, at: int) -> None:
        if self._words >= 0:
            text = self._text[self._words : at].rstrip(" ")
            self._split.append(Token("words", self._words, self._words + len(text), text))
            self._words = -1
            self._after_number = False

    def _take(self, match: re.Match[str], start: int) -> int:
        """Adds what this match is, one or two tokens or a part of words; returns the position after it."""
        kind = match.lastgroup
        if kind == "date":
            date = self._date(match, match.end())
            if date is not None:
                return self._add(date)
            rest = _NO_DATE.match(self._text, start)
            assert rest is not None  # noqa: S101  # it starts with a digit
            kind, match = rest.lastgroup, rest
        end = match.end()
        if kind == "run":
            here = self._run(match["run"], start, end)
            if here:
                return self._add(*here)
        elif kind == "currency":
            written = match["currency"]
            return self._add(Token("currency", start, end, written, None, _CURRENCIES[written]))
        elif kind == "time":
            return self._add(Token("time", start, end, match["time"]))
        elif kind == "yuan" and self._yuan_counts(start):
            return self._add(Token("currency", start, end, _YUAN, None, "CNY"))
        if self._words < 0:
            self._words = start
        return end

    def _add(self, *here: Token) -> int:
        if self._words >= 0:
            self._end_words(here[0].start)
        self._split.extend(here)
        last = here[-1]
        self._after_number = last.kind == "number"
        return last.end

    def _yuan_counts(self, at: int) -> bool:
        if self._words >= 0:
            return False
        return self._after_number or (not self._split and self._alone(at))

    def _alone(self, at: int) -> bool:
        """Reports whether all other text is spaces. Called for the first token only, with no words before it."""
        text = self._text
        return not text[:at].strip(" ") and not text[at + 1 :].strip(" ")

    def _date(self, match: re.Match[str], end: int) -> Token | None:
        written = match["date"]
        if not "1900" <= written[:4] <= "2099":
            return None
        year, month, day = (part for part in match.groups()[_OF_DATE] if part and part not in "-/.")
        text = real_day(year, month, day)
        if text is None:
            return None
        if not written.endswith("日"):
            after = _AFTER_DATE.match(self._text, end)
            if after is None:
                return None
            end = after.end()
        return Token("date", match.start("date"), end, text)

    def _run(self, run: str, start: int, end: int) -> tuple[Token, ...]:
        """Splits a run into currency, number, both or an identifier; empty if it is part of words."""
        if run in _CODES:
            return (Token("currency", start, end, run, None, _CODES[run]),)
        number = decimal(run, separators=True)
        if number is not None:
            return (self._number(number, start, end),)
        front, behind = _CODES.get(run[:3]), _CODES.get(run[-3:])
        if front is not None and (number := decimal(run[3:], separators=True)) is not None:
            currency = Token("currency", start, start + 3, run[:3], None, front)
            return (currency, self._number(number, start + 3, end))
        if behind is not None and (number := decimal(run[:-3], separators=True)) is not None:
            currency = Token("currency", end - 3, end, run[-3:], None, behind)
            return (self._number(number, start, end - 3, may_multiply=False), currency)
        return (Token("identifier", start, end, run),) if _DIGIT.search(run) else ()

    def _number(self, number: Decimal, start: int, end: int, *, may_multiply: bool = True) -> Token:
        text = self._text
        written, (value, scale) = text[start:end], number
        if start and text[start - 1] == "-" and (start < 2 or not _is_alnum(text[start - 2])):
            value = -value
        times = _TIMES.match(text, end) if may_multiply else None
        if times is not None:
            value, end = value * _TIMES_BY[times[1]], times.end()
        return Token("number", start, end, written, Decimal(value, scale).reduced)


def _is_alnum(character: str) -> bool:
    return "a" <= character <= "z" or "0" <= character <= "9"


_OF_DATE: Final = slice(_NEXT.groupindex["date"], _NEXT.groupindex["time"] - 1)
"""Groups of a match that form its date, the year first."""


def _amounts(text: str, split: list[Token]) -> list[Token]:
    """Joins number and currency into an amount if only spaces are between them."""
    joined: list[Token] = []
    number, end_of_all = 0, len(split)
    while number < end_of_all:
        token = split[number]
        second = split[number + 1] if number + 1 < end_of_all else None
        number += 1
        if second is None or not _are_amount(token.kind, second.kind) or not _beside(text, token, second):
            joined.append(token)
            continue
        number += 1
        end = second.end
        third = split[number] if number < end_of_all else None
        if third is not None and _repeats(token, third) and _beside(text, second, third):
            end = third.end
            number += 1
        value, currency = (second, token) if token.currency else (token, second)
        whole = text[token.start : end]
        joined.append(Token("amount", token.start, end, whole, value.number, currency.currency))
    return joined


def _are_amount(first: Kind, second: Kind) -> bool:
    return (first == "number" and second == "currency") or (first == "currency" and second == "number")


def _repeats(first: Token, third: Token) -> bool:
    return first.kind == "currency" and third.kind == "currency" and third.currency == first.currency


def _beside(text: str, first: Token, second: Token) -> bool:
    return first.end == second.start or not text[first.end : second.start].strip(" ")
