"""A bundle of evidence: each part that is changed is found, by the step whose business it is."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.client.evidence import (
    Evidence,
    LaterStatus,
    VerifiedEvidence,
    read_evidence,
    verify_evidence,
)
from mshield.client.verify import VerificationError
from mshield.gm.sm3 import sm3
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE, SUPERSEDED
from mshield.pki.revocation.ocsp import Good, RevokedAt, Unknown
from mshield.pki.signatures.display import Pages
from mshield.pki.signatures.evidence import EvidenceHolder, Kind
from mshield.pki.signatures.formats import Format
from mshield.pki.tlog.cosignature import WitnessKey, cosign
from mshield.pki.tlog.entry import Holder
from mshield.views import read_view
from tests.unit.client.bundle import (
    CONTENT,
    HOLDER,
    SHIELD_NUMBER,
    SIGNED_AT,
    VKEY,
    Maker,
    logged,
    login_message,
    ocsp,
    v1,
)
from tests.unit.pki.authority import DAY, IDENTITY, SUBJECT, authority, make_authority

A = authority()
OTHER = make_authority(A.engine)
AT = datetime.fromtimestamp((SIGNED_AT + DAY) / 1000, UTC)


def check(evidence: Evidence, **changes: Any) -> VerifiedEvidence:
    given: dict[str, Any] = {"roots": [A.root.der], "log_keys": [str(VKEY)], "at": AT, "engine": A.engine}
    return verify_evidence(evidence, **(given | changes))


VIEW = read_view(
    json.dumps(
        {
            "type": "mshield-view/v1",
            "id": "t/x",
            "version": 1,
            "content": "xml",
            "root": "报关单",
            "title": "报关单",
            "body": [{"label": "要点", "rows": [{"label": "总价", "path": "总价", "as": "decimal"}]}],
        }
    ).encode()
).octets


@lru_cache(maxsize=16)
def good(
    format: Format = "cms",  # noqa: A002
    *,
    kind: Kind = "signature",
    with_content: bool = True,
    asked_logged: bool = True,
    drawn: bool = True,
    view: bytes | None = None,
) -> Evidence:
    return Maker(
        A,
        format=format,
        kind=kind,
        content=login_message() if kind == "login" else CONTENT,
        with_content=with_content,
        asked_logged=asked_logged,
        drawn=drawn,
        view=view,
    ).made()


def refused(evidence: Evidence, **changes: Any) -> tuple[str, str]:
    with pytest.raises(VerificationError) as error:
        check(evidence, **changes)
    return error.value.step, error.value.code


@pytest.mark.parametrize("format", ["raw", "cms", "cms_detached"])
def test_a_good_bundle_is_verified(format: Format) -> None:  # noqa: A002
    found = check(read_evidence(good(format).encode()))
    assert (found.signature.name, found.signature.credit_code) == (SUBJECT.common_name, IDENTITY.credit_code)
    assert found.content == CONTENT
    assert found.display_bound == (format != "raw")
    assert (found.later, found.ca_later, found.checkpoint.size) == (None, None, 5)
    assert found.signed_at.timestamp() * 1000 == SIGNED_AT


def test_a_bundle_from_before_time_stamps_is_verified() -> None:
    before = read_evidence(v1(good(drawn=False)))
    assert check(before).evidence.stamps == ()
    assert read_evidence(before.encode()) == before


@pytest.mark.parametrize("format", ["raw", "cms", "cms_detached"])
def test_what_the_phone_showed_is_drawn_again(format: Format) -> None:  # noqa: A002
    """By the view in the bundle; who puts another there, or takes it away, ends with no signature or no proof."""
    evidence = good(format, view=VIEW)
    shown = check(evidence).shown
    assert shown.view is not None
    assert shown.drawn is not None
    assert shown.compared is not None
    assert (shown.view.id, shown.confirmed, shown.is_lost, shown.compared.mismatch) == (
        "t/x",
        "none",
        False,
        True,
    )
    assert shown.drawn.answer["title"] == "报关单"
    step = ("log", "bad_log_proof") if format == "raw" else ("display", "display_mismatch")
    other = VIEW.replace("要点".encode(), "其他".encode())
    assert refused(put(evidence, "document.view_b64", b64(other))) == step
    assert refused(put(evidence, "document.drawn", "00" * 32)) == step
    assert refused(put(evidence, "document.shown.confirmed", "unread")) == ("log", "bad_log_proof")
    document = msgspec.structs.replace(evidence.document, view=None, drawn=None)
    assert refused(msgspec.structs.replace(evidence, document=document)) == step
    document = msgspec.structs.replace(document, shown=None)
    assert refused(msgspec.structs.replace(evidence, document=document)) == step
    assert check(good(format)).shown.drawn is None
    assert check(good(format, drawn=False)).shown.confirmed is None


def test_what_can_not_be_worked_out_again_is_said_and_not_shown() -> None:
    """The content is elsewhere; or service and phone told of lines or words what nobody gets from the content."""
    told = good("cms_detached", view=VIEW)
    elsewhere = put(told, "document.content_b64", None)
    assert (check(elsewhere).shown.is_lost, check(elsewhere).shown.drawn) == (True, None)
    assert not check(elsewhere, content=CONTENT).shown.is_lost
    assert check(good("cms_detached", with_content=False), content=CONTENT).shown.is_lost
    lied = check(Maker(A, view=VIEW, compared=bytes(32), confirmed="mismatch").made()).shown
    assert (lied.is_lost, lied.drawn, lied.compared, lied.confirmed) == (True, None, None, "mismatch")


def test_the_content_need_not_be_there() -> None:
    evidence = good("cms_detached", with_content=False)
    assert check(evidence).content is None
    assert check(evidence, content=CONTENT).content == CONTENT
    assert refused(evidence, content=CONTENT + b" ") == ("content", "message_mismatch")
    assert refused(good("cms_detached"), content=CONTENT + b" ") == ("content", "message_mismatch")
    assert b'content_b64":null' in evidence.encode()


def test_a_login_is_verified() -> None:
    assert check(good("raw", kind="login")).content == login_message()


def test_a_login_in_another_spelling_than_a_phone_signs_is_refused() -> None:
    spaced = json.dumps(json.loads(login_message()), ensure_ascii=False, sort_keys=True).encode()
    assert refused(Maker(A, format="raw", kind="login", content=spaced).made()) == (
        "request",
        "message_mismatch",
    )


def test_a_bundle_is_read_as_utf_8_alone() -> None:
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        with pytest.raises(VerificationError) as error:
            read_evidence(good().encode().decode().encode(encoding))
        assert error.value.code == "unreadable"


def test_expectations() -> None:
    check(good("raw", kind="login"), expected_client_id="bs", expected_name=SUBJECT.common_name)
    assert refused(good("raw", kind="login"), expected_client_id="other") == ("request", "message_mismatch")
    for wrong in ("expected_name", "expected_organisation", "expected_credit_code"):
        assert refused(good(), **{wrong: "x"}) == ("signer", "unexpected_signer")


@pytest.mark.parametrize("format", ["raw", "cms", "cms_detached"])
def test_who_asked_for_a_signature_is_told_by_the_log(format: Format) -> None:  # noqa: A002
    evidence = good(format)
    assert check(evidence, expected_client_id="bs").asked_logged
    assert refused(evidence, expected_client_id="other") == ("request", "message_mismatch")
    for member in ("client_id", "name", "domain"):
        forged = put(evidence, f"request.business_system.{member}", "forged")
        assert refused(forged) == ("log", "bad_log_proof")


@pytest.mark.parametrize("kind", ["signature", "login"])
def test_title_and_display_are_told_by_the_log_where_nothing_signs_them(kind: Kind) -> None:
    evidence = good("raw", kind=kind)
    found = check(evidence)
    assert (found.asked_logged, found.display_bound) == (True, False)
    lines = [{"label": "总价", "value": "1.00 欧元"}]
    for member, forged in (
        ("title", "另一份"),
        ("media_type", "text/plain"),
        ("display", lines),
        ("display", []),
    ):
        assert refused(put(evidence, f"document.{member}", forged)) == ("log", "bad_log_proof"), member


def test_of_an_entry_from_before_who_asked_is_the_services_word() -> None:
    evidence = good("raw", asked_logged=False)
    forged = put(put(evidence, "request.business_system.client_id", "forged"), "document.title", "另一份")
    for bundle in (evidence, forged):
        assert not check(bundle).asked_logged
    for bundle, expected in ((evidence, "bs"), (forged, "forged")):
        assert refused(bundle, expected_client_id=expected) == ("request", "asker_unproven")
    assert refused(evidence, expected_client_id="other") == ("request", "message_mismatch")


def test_nothing_is_trusted_for_standing_in_the_bundle() -> None:
    other = str(replace(VKEY, name="other.example/log"))
    assert refused(good(), roots=[OTHER.root.der]) == ("chain", "unknown_issuer")
    assert refused(good(), roots=[]) == ("chain", "unknown_issuer")
    assert refused(good(), log_keys=[]) == ("log", "unknown_log")
    assert refused(good(), log_keys=[other]) == ("log", "unknown_log")
    assert refused(good(), log_keys=["rubbish"]) == ("log", "bad_log_form")


def put(evidence: Evidence, place: str, value: Any) -> Evidence:
    """The bundle with another value in one place, which is named as in the file, in dots."""
    found = json.loads(evidence.encode())
    *above, name = place.split(".")
    part = found
    for each in above:
        part = part[int(each) if isinstance(part, list) else each]
    key = int(name) if isinstance(part, list) else name
    part[key] = value
    return read_evidence(json.dumps(found).encode())


def b64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def leaves(part: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """All values of the file with their places."""
    pairs = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in pairs:
        yield from leaves(value, f"{place}.{name}".strip("."))
    if not isinstance(part, (dict, list)):
        yield place, part


def changed(place: str, value: Any) -> Iterator[Any]:
    """Other values of the same kind."""
    if value is None:
        yield b64(CONTENT)
    elif isinstance(value, int):
        yield value + 1
    elif place.endswith(("_b64", *(f"hashes_b64.{n}" for n in range(9)))):
        data = base64.b64decode(value)
        for at in {*range(0, len(data), 17), len(data) - 1}:
            yield b64(data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :])
        yield b64(data[:-1])
        yield b64(data + b"\0")
    else:
        yield value + "0"
        yield value[:-3] + ("a" if value[-3:-2] != "a" else "b") + value[-2:]


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
    """But the business system's id, name and domain, which no signature covers but a login's."""
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


def test_whose_shield_it_was_is_the_logs_and_older_evidence_tells_nothing() -> None:
    evidence = good("raw")
    assert check(evidence).holder == HOLDER
    assert check(Maker(A, format="raw", holder=None).made()).holder is None
    for holder in (
        msgspec.UNSET,
        EvidenceHolder(shield_number="MS00000000019", id_number_masked=HOLDER.id_number_masked),
        EvidenceHolder(shield_number=HOLDER.shield_number, id_number_masked=None),
    ):
        assert refused(msgspec.structs.replace(evidence, holder=holder)) == ("log", "bad_log_proof")
    none_told = Holder(SHIELD_NUMBER, None)
    assert check(Maker(A, holder=none_told).made()).holder == none_told


def test_that_the_view_was_registered_is_proven_by_the_log() -> None:
    evidence = good(view=VIEW)
    found = check(evidence).view_registered_at
    assert found is not None
    assert found.timestamp() * 1000 == SIGNED_AT - 1000
    for earlier in (Maker(A, view=VIEW, registered=False).made(), good()):
        assert check(earlier).view_registered_at is None
    for said in ({"client_id": "other"}, {"digest": bytes(32)}, {"at": SIGNED_AT + 1}):
        assert refused(Maker(A, view=VIEW, registration=said).made()) == ("log", "bad_log_proof"), said
    signature = json.loads(evidence.encode())["log"]
    its_own = {name: signature[name] for name in ("entry_b64", "index", "hashes_b64")}
    assert refused(put(evidence, "log.view", its_own)) == ("log", "bad_log_proof")
    with pytest.raises(VerificationError, match="the entry of no view"):
        put(good(), "log.view", its_own)


PAGES: Final = Pages(5, ((1, 2), (4, 4)))


def test_pages_on_the_screen_are_bound_and_of_one_form() -> None:
    evidence = Maker(A, confirmed="unread", pages=PAGES).made()
    assert check(read_evidence(evidence.encode())).shown.pages == PAGES
    assert check(Maker(A, confirmed="unread").made()).shown.pages is None
    none = Pages(5, ())
    assert check(read_evidence(Maker(A, confirmed="unread", pages=none).made().encode())).shown.pages == none
    other = put(evidence, "document.shown.pages.count", 6)
    assert refused(other) == ("log", "bad_log_proof")
    bundle = json.loads(evidence.encode())
    for count, shown in (
        (5, [[1, 5]]), (5, [[1, 2], [3, 4]]), (5, [[4, 4], [1, 2]]), (5, [[2, 1]]), (5, [[0, 1]]), (5, [[5, 6]]),
        (0, []), (5, [[1, 2], [2, 3]]), (5, [[1]]), (100_001, []),
    ):  # fmt: skip
        bundle["document"]["shown"]["pages"] = {"count": count, "shown": shown}
        with pytest.raises(VerificationError):
            read_evidence(json.dumps(bundle).encode())
    bundle["document"]["shown"] |= {"pages": msgspec.to_builtins(PAGES), "confirmed": "none"}
    with pytest.raises(VerificationError):
        read_evidence(json.dumps(bundle).encode())


def test_every_value_of_a_login_matters() -> None:
    evidence = good("raw", kind="login")
    for place in ("id", "business_system.client_id", "business_system.name", "business_system.domain"):
        other = put(evidence, f"request.{place}", "x")
        assert refused(other) == ("request", "message_mismatch")
    assert refused(put(evidence, "request.kind", "signature")) == ("log", "bad_log_proof")
    assert refused(put(good("raw"), "request.kind", "login")) == ("request", "message_mismatch")


def _swap(part: str, other: Evidence) -> Callable[[Evidence], Evidence]:
    return lambda evidence: msgspec.structs.replace(evidence, **{part: getattr(other, part)})


def _status(**changes: bytes) -> Callable[[Evidence], Evidence]:
    return lambda evidence: msgspec.structs.replace(
        evidence, status=msgspec.structs.replace(evidence.status, **changes)
    )


def _by_other_log(evidence: Evidence) -> Evidence:
    key = Ed25519PrivateKey.generate()
    log = msgspec.structs.replace(logged(evidence.log.entry, key=key), key=str(VKEY))
    return msgspec.structs.replace(evidence, log=log)


LATER = SIGNED_AT + 3_600_000
FAULTS: list[tuple[str, Callable[[Evidence], Evidence], tuple[str, str]]] = [
    ("another signature's proof", _swap("log", Maker(A).made()), ("log", "bad_log_proof")),
    ("a proof of another log of the same name", _by_other_log, ("log", "bad_log_signature")),
    ("another signature", _swap("signature", Maker(A).made()), ("log", "bad_log_proof")),
    ("another certificate", _swap("certificate_pem", Maker(OTHER).made()), ("chain", "unknown_issuer")),
    (
        "another certificate of the same CA",
        lambda evidence: msgspec.structs.replace(evidence, certificate_pem=A.issue().pem()),
        ("cms", "message_mismatch"),
    ),
    ("another chain", _swap("chain_pem", Maker(OTHER).made()), ("chain", "unknown_issuer")),
    ("another display", _swap("document", Maker(A, content=b"other").made()), ("content", "message_mismatch")),
    (
        "a status from before",
        _status(ocsp=ocsp(A, A.leaf, Good(), at=SIGNED_AT - 1000)),
        ("revocation", "stale_status"),
    ),
    (
        "another certificate's status",
        _status(ocsp=ocsp(A, A.issue(), Good(), at=LATER)),
        ("revocation", "status_unknown"),
    ),
    ("a status unknown", _status(ocsp=ocsp(A, A.leaf, Unknown(), at=LATER)), ("revocation", "status_unknown")),
    ("another's status", _status(ocsp=good().status.ca_ocsp), ("revocation", "unknown_issuer")),
    ("the signer's status for the CA's", _status(ca_ocsp=good().status.ocsp), ("revocation", "unknown_issuer")),
    (
        "revoked before",
        _status(ocsp=ocsp(A, A.leaf, RevokedAt(SIGNED_AT - 1000, KEY_COMPROMISE), at=LATER)),
        ("revocation", "revoked"),
    ),
    (
        "revoked in the same second",
        _status(ocsp=ocsp(A, A.leaf, RevokedAt(SIGNED_AT), at=LATER)),
        ("revocation", "revoked"),
    ),
    (
        "on hold",
        _status(ocsp=ocsp(A, A.leaf, RevokedAt(SIGNED_AT - 5000, CERTIFICATE_HOLD), at=LATER)),
        ("revocation", "on_hold"),
    ),
    (
        "the CA revoked before",
        _status(ca_ocsp=ocsp(A, A.issuing, RevokedAt(SIGNED_AT - 1000, KEY_COMPROMISE), at=LATER)),
        ("revocation", "revoked"),
    ),
    (
        "a status of tomorrow",
        _status(ocsp=ocsp(A, A.leaf, Good(), at=SIGNED_AT + 2 * DAY)),
        ("revocation", "stale_status"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("put_in", "expected"), [each[1:] for each in FAULTS], ids=[each[0] for each in FAULTS]
)
def test_a_fault_is_named(put_in: Callable[[Evidence], Evidence], expected: tuple[str, str]) -> None:
    assert refused(put_in(good())) == expected


def test_a_revocation_after_the_signature_does_not_touch_it() -> None:
    at = (SIGNED_AT // 1000 + 10) * 1000
    found = check(Maker(A, status=RevokedAt(at, KEY_COMPROMISE), status_at=LATER).made())
    assert found.later == LaterStatus(at, KEY_COMPROMISE)
    found = check(Maker(A, ca_status=RevokedAt(at, SUPERSEDED), status_at=LATER).made())
    assert (found.later, found.ca_later) == (None, LaterStatus(at, SUPERSEDED))


def test_a_bundle_from_the_future_is_refused() -> None:
    before = datetime.fromtimestamp(SIGNED_AT / 1000 - 600, UTC)
    assert refused(good(), at=before) == ("input", "from_future")
    with pytest.raises(ValueError, match="zone"):
        check(good(), at=AT.replace(tzinfo=None))


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


def test_a_cms_that_is_detached_though_its_format_is_not() -> None:
    detached, attached = good("cms_detached"), good("cms")
    for one, name in ((detached, "cms"), (attached, "cms_detached")):
        assert refused(put(one, "document.format", name)) == ("cms", "message_mismatch")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type":"mshield-evidence/v1"}',
        good().encode().decode().replace("evidence/v2", "evidence/v1"),
        good().encode().decode().replace("evidence/v2", "evidence/v3"),
        v1(good(drawn=False)).decode().replace("evidence/v1", "evidence/v2"),
        v1(good(drawn=False)).decode()[:-1] + ',"time_stamps":null}',
        good().encode().decode()[:-1] + ',"more":1}',
        good().encode().decode()[:-1] + ',"type":"mshield-evidence/v2"}',
        good().encode().decode().replace('"index":2', '"index":2.0'),
        good().encode().decode().replace('"index":2', '"index":NaN'),
        good().encode().decode().replace('"index":2', '"index":-1'),
        good().encode().decode().replace(sm3(CONTENT).hex(), sm3(CONTENT).hex().upper()),
        "[" * 100_000,
    ],
)
def test_what_is_not_a_bundle_is_unreadable(text: str) -> None:
    with pytest.raises(VerificationError) as error:
        read_evidence(text.encode())
    assert (error.value.step, error.value.code) == ("input", "unreadable")


def test_white_space_and_order_are_free() -> None:
    found = json.loads(good().encode())
    assert read_evidence(json.dumps(found, indent=2, sort_keys=True).encode()) == good()


def test_whoever_cosigned_the_checkpoint_is_named_where_their_key_is() -> None:
    evidence = good()
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    witness = WitnessKey("witness.example/w1", private.public_key().public_bytes_raw())
    line = cosign(evidence.log.checkpoint, witness, private, now=SIGNED_AT)

    def with_lines(lines: str) -> Evidence:
        log = msgspec.structs.replace(evidence.log, checkpoint=evidence.log.checkpoint + lines)
        return msgspec.structs.replace(evidence, log=log)

    cosigned = check(with_lines(line), witness_keys=[str(witness)])
    assert [one.witness for one in cosigned.witnesses] == [witness.name]
    assert check(with_lines(line)).witnesses == check(evidence, witness_keys=[str(witness)]).witnesses == ()
    wrong = cosign(good(kind="login").log.checkpoint, witness, private, now=SIGNED_AT)
    assert refused(with_lines(wrong), witness_keys=[str(witness)])[0] == "log"
