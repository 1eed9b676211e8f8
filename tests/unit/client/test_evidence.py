"""An evidence bundle: the report on a valid one, and what it needs to be trusted."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.client.evidence.verify import LaterStatus, read_evidence
from mshield.client.verification import VerificationError
from mshield.pki.revocation.crl import KEY_COMPROMISE, SUPERSEDED
from mshield.pki.revocation.ocsp import RevokedAt
from mshield.pki.signatures.display import Pages
from mshield.pki.signatures.evidence import Evidence, EvidenceHolder, Kind
from mshield.pki.signatures.formats import Format
from mshield.pki.tlog.cosignature import WitnessKey, cosign
from mshield.pki.tlog.entry import Holder
from tests.unit.client.bundle import (
    CONTENT,
    HOLDER,
    SHIELD_NUMBER,
    SIGNED_AT,
    VKEY,
    Maker,
    login_message,
)
from tests.unit.client.bundles import AT, LATER, OTHER, VIEW, A, b64, check, good, put, put_shown, refused
from tests.unit.pki.authority import IDENTITY, SUBJECT


@pytest.mark.parametrize("format", ["raw", "cms", "cms_detached"])
def test_valid_bundle_is_verified(format: Format) -> None:  # noqa: A002
    found = check(read_evidence(good(format).encode()))
    assert (found.signature.name, found.signature.credit_code) == (SUBJECT.common_name, IDENTITY.credit_code)
    assert found.content == CONTENT
    assert found.display_bound == (format != "raw")
    assert (found.later, found.ca_later, found.checkpoint.size) == (None, None, 5)
    assert found.signed_at.timestamp() * 1000 == SIGNED_AT


@pytest.mark.parametrize("format", ["raw", "cms", "cms_detached"])
def test_display_of_the_phone_is_rendered_again(format: Format) -> None:  # noqa: A002
    """The view is in the bundle; replacing or removing it invalidates the signature or the proof."""
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
    assert check(good(format)).shown.drawn is None


def test_display_that_cannot_be_recomputed_is_reported_as_lost() -> None:
    """The content is elsewhere, or service and phone reported lines or words that the content doesn't produce."""
    told = good("cms_detached", view=VIEW)
    elsewhere = put(told, "document.content_b64", None)
    assert (check(elsewhere).shown.is_lost, check(elsewhere).shown.drawn) == (True, None)
    assert not check(elsewhere, content=CONTENT).shown.is_lost
    assert check(good("cms_detached", with_content=False), content=CONTENT).shown.is_lost
    lied = check(Maker(A, view=VIEW, compared=bytes(32), confirmed="mismatch").made()).shown
    assert (lied.is_lost, lied.drawn, lied.compared, lied.confirmed) == (True, None, None, "mismatch")


def test_content_may_be_absent() -> None:
    evidence = good("cms_detached", with_content=False)
    assert check(evidence).content is None
    assert check(evidence, content=CONTENT).content == CONTENT
    assert refused(evidence, content=CONTENT + b" ") == ("content", "message_mismatch")
    assert refused(good("cms_detached"), content=CONTENT + b" ") == ("content", "message_mismatch")
    assert b'content_b64":null' in evidence.encode()


def test_a_login_is_verified() -> None:
    found = check(good("raw", kind="login"))
    assert (found.content, found.shown.confirmed) == (login_message(), None)


def test_login_in_another_spelling_is_refused() -> None:
    spaced = json.dumps(json.loads(login_message()), ensure_ascii=False, sort_keys=True).encode()
    assert refused(Maker(A, format="raw", kind="login", content=spaced).made()) == (
        "request",
        "message_mismatch",
    )


def test_bundle_must_be_utf_8() -> None:
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        with pytest.raises(VerificationError) as error:
            read_evidence(good().encode().decode().encode(encoding))
        assert error.value.code == "unreadable"


