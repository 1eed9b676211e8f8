"""What people read for an operation: in English its summary, in Chinese the words of operation_words.json."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import msgspec

CHINESE: Final[Mapping[str, str]] = msgspec.json.decode(
    (files("mshield.web.openapi") / "operation_words.json").read_bytes(), type=dict[str, str]
)


def words_of(operation_id: str, summaries: Mapping[str, str]) -> tuple[str, str]:
    """Chinese and English words of an operation; its id where it is one of another version."""
    english = summaries.get(operation_id, operation_id)
    return CHINESE.get(operation_id, english), english
