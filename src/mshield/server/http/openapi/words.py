"""Names of operations for people: the summary in English, operation_words.json in Chinese."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import msgspec

CHINESE: Final[Mapping[str, str]] = msgspec.json.decode(
    (files("mshield.server.http.openapi") / "operation_words.json").read_bytes(), type=dict[str, str]
)


def words_of(operation_id: str, summaries: Mapping[str, str]) -> tuple[str, str]:
    """Returns the Chinese and English name of an operation; its id if this version doesn't know it."""
    english = summaries.get(operation_id, operation_id)
    return CHINESE.get(operation_id, english), english
