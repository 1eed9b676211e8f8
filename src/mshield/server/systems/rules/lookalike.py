"""Detection of business systems (业务系统) that a person reading a phone's screen could confuse.

This is a simple rule, not a register of look-alikes: it finds only what can be checked cheaply. Names are
compared without details that the eye skips: width, case, blanks, punctuation and company forms; Cyrillic and
Greek letters and digits are replaced by the Latin letters they resemble. Domains are compared by their
registrable part; domains that differ by one letter are alike. Not detected: other similar characters
(traditional ones, 未 and 末), names with the same meaning, and public suffixes that aren't listed here.
"""

import re
import unicodedata
from typing import Final, Literal

Likeness = Literal["same_domain", "same_owner", "like_domain", "like_name"]

_CONFUSED: Final = str.maketrans(
    "аеорсухіјѕԁһԛԝкмтнвαορνικτυχγ01|",
    "aeopcyxijsdhqwkmthbaopviktuxyol" + "l",
)
_FORMS: Final = ("有限责任公司", "股份有限公司", "有限公司", "公司", "股份", "有限", "责任")
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SEPARATORS: Final = re.compile(r"[./-]+")
_UNSEEN_SEPARATORS: Final = re.compile(r"(?<![0-9lo])[./-]+|[./-]+(?![0-9lo./-])")
"""Separators with a letter on one side; `l` and `o` also stand for 1 and 0, see `_CONFUSED`."""
_SECOND: Final = frozenset({"ac", "co", "com", "edu", "go", "gov", "gob", "mil", "ne", "net", "or", "org"})
_PROVINCES: Final = frozenset(
    {
        "ah",
        "bj",
        "cq",
        "fj",
        "gd",
        "gs",
        "gx",
        "gz",
        "ha",
        "hb",
        "he",
        "hi",
        "hk",
        "hl",
        "hn",
        "jl",
        "js",
        "jx",
        "ln",
    }
    | {"mo", "nm", "nx", "qh", "sc", "sd", "sh", "sn", "sx", "tj", "tw", "xj", "xz", "yn", "zj"}
)
_SHORT_NAME: Final = 5
_SHORT_LABEL: Final = 4


def likeness(name: str, domain: str, other_name: str, other_domain: str) -> tuple[Likeness, ...]:
    """Returns the kinds of likeness between two systems, empty if they aren't alike.

    Names and domains must be normalised.
    """
    likenesses: list[Likeness] = []
    host, other_host = domain.partition(":")[0], other_domain.partition(":")[0]
    own, others = registrable(host), registrable(other_host)
    if host == other_host:
        likenesses.append("same_domain")
    elif own == others:
        likenesses.append("same_owner")
    elif _is_close(_skeleton_of_label(own), _skeleton_of_label(others), short=_SHORT_LABEL):
        likenesses.append("like_domain")
    if _is_close(skeleton(name), skeleton(other_name), short=_SHORT_NAME):
        likenesses.append("like_name")
    return tuple(likenesses)


def skeleton(name: str) -> str:
    """Reduces a name to a form in which look-alike names are equal or nearly so."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_CONFUSED)
    letters = "".join(character for character in plain if unicodedata.category(character)[0] in "LN")
    short = letters
    for form in _FORMS:
        short = short.replace(form, "")
    return short or letters or plain


def skeleton_of_id(name: str) -> str:
    """Reduces the id of a view to a form that is equal for ids that look the same.

    Separators are dropped, except between digits or what looks like one: 1.1 and 11 are different versions.
    """
    plain = _SEPARATORS.sub(".", _UNSEEN_SEPARATORS.sub("", name.translate(_CONFUSED)))
    for pair, single in _PAIRS:
        plain = plain.replace(pair, single)
    return plain


def registrable(host: str) -> str:
    """Returns the registrable part of a host name, as far as this rule knows the public suffixes."""
    labels = host.split(".")
    if all(label.isdecimal() for label in labels):
        return host
    is_second = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND
    is_province = len(labels) > 2 and labels[-1] == "cn" and labels[-2] in _PROVINCES
    return ".".join(labels[-3:] if is_second or is_province else labels[-2:])


def _skeleton_of_label(domain: str) -> str:
    label = domain if domain.replace(".", "").isdecimal() else domain.partition(".")[0]
    if label.startswith("xn--"):
        try:
            label = label.removeprefix("xn--").encode().decode("punycode")
        except UnicodeError:  # invalid punycode: compare the label as it is
            return label
    plain = unicodedata.normalize("NFKC", label).casefold().translate(_CONFUSED)
    for pair, single in _PAIRS:
        plain = plain.replace(pair, single)
    return plain


def _is_close(one: str, other: str, *, short: int) -> bool:
    """Reports whether two texts are equal or, unless short, differ by one added, missing or different letter."""
    if one == other:
        return True
    if min(len(one), len(other)) < short or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, others = one[start:], other[start:]
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:]
