"""Reading any file as an evidence bundle gives a bundle or one kind of error."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mshield.client.evidence.verify import read_evidence, verify_evidence
from mshield.client.verification import VerificationError
from mshield.pki.signatures.display import display_bytes
from mshield.pki.signatures.signed_attributes import parse_signed_attributes
from tests.support.signed_data import attributes_of
from tests.unit.client.bundle import VKEY, Maker
from tests.unit.pki.authority import authority

A = authority()
GOOD = Maker(A).made().encode()
AT = datetime(2026, 6, 1, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    st.lists,
    max_leaves=4,
)


def judge(data: bytes) -> None:
    """Verifies, or raises VerificationError."""
    verify_evidence(read_evidence(data), roots=[A.root.der], log_keys=[str(VKEY)], at=AT, engine=A.engine)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_is_a_bundle_or_refused(data: bytes) -> None:
    with contextlib.suppress(VerificationError):
        judge(data)


@given(st.data())
def test_a_bundle_with_other_bytes_is_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD) - 1))
    length = data.draw(st.integers(0, 8))
    put_in = data.draw(st.binary(max_size=8))
    with contextlib.suppress(VerificationError):
        judge(GOOD[:at] + put_in + GOOD[at + length :])


@given(st.data())
def test_a_bundle_with_other_values_is_refused(data: st.DataObject) -> None:
    found = json.loads(GOOD)
    part: Any = found
    while isinstance(part, (dict, list)) and part:
        keys = sorted(part) if isinstance(part, dict) else list(range(len(part)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(part[key], (dict, list)):
            part[key] = data.draw(JSON)
            break
        part = part[key]
    with contextlib.suppress(VerificationError):
        judge(json.dumps(found).encode())


@given(
    st.binary(min_size=32, max_size=32),
    st.text(st.characters(codec="utf-8")),
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))), max_size=4
    ),
)
def test_attributes_round_trip_and_the_display_is_one_text(
    digest: bytes, title: str, lines: list[tuple[str, str]]
) -> None:
    found = attributes_of(digest=digest, title=title, media_type="a/b", size=1, lines=lines)
    assert parse_signed_attributes(found.encode()) == found
    shown = json.loads(display_bytes(title=title, media_type="a/b", size=1, lines=lines))
    assert [(each["label"], each["value"]) for each in shown["lines"]] == lines
