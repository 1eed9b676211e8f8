"""What every error is: it has a code, two sentences and perhaps an FAQ entry, and is found by its code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

_BY_CODE: Final[dict[str, type["DomainError"]]] = {}
#: All errors by code, for the problem pages, the documentation and the tests.
BY_CODE: Final[Mapping[str, type["DomainError"]]] = MappingProxyType(_BY_CODE)


class DomainError(Exception):
    """A refusal. `extra` goes to the client as it is, so it holds nothing secret.

    Subclasses give their code and sentences as class arguments. `{name}` in a sentence is `extra["name"]`;
    `{name:try|tries}` is a count with its noun.
    """

    code: ClassVar[str]
    faq: ClassVar[str | None]
    zh_text: ClassVar[str]
    en_text: ClassVar[str]

    def __init_subclass__(cls, *, code: str, zh: str, en: str, faq: str | None = None) -> None:
        if code in _BY_CODE:
            raise TypeError(f"two errors with the code {code}")
        cls.code, cls.faq, cls.zh_text, cls.en_text = code, faq, zh, en
        _BY_CODE[code] = cls

    def __init__(self, **extra: Json) -> None:
        self.extra: Mapping[str, Json] = MappingProxyType(extra)
        super().__init__(self.en)

    @property
    def zh(self) -> str:
        """The Chinese sentence."""
        return self.zh_text.format_map(_shown(self.extra))

    @property
    def en(self) -> str:
        """The English sentence."""
        return self.en_text.format_map(_shown(self.extra))


class _Count(int):
    def __format__(self, spec: str) -> str:
        one, bar, many = spec.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if bar else format(int(self), spec)


def _shown(extra: Mapping[str, Json]) -> dict[str, object]:
    return {name: _Count(value) if isinstance(value, int) else value for name, value in extra.items()}
