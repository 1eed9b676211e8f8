"""Whether two business systems (业务系统) could be taken for one another by who reads a phone's screen.

A small rule, not a register of look-alikes: it finds what is cheap to try. Names are compared without what the eye
skips: width, case, blanks, punctuation, company forms, Cyrillic and Greek letters and digits for Latin ones. Domains
are compared by what their owner registered, one letter more, less or other included. Not found: other characters that
look alike (traditional ones, 未 and 末), names that only mean the same, suffixes of public registries that aren't here.
"""

import unicodedata
from typing import Final, Literal

Likeness = Literal["same_domain", "same_owner", "like_domain", "like_name"]

_CONFUSED: Final = str.maketrans(
    "аеорсухіјѕԁһԛԝкмтнвαορνικτυχγ01|",
    "aeopcyxijsdhqwkmthbaopviktuxyol" + "l",
)
_FORMS: Final = ("有限责任公司", "股份有限公司", "有限公司", "公司", "股份", "有限", "责任")
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
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
    """In which ways the two are alike; empty where they aren't. Names and domains are in their one form."""
    likenesses: list[Likeness] = []
    host, other_host = domain.partition(":")[0], other_domain.partition(":")[0]
    own, others = registrable(host), registrable(other_host)
    if host == other_host:
        likenesses.append("same_domain")
    elif own == others:
        likenesses.append("same_owner")
    elif _close(_skeleton_of_label(own), _skeleton_of_label(others), short=_SHORT_LABEL):
        likenesses.append("like_domain")
    if _close(skeleton(name), skeleton(other_name), short=_SHORT_NAME):
        likenesses.append("like_name")
    return tuple(likenesses)


def skeleton(name: str) -> str:
    """What the eye keeps of a name."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_CONFUSED)
    letters = "".join(character for character in plain if unicodedata.category(character)[0] in "LN")
    short = letters
    for form in _FORMS:
        short = short.replace(form, "")
    return short or letters or plain


def registrable(host: str) -> str:
    """The part of a host's name that somebody registered, as far as this rule knows the suffixes of registries."""
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
        except UnicodeError:  # no such label: compared as it stands
            return label
    plain = unicodedata.normalize("NFKC", label).casefold().translate(_CONFUSED)
    for pair, single in _PAIRS:
        plain = plain.replace(pair, single)
    return plain


def _close(one: str, other: str, *, short: int) -> bool:
    """Equal, or unless they are short, one letter more, less or other."""
    if one == other:
        return True
    if min(len(one), len(other)) < short or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, others = one[start:], other[start:]
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:]
