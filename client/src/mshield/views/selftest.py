"""Runs a folder of vectors for views: each case of its `index.json`, and the digests of the shipped views in it."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from mshield.gm.selftest import Report
from mshield.views.canonical import canonical
from mshield.views.comparing.answer import compare
from mshield.views.drawing import draw
from mshield.views.errors import ViewError
from mshield.views.grammar import read_view

T = TypeVar("T")
Files = Callable[[str], bytes]
"""Reads a file of the folder by its name, parts joined by `/`; raises OSError if it doesn't exist."""

_TYPE: Final = "mshield-view-vectors/v1"
_SHIPPED: Final = ("shipped", "views")


class NotVectors(ValueError):
    """The folder's `index.json` can't be read as view vectors."""


def run(files: Files) -> Report:
    """Runs all cases; a faulty case counts as failed. Raises: NotVectors if the folder has no usable index.

    Shipped views aren't cases: they add a failure only if their digests differ from `digests.json`.
    """
    try:
        index = json.loads(files("index.json"))
        cases = index["cases"] if index["type"] == _TYPE else None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise NotVectors(f"index.json can't be read: {error}") from error
    if not isinstance(cases, list) or not cases:
        raise NotVectors(f"index.json is no {_TYPE} with cases")
    reasons = [(_name(number, case), _reason(_run_case, case, files)) for number, case in enumerate(cases)]
    failures = [f"{name}: {reason}" for name, reason in reasons if reason is not None]
    passed = len(cases) - len(failures)
    for folder in _SHIPPED:
        reason = _reason(_run_shipped, folder, files)
        failures.extend([f"{folder}: {reason}"] if reason is not None else [])
    return Report(passed, len(failures), tuple(failures))


def _name(number: int, case: object) -> str:
    return str(case.get("name", number)) if isinstance(case, Mapping) else str(number)


def _reason(check: Callable[[T, Files], str | None], what: T, files: Files) -> str | None:
    try:
        return check(what, files)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ViewError) as error:
        return f"a faulty case: {error!r}"


def _run_case(case: Mapping[str, Any], files: Files) -> str | None:
    expected = files(case["expect"]) if isinstance(case["expect"], str) else canonical(case["expect"])
    try:
        answer = _answer(case, files)
    except ViewError as error:
        answer = canonical(error.answer)
    return None if answer == expected else f"got {_shorten(answer)}, expected {_shorten(expected)}"


def _answer(case: Mapping[str, Any], files: Files) -> bytes:
    view = read_view(files(case["view"])) if "view" in case else None
    content = _content(case["content"], files)
    if case["kind"] == "draw" and view is not None:
        return draw(view, content).octets
    if case["kind"] != "compare":
        raise ValueError(f"unknown kind {case['kind']!r}")
    summary = case["summary"]
    lines = [(label, value) for label, value in summary["lines"]]
    return compare(summary["title"], lines, content, view=view, kind=case["content_kind"]).octets


def _content(content: str | Mapping[str, Any], files: Files) -> bytes:
    if isinstance(content, str):
        return files(content)
    text: str = content["before"] + content["unit"] * content["times"] + content["after"]
    return text.encode()


def _run_shipped(folder: str, files: Files) -> str | None:
    """Returns the fault of the shipped views in a folder; None if they are right, or the folder doesn't exist."""
    try:
        digests = json.loads(files(f"{folder}/digests.json"))
    except OSError:
        return None
    for name, expected in digests.items():
        view = read_view(files(f"{folder}/{name}.view.json"))
        drawn = draw(view, files(f"{folder}/contents/{expected['content']}"))
        if (view.digest.hex(), drawn.digest.hex()) != (expected["view"], expected["drawn"]):
            return f"{name}: the digests differ"
    return None


def _shorten(octets: bytes) -> str:
    text = octets.decode(errors="replace")
    return text if len(text) <= 200 else f"{text[:200]}…"
