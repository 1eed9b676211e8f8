"""Files of `deploy/ha`, with a node's values in place of the capitalised placeholders."""

import re
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[1] / "deploy" / "ha"
_WORD: Final = re.compile(r"\b[A-Z][A-Z_]{2,}\b")


def filled(name: str, **values: str) -> str:
    """Returns the text of a file. Comments, and placeholders without a value, remain as they are."""
    return "\n".join(_filled(line, values) for line in (FOLDER / name).read_text("utf-8").splitlines()) + "\n"


def _filled(line: str, values: dict[str, str]) -> str:
    if line.lstrip().startswith("#"):
        return line
    text, mark, comment = line.partition(" #")
    return _WORD.sub(lambda word: values.get(word[0], word[0]), text) + mark + comment


def settings(name: str, **values: str) -> dict[str, str]:
    """Returns the variables that an environment file sets."""
    lines = (line for line in filled(name, **values).splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)
