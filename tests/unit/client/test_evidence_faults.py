"""An evidence bundle with a fault: each changed part is detected by the step responsible for it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mshield.client.evidence.verify import Evidence, read_evidence
from mshield.client.verification import VerificationError
from mshield.gm.sm3 import sm3
from mshield.pki.signatures.formats import Format
from tests.unit.client.bundle import CONTENT, Maker
from tests.unit.client.bundles import (
    FAULTS,
    VIEW,
    A,
    b64,
    changed,
    check,
    good,
    leaves,
    put,
    put_shown,
    refused,
    without,
)

STEPS = {
    "type": {"input"},
    "request.id": {"log"},
    "request.kind": {"input"},
    "document.sid": {"input", "log"},
    "document.title": {"display"},
    "document.media_type": {"display"},
    "document.format": {"input"},
    "document.size": {"content", "display"},
    "document.digest_sm3": {"input", "content"},
    "document.content_b64": {"content"},
    "document.display": {"display"},
    "document.view_b64": {"input", "display"},
    "document.drawn": {"input", "display"},
    "document.options": {"input"},
    "document.shown": {"input", "display", "log"},
    "signature.signed_at": {"log"},
    "signature.signature_b64": {"signature"},
    "signature.signed_attributes_b64": {"input", "content", "display"},
    "signature.cms_b64": {"cms"},
    "holder": {"log"},
    "certificate_pem": {"input", "chain", "signature"},
    "chain_pem": {"input", "chain"},
    "status": {"revocation"},
    "log.uid": {"input", "log"},
    "log": {"log"},
}  # fmt: skip


@pytest.mark.parametrize(("format", "view"), [("cms", None), ("cms", VIEW), ("cms_detached", None)])
def test_every_value_matters(format: Format, view: bytes | None) -> None:  # noqa: A002
    """Exceptions are the business system's id, name and domain, which are signed only in a login."""
    evidence = good(format, view=view)
    for place, value in leaves(json.loads(evidence.encode())):
        if place.startswith("request.business_system"):
            continue
        steps = next(
            steps
            for name, steps in sorted(STEPS.items(), key=lambda each: -len(each[0]))
            if place == name or place.startswith(f"{name}.")
        )
        for other in changed(place, value):
            step = _step_that_fails(evidence, place, other)
            assert step in steps, place


def _step_that_fails(evidence: Evidence, place: str, value: Any) -> str:
    try:
        check(put(evidence, place, value))
    except VerificationError as error:
        return error.step
    return f"none, for {value!r}"


@pytest.mark.parametrize(
    ("put_in", "expected"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS]
)
def test_a_fault_is_named(put_in: Callable[[Evidence], Evidence], expected: tuple[str, str]) -> None:
    assert refused(put_in(good())) == expected


def test_attributes_do_not_pass_for_a_raw_content() -> None:
    attributes = good().signature.attributes
    assert attributes is not None
    assert refused(Maker(A, format="raw", content=attributes).made()) == ("content", "message_mismatch")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("document.content_b64", None),
        ("signature.signed_attributes_b64", b64(b"1")),
        ("document.format", "cms"),
    ],
)
def test_a_raw_bundle_has_content_and_no_attributes(place: str, value: Any) -> None:
    assert refused(put(good("raw"), place, value)) == ("input", "unreadable")


def test_cms_must_match_its_format() -> None:
    detached, attached = good("cms_detached"), good("cms")
    for one, name in ((detached, "cms"), (attached, "cms_detached")):
        assert refused(put(one, "document.format", name)) == ("cms", "message_mismatch")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type":"mshield-evidence/v2"}',
        good().encode().decode().replace("evidence/v2", "evidence/v1"),
        good().encode().decode().replace("evidence/v2", "evidence/v3"),
        *without(good()),
        good().encode().decode().replace(',"time_stamps":[]', ',"time_stamps":null'),
        put_shown(None),
        put_shown({"compared": None, "confirmed": "none"}, kind="login"),
        good().encode().decode()[:-1] + ',"more":1}',
        good().encode().decode()[:-1] + ',"type":"mshield-evidence/v2"}',
        good().encode().decode().replace('"index":2', '"index":2.0'),
        good().encode().decode().replace('"index":2', '"index":NaN'),
        good().encode().decode().replace('"index":2', '"index":-1'),
        good().encode().decode().replace(sm3(CONTENT).hex(), sm3(CONTENT).hex().upper()),
        "[" * 100_000,
    ],
)
def test_invalid_bundle_is_unreadable(text: str) -> None:
    with pytest.raises(VerificationError) as error:
        read_evidence(text.encode())
    assert (error.value.step, error.value.code) == ("input", "unreadable")


@pytest.mark.parametrize("change", ["{} ", "\n{}", "{}\u00a0"])
def test_log_key_has_one_spelling(change: str) -> None:
    evidence = good()
    changed = put(evidence, "log.key", change.format(evidence.log.key))
    assert refused(changed) == ("log", "bad_log_form")