def test_evidence_that_differs_from_the_expectation_is_refused() -> None:
    check(good("raw", kind="login"), expected_client_id="bs", expected_name=SUBJECT.common_name)
    assert refused(good("raw", kind="login"), expected_client_id="other") == ("request", "message_mismatch")
    for wrong in ("expected_name", "expected_organisation", "expected_credit_code"):
        assert refused(good(), **{wrong: "x"}) == ("signer", "unexpected_signer")


@pytest.mark.parametrize("format", ["raw", "cms", "cms_detached"])
def test_requester_of_a_signature_is_proven_by_the_log(format: Format) -> None:  # noqa: A002
    evidence = good(format)
    check(evidence, expected_client_id="bs")
    assert refused(evidence, expected_client_id="other") == ("request", "message_mismatch")
    for member in ("client_id", "name", "domain"):
        forged = put(evidence, f"request.business_system.{member}", "forged")
        assert refused(forged) == ("log", "bad_log_proof")


@pytest.mark.parametrize("kind", ["signature", "login"])
def test_unsigned_title_and_display_are_proven_by_the_log(kind: Kind) -> None:
    evidence = good("raw", kind=kind)
    assert not check(evidence).display_bound
    lines = [{"label": "总价", "value": "1.00 欧元"}]
    for member, forged in (
        ("title", "另一份"),
        ("media_type", "text/plain"),
        ("display", lines),
        ("display", []),
    ):
        assert refused(put(evidence, f"document.{member}", forged)) == ("log", "bad_log_proof"), member


def test_roots_and_keys_in_the_bundle_are_not_trusted() -> None:
    other = str(replace(VKEY, name="other.example/log"))
    assert refused(good(), roots=[OTHER.root.der]) == ("chain", "unknown_issuer")
    assert refused(good(), roots=[]) == ("chain", "unknown_issuer")
    assert refused(good(), log_keys=[]) == ("log", "unknown_log")
    assert refused(good(), log_keys=[other]) == ("log", "unknown_log")
    assert refused(good(), log_keys=["rubbish"]) == ("log", "bad_log_form")


def test_holder_is_proven_by_the_log() -> None:
    evidence = good("raw")
    assert check(evidence).holder == HOLDER
    for holder in (
        EvidenceHolder(shield_number="MS00000000019", id_number_masked=HOLDER.id_number_masked),
        EvidenceHolder(shield_number=HOLDER.shield_number, id_number_masked=None),
    ):
        assert refused(msgspec.structs.replace(evidence, holder=holder)) == ("log", "bad_log_proof")
    none_told = Holder(SHIELD_NUMBER, None)
    assert check(Maker(A, holder=none_told).made()).holder == none_told


def test_registration_of_the_view_is_proven_by_the_log() -> None:
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
    with pytest.raises(VerificationError, match="a log entry without a view"):
        put(good(), "log.view", its_own)


PAGES: Final = Pages(5, ((1, 2), (4, 4)))


def test_displayed_pages_are_bound_and_have_one_form() -> None:
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
    for bundle, kind in ((evidence, "signature"), (good("raw"), "login")):
        with pytest.raises(VerificationError, match="a login with what was shown"):
            put(bundle, "request.kind", kind)
    shown = {"compared": None, "confirmed": "none"}
    as_document = read_evidence(put_shown(shown, kind="login").replace('"login"', '"signature"').encode())
    assert refused(as_document) == ("log", "bad_log_proof")
    as_login = read_evidence(put_shown(None).replace('"signature",', '"login",', 1).encode())
    assert refused(as_login) == ("request", "message_mismatch")


def test_later_revocation_keeps_the_signature_valid() -> None:
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


def test_white_space_and_order_are_free() -> None:
    found = json.loads(good().encode())
    assert read_evidence(json.dumps(found, indent=2, sort_keys=True).encode()) == good()


def test_witness_is_named_if_its_key_is_given() -> None:
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
