"""Hundreds of changes to a bundle: neither verifier accepts one that changes what a reader sees.

Each leaf of the bundle is changed in several ways, lines are removed, doubled and moved. Accepted changes are
compared with what a reader sees of the bundle.
"""

import base64
import copy
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.pki.errors import PkiError
from mshield.pki.signatures.display import Pages
from mshield.pki.timestamps.token import parse_token
from tests.support.stamped_bundles import OWN, SECOND
from tests.support.verifier_cases import Case, by_page, by_python
from tests.unit.client.bundle import SIGNED_AT, VKEY, Maker
from tests.unit.client.bundles import VIEW
from tests.unit.pki.authority import DAY, authority

pytestmark = pytest.mark.slow

A: Final = authority()
_CHANGES: Final = 140
"""Number of changes to each of four bundles: all that a reader would see, then random others."""


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yields all values without children, with their places."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in items:
        yield from leaves(part, (*path, name))
    if not isinstance(value, (dict, list)) or not value:
        yield path, value


def put(bundle: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Returns a copy with this value at that place."""
    changed = copy.deepcopy(bundle)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return changed


def others(value: Any, draw: random.Random) -> Iterator[Any]:
    """Yields other values that fit the same place."""
    if isinstance(value, str):
        place = draw.randrange(len(value) + 1)
        yield value[:place] + draw.choice("0aA9總\u202e ") + value[place:]
        yield value[:place] + value[place + 1 :]
        yield value.swapcase()
        yield value.replace("1", "7", 1)
        yield value[::-1]
        yield ""
    elif isinstance(value, int):
        yield from (value + 1, value - 1, value + 1000)
    elif value is None:
        yield ""
    yield None


def lines(bundle: Any) -> Iterator[Any]:
    """Yields bundles with lines removed, doubled, reordered, and one added."""
    display = bundle["document"]["display"]
    more = {"label": "备注", "value": "已付"}
    for changed in (display[:-1], display[1:], display * 2, display[::-1], [*display, more], []):
        yield put(bundle, ("document", "display"), changed)
    first, second = display[0], display[1]
    swapped = [first | {"value": second["value"]}, second | {"value": first["value"]}]
    yield put(bundle, ("document", "display"), swapped)


def changes(bundle: Any) -> Iterator[Any]:
    """Yields all changed bundles, each different from the others and from the original."""
    draw = random.Random(17)  # noqa: S311  no secret
    before = {json.dumps(bundle, sort_keys=True)}
    every = [*lines(bundle)]
    changed_leaves = [put(bundle, path, new) for path, old in leaves(bundle) for new in others(old, draw)]
    draw.shuffle(changed_leaves)
    every += [{name: part for name, part in bundle.items() if name != "holder"}]
    every += sorted(changed_leaves, key=lambda changed: seen(changed) == seen(bundle))
    for changed in every:
        if (text := json.dumps(changed, sort_keys=True)) not in before:
            before.add(text)
            yield changed


def seen(bundle: Any) -> str:
    """Returns what a reader is shown of a bundle: everything except proofs."""
    parts = {
        "request": bundle["request"],
        "document": bundle["document"],
        "signed_at": bundle["signature"]["signed_at"],
        "certificate": bundle["certificate_pem"],
        "times": bundle["time_stamps"],
        "holder": bundle.get("holder"),
        "log": [bundle["log"].get("view"), _stamped(bundle["log"].get("time_stamps"))],
    }
    return json.dumps(parts, sort_keys=True)


def _stamped(stamps: Any) -> Any:
    """Returns the displayed facts of time stamps: time and authority. Other certificates in a token prove nothing."""
    try:
        tokens = [parse_token(base64.b64decode(stamp["token_b64"], validate=True)) for stamp in stamps]
    except (TypeError, KeyError, ValueError, PkiError):
        return stamps
    return [
        [stamp | {"token_b64": None}, token.content.hex()]
        for stamp, token in zip(stamps, tokens, strict=True)
    ]


PAGES: Final = Pages(5, ((1, 2), (4, 4)))


UNREAD: Final = {"format": "cms_detached", "confirmed": "unread", "pages": PAGES}
DRAWN: Final = {"view": VIEW, "log_stamp": lambda note: [OWN.stamp(note, at=SECOND)]}


@pytest.mark.parametrize("made", [{"format": "raw"}, {}, UNREAD, DRAWN])
def test_no_change_that_a_reader_would_see_is_accepted(made: Any, tmp_path: Path) -> None:
    bundle = json.loads(Maker(A, **made).made().encode())
    tried = [*itertools.islice(changes(bundle), _CHANGES)]
    assert len(tried) == _CHANGES
    cases = [
        Case(
            name=str(number),
            kind="evidence",
            signature=json.dumps(changed).encode(),
            roots=[A.root.der],
            log_keys=[str(VKEY)],
            at=SIGNED_AT + DAY,
        )
        for number, changed in enumerate([bundle, *tried])
    ]
    (good, *page), python = by_page(cases, tmp_path), [by_python(case) for case in cases]
    assert good.verdict == python[0].verdict == "valid"
    for changed, one, other in zip(tried, page, python[1:], strict=True):
        if "valid" in (one.verdict, other.verdict):
            assert seen(changed) == seen(bundle)
        assert (one.verdict == "invalid") == (other.verdict == "invalid")
    assert sum(verdict.verdict == "invalid" for verdict in page) >= 0.9 * len(tried)
