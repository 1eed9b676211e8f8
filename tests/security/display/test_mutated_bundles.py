"""Hundreds of changes to a bundle: neither verifier accepts one that changes what a reader sees.

Each leaf of the bundle is changed in several ways, lines are removed, doubled and moved. Accepted changes are
compared with what a reader sees of the bundle.
"""

import base64
import copy
import itertools
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from mshield.pki.errors import PkiError
from mshield.pki.revocation.ocsp import Good
from mshield.pki.signatures.display import Pages
from mshield.pki.signatures.evidence import EvidenceStatus
from mshield.pki.signatures.formats import AskedOptions, complete
from mshield.pki.timestamps.token import parse_token
from tests.support.stamped_bundles import OWN, SECOND
from tests.support.verifier_cases import Case, by_page, by_python
from tests.unit.client import bundles
from tests.unit.client.bundle import SIGNED_AT, VKEY, Maker, bound
from tests.unit.client.bundles import VIEW
from tests.unit.client.statuses import ocsp
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


def judged(tried: Sequence[Any], tmp_path: Path) -> Iterator[tuple[Any, Any, Any]]:
    """Yields each bundle with the verdicts of the page and of the command."""
    cases = [
        Case(
            name=str(number),
            kind="evidence",
            signature=json.dumps(bundle).encode(),
            roots=[A.root.der],
            log_keys=[str(VKEY)],
            at=SIGNED_AT + DAY,
        )
        for number, bundle in enumerate(tried)
    ]
    yield from zip(tried, by_page(cases, tmp_path), map(by_python, cases), strict=True)


STAMPED: Final[dict[str, Any]] = {
    "stamp": lambda der: [OWN.stamp(der, at=SECOND)],
    "log_stamp": DRAWN["log_stamp"],
}
NEW: Final[list[dict[str, Any]]] = [
    {"format": "raw"},
    {},
    {"format": "cms_detached"} | STAMPED,
    UNREAD,
    DRAWN | STAMPED,
]
_NEW_CHANGES: Final = 220


@pytest.mark.parametrize("made", NEW)
def test_no_change_of_a_new_bundle_is_accepted(made: Any, tmp_path: Path) -> None:
    """The log signed all of it: whatever was changed, taken away or put in, both verifiers refuse it."""
    bundle = json.loads(Maker(A, belongs=True, **made).made().encode())
    tried = [*itertools.islice(changes(bundle), _NEW_CHANGES)]
    assert len(tried) == _NEW_CHANGES
    (_, *good), *others = judged([bundle, *tried], tmp_path)
    assert [each.verdict for each in good] == ["valid", "valid"]
    for changed, page, python in others:
        assert (page.verdict, python.verdict) == ("invalid", "invalid"), changed


def parts_of_another() -> Iterator[tuple[str, Any]]:
    """Yields a bundle with a part taken away, or of another bundle of the same signature, by what was done."""
    evidence = Maker(A, format="cms_detached", belongs=True, **STAMPED).made()
    at = SIGNED_AT + 120_000
    status = EvidenceStatus(ocsp=ocsp(A, A.leaf, Good(), at=at), ca_ocsp=ocsp(A, A.issuing, Good(), at=at))
    log = msgspec.structs.replace(evidence.log, time_stamps=msgspec.UNSET)
    bundle = json.loads(evidence.encode())
    other = json.loads(bound(msgspec.structs.replace(evidence, status=status, log=log)).encode())
    yield "content", put(bundle, ("document", "content_b64"), None)
    yield "status", put(bundle, ("status",), other["status"])
    yield "status of the CA", put(bundle, ("status", "ca_ocsp_b64"), other["status"]["ca_ocsp_b64"])
    yield "time stamps of the log", put(bundle, ("log",), other["log"])
    yield "note", put(bundle, ("log", "belongs"), other["log"]["belongs"])
    yield "no time stamps of the log", put(bundle, ("log",), _without(bundle["log"], "time_stamps"))
    yield "no note", put(bundle, ("log",), _without(bundle["log"], "belongs"))
    no_stamps = _without(bundle["log"], "belongs", "time_stamps")
    yield "neither", put(put(bundle, ("log",), no_stamps), ("document", "content_b64"), None)


def _without(part: Any, *names: str) -> Any:
    return {name: value for name, value in part.items() if name not in names}


def test_part_taken_away_or_of_another_bundle_is_found(tmp_path: Path) -> None:
    names, changed = zip(*parts_of_another(), strict=True)
    for name, (_, page, python) in zip(names, judged(changed, tmp_path), strict=True):
        code = "bad_log_proof" if name in {"no note", "neither"} else "bundle_changed"
        assert (page.verdict, page.code) == ("invalid", code), name
        assert (python.verdict, python.code) == ("invalid", code), name


def test_time_stamps_taken_out_of_an_xml_bundle_are_found(tmp_path: Path) -> None:
    options = complete("xml", AskedOptions(), display_oid=None)
    make = Maker(A, format="xml", options=options, belongs=True, **STAMPED)
    bundle = json.loads(make.made().encode())
    (_, *good), (_, *changed) = judged([bundle, put(bundle, ("time_stamps",), [])], tmp_path)
    assert [each.verdict for each in good] == ["valid", "valid"]
    assert [each.code for each in changed] == ["bundle_changed", "bundle_changed"]


def test_bundle_of_before_stays_valid_and_tells_nothing() -> None:
    made = {tells: bundles.check(Maker(A, belongs=tells).made()).tells_parts for tells in (False, True)}
    assert made == {False: False, True: True}


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
