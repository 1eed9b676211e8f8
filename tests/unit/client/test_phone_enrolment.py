"""Applying for a certificate: the key, the phone's checks, lost answers, and secrets that are never stored."""

import json
from pathlib import Path

import pytest

from mshield.client.errors import NetworkError, PhoneError, ProblemError, ProtocolError
from mshield.gm import cosign, sm2, transcript
from mshield.gm.curve import N
from mshield.gm.sm2 import PrivateKey, sign
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.pki.certificates.csr import build_request_info
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.state import State
from tests.unit.client.conftest import PIN, Open, apply
from tests.unit.client.counterpart import CAPTCHA, DOCUMENT, ORGANISATION, PASSWORD, SMS_CODE, Counterpart
from tests.unit.client.counterpart_state import Json, Key


def state_of(tmp_path: Path) -> State:
    return State.decode((tmp_path / "phone" / "state.json").read_bytes())


def test_the_certificate_is_of_the_joint_key(certified: VirtualPhone, service: Counterpart) -> None:
    issued = certified.certificate()
    assert service.key is not None
    assert service.key.share is not None
    assert parse_certificate_pem(issued.pem).public_key == service.key.share.P
    assert issued.subject.organisation == ORGANISATION
    status = certified.status()
    assert (status.has_certificate, status.application_pending, status.left) == (True, False, 5)
    assert status.shield_number == issued.shield_number


def test_the_folder_never_holds_pin_share_nonces_or_codes(
    phone: VirtualPhone, service: Counterpart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret: dict[str, int | bytes] = {}
    make, finish = cosign.phone_enrol, cosign.phone_finish

    def spied_enrol(*args: object, **kwargs: object) -> cosign.PhoneEnrolment:
        made = make(*args, **kwargs)  # type: ignore[arg-type]  # passed on as given
        secret.update(d1=made.d1, P1=made.P1, A=made.proof.A, z=made.proof.z)
        return made

    def spied_finish(*args: object, **kwargs: object) -> cosign.Partial:
        made = finish(*args, **kwargs)  # type: ignore[arg-type]  # passed on as given
        nonce = kwargs["nonce"]
        assert isinstance(nonce, cosign.PhoneNonce)
        secret.update(k1=nonce.k1, Q1=nonce.Q1, c=nonce.c, rho=nonce.rho, s_prime=made.s_prime)
        assert isinstance(kwargs["Q2"], bytes)
        secret["Q2"] = kwargs["Q2"]
        return made

    monkeypatch.setattr(cosign, "phone_enrol", spied_enrol)
    monkeypatch.setattr(cosign, "phone_finish", spied_finish)
    apply(phone)
    phone.scan(service.ask(DOCUMENT))
    phone.approve(pin=PIN)

    from base64 import b64encode

    stored = b"".join(file.read_bytes() for file in (tmp_path / "phone").iterdir())
    for name, value in secret.items():
        raw = value if isinstance(value, bytes) else value.to_bytes(32, "big")
        forms = [raw, raw.hex().encode(), b64encode(raw), str(int.from_bytes(raw)).encode()]
        assert not [form for form in forms if form in stored], name
    for text in (PASSWORD, SMS_CODE, CAPTCHA, PIN):
        assert f'"{text}"'.encode() not in stored


def test_folder_and_files_are_private(certified: VirtualPhone, service: Counterpart, tmp_path: Path) -> None:
    certified.scan(service.ask(DOCUMENT))
    folder = tmp_path / "phone"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in folder.iterdir()} == dict.fromkeys(
        ("device_key.pem", "device_secret", "lock", "scanned.json", "state.json"), "0o600"
    )


@pytest.mark.parametrize("what", ["request", "answer"])
def test_lost_key_call_is_repeated_with_the_same_point(
    phone: VirtualPhone, service: Counterpart, what: str
) -> None:
    service.lose("/key", "answer" if what == "answer" else "request", times=2)
    apply(phone)
    assert len({body for path, body in service.bodies if path.endswith("/key")}) == 1


def test_lost_certificate_is_adopted_without_a_second_key(
    phone: VirtualPhone, service: Counterpart, open_phone: Open
) -> None:
    service.lose("/certificate", "answer", times=5)
    with pytest.raises(NetworkError):
        apply(phone)
    with open_phone() as restarted:
        assert restarted.status().application_pending
        apply(restarted)
        assert restarted.status().has_certificate
    assert service.count("/enrolments") == 1


def test_certificate_recovers_a_lost_finish_answer(
    phone: VirtualPhone, service: Counterpart, open_phone: Open, tmp_path: Path
) -> None:
    service.lose("/finish", "answer", times=15)
    with pytest.raises(NetworkError):
        apply(phone)
    with open_phone() as restarted:
        restarted.certificate()  # known to the service, but not adopted: no answer was checked yet
        assert state_of(tmp_path).key is None
        restarted.resume_application(PIN)  # follows the protocol's rule for rn
        restarted.scan(service.ask(DOCUMENT))
        restarted.approve(pin=PIN)
    key = state_of(tmp_path).key
    assert key is not None
    assert key.proven
    assert service.count("/enrolments") == 1


def test_an_interrupted_application_is_resumed_with_the_pin_and_no_sms_code(
    phone: VirtualPhone, service: Counterpart, open_phone: Open
) -> None:
    service.lose("/open", "request", times=5)
    with pytest.raises(NetworkError):
        apply(phone)
    with open_phone() as restarted:
        with pytest.raises(ProblemError, match="wrong_pin"):
            restarted.resume_application("000000")
        restarted.resume_application(PIN)
        assert restarted.status().has_certificate
    assert service.count("/enrolments") == 1


def test_second_application_warns_and_needs_confirmation(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    before = state_of(tmp_path)
    key = service.key
    assert key is not None
    reasons = [key.held]
    with pytest.raises(ProblemError, match="already_certified"):
        apply(certified)
    reasons.append(key.held)
    with pytest.raises(ProblemError, match="duplicate_application"):
        apply(certified, again=True)
    reasons.append(key.held)
    assert reasons == [None, None, "held"]
    assert state_of(tmp_path) == before


def test_phone_applies_again_after_a_revocation(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    first = state_of(tmp_path).key
    assert service.key is not None
    service.key.revoked = True
    apply(certified)
    second = state_of(tmp_path).key
    assert first is not None
    assert second is not None
    assert first.uid != second.uid


def test_a_refused_second_application_leaves_the_first_key(
    certified: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    before = state_of(tmp_path)
    with pytest.raises(ProblemError, match="sms_code_wrong"):
        certified.apply(
            name="张伟",
            id_number="440301199001011236",
            user_type="operator",
            credit_code="91440300MA5EXAMPL6",
            sms_code="000000",
            pin=PIN,
            again=True,
        )
    assert state_of(tmp_path) == before


def test_key_known_to_the_server_alone_is_refused_and_its_slot_deleted(
    phone: VirtualPhone, service: Counterpart, tmp_path: Path
) -> None:
    """The server uses its own key in place of P and signs with it: the signature is valid, but the phone refuses it."""
    own = PrivateKey(d := N // 3, service.engine.mul_g(d))

    def own_key(answer: Json) -> Json:
        assert service.key is not None
        assert service.key.share is not None
        service.key.share = cosign.ServerKey(service.key.share.d2, own.public)
        service.tasks[service.key.sid].message = build_request_info(service.key.subject, own.public)
        return {"P": own.public.hex()}

    def own_signature(answer: Json) -> Json:
        assert service.key is not None
        made = sign(service.engine, own, service.tasks[service.key.sid].message)
        item = {"sid": service.key.sid.hex(), "r": f"{made.r:064x}", "s": f"{made.s:064x}"}
        return {"items": [item], "otp": "11" * 32}

    service.falsify["/key"] = own_key
    service.falsify["/finish"] = own_signature
    # The honest counterpart would notice that s' doesn't fit its false key; a cheating one answers anyway.
    finish = service.cosigning.finish
    service.cosigning.finish = lambda _key, _sent: (200, {})  # type: ignore[method-assign,assignment]  # the cheat
    with pytest.raises(ProtocolError, match="bad_answer"):
        apply(phone)
    service.cosigning.finish = finish  # type: ignore[method-assign]  # honest again
    assert state_of(tmp_path).pending is None
    assert not phone.status().application_pending


@pytest.mark.parametrize("way", ["at once", "resumed", "applied again"])
def test_no_certificate_is_adopted_before_a_checked_answer(
    phone: VirtualPhone, service: Counterpart, tmp_path: Path, way: str
) -> None:
    """Attack G: the server has a key of its own certified, and answers that the request is closed."""
    own = PrivateKey(d := N // 3, service.engine.mul_g(d))

    def own_key(_answer: Json) -> Json:
        assert service.key is not None
        assert service.key.share is not None
        service.key.share = cosign.ServerKey(service.key.share.d2, own.public)
        request = service.tasks[service.key.sid]
        request.message = build_request_info(service.key.subject, own.public)
        request.state = "signed"  # so that the service returns the certificate of its own key
        return {"P": own.public.hex()}

    def closed(key: Key, sent: Json) -> tuple[int, Json]:
        key.otp_hash = transcript.H("otp", b"\x11" * 32)
        items = [{"sid": item["sid"], "error": "task_closed"} for item in sent["items"]]
        return 200, {"items": items, "otp": "11" * 32}

    service.falsify["/key"] = own_key
    service.cosigning.finish = closed  # type: ignore[method-assign]  # the cheat
    service.cosigning.nonce = lambda key, share, item: nonce(service, key, share, item)  # type: ignore[method-assign]  # this one deals wrongly
    with pytest.raises(ProtocolError, match="bad_answer"):
        apply(phone)
    if way == "resumed":
        with pytest.raises(ProtocolError, match="bad_answer"):
            phone.resume_application(PIN)
    elif way == "applied again":
        with pytest.raises(ProtocolError, match="bad_answer"):
            apply(phone)
    assert phone.certificate().pem  # the certificate that the service claims
    assert state_of(tmp_path).key is None
    assert not phone.status().has_certificate


def nonce(service: Counterpart, key: Key, share: cosign.ServerKey, item: Json) -> cosign.ServerNonce:
    """Answers `open` for any item, without checks."""
    task = service.tasks[bytes.fromhex(item["sid"])]
    e, c = sm2.digest(share.P, task.message), bytes.fromhex(item["c"])
    return cosign.server_nonce(
        service.engine, uid=key.uid, epoch=key.epoch, d2=share.d2, sid=task.sid, e=e, c=c
    )


def other_key(answer: Json) -> Json:
    from base64 import b64encode

    from mshield.pki.certificates.names import LeafSubject
    from tests.unit.pki.authority import authority

    subject = LeafSubject(organisation=ORGANISATION, role="操作员", common_name="张伟")
    message = build_request_info(subject, authority().leaf_key.public)
    return {**answer, "message_b64": b64encode(message).decode()}


def other_name(answer: Json) -> Json:
    from base64 import b64decode, b64encode

    message = b64decode(answer["message_b64"]).replace("张伟".encode(), "王伟".encode())
    return {**answer, "message_b64": b64encode(message).decode()}


def no_request(answer: Json) -> Json:
    return {**answer, "message_b64": "PHhtbC8+"}


@pytest.mark.parametrize("falsify", [other_key, other_name, no_request])
def test_only_the_own_request_is_signed(phone: VirtualPhone, service: Counterpart, falsify: object) -> None:
    original = service._task

    service._task = lambda task: falsify(original(task))  # type: ignore[method-assign,operator]  # falsified
    with pytest.raises(ProtocolError, match="bad_request_info"):
        apply(phone)
    assert service.count("/open") == 0


@pytest.mark.parametrize(("field", "value"), [("common_name", "王伟"), ("role", "法人")])
def test_names_other_than_entered_are_refused_before_the_key(
    phone: VirtualPhone, service: Counterpart, field: str, value: str
) -> None:
    service.falsify["/enrolments"] = lambda answer: {**answer, "subject": {**answer["subject"], field: value}}
    with pytest.raises(ProtocolError, match="bad_request_info"):
        apply(phone)
    assert service.count("/key") == 0


def test_a_certificate_for_another_key_is_refused(phone: VirtualPhone, service: Counterpart) -> None:
    service.falsify["/certificate"] = lambda answer: {**answer, "pem": service.authority.leaf.pem()}
    with pytest.raises(ProtocolError, match="bad_certificate"):
        apply(phone)


def test_a_certificate_with_other_names_is_refused(phone: VirtualPhone, service: Counterpart) -> None:
    from mshield.pki.certificates.names import LeafSubject

    def renamed(answer: Json) -> Json:
        assert service.key is not None
        assert service.key.share is not None
        subject = LeafSubject(organisation="另一家公司", role="操作员", common_name="张伟")
        return {**answer, "pem": service.authority.issue(subject=subject, public=service.key.share.P).pem()}

    service.falsify["/certificate"] = renamed
    with pytest.raises(ProtocolError, match="bad_certificate"):
        apply(phone)


def test_p_off_the_curve_is_malformed(phone: VirtualPhone, service: Counterpart) -> None:
    service.falsify["/key"] = lambda _answer: {"P": "04" + "11" * 64}
    with pytest.raises(ProtocolError, match="malformed"):
        apply(phone)


def test_nothing_is_called_without_a_login(open_phone: Open, service: Counterpart) -> None:
    with open_phone() as fresh, pytest.raises(PhoneError, match="not_logged_in"):
        fresh.me()
    assert service.bodies == []


def test_a_login_ends_with_its_token_and_with_logout(phone: VirtualPhone, service: Counterpart) -> None:
    assert phone.me().account.name == "张伟"
    phone.logout()
    assert service.tokens == set()
    with pytest.raises(PhoneError, match="not_logged_in"):
        phone.me()


def test_captcha_of_an_sms_code_is_asked_for_with_a_picture(open_phone: Open) -> None:
    """The query isn't part of the address in the call's proof."""
    with open_phone() as fresh:
        assert fresh.captcha(for_sms_code=True).captcha_id == "cap"


def test_wrong_captcha_is_reported_with_its_code(open_phone: Open) -> None:
    with open_phone() as fresh, pytest.raises(ProblemError, match="captcha_wrong") as refused:
        fresh.login(account="1", password="2", captcha_id="cap", captcha="nope")
    assert refused.value.status == 403


def test_application_sends_only_its_fields(certified: VirtualPhone, service: Counterpart) -> None:
    [body] = [json.loads(body) for path, body in service.bodies if path.endswith("/enrolments")]
    assert set(body) == {"name", "id_number", "user_type", "credit_code", "sms_code"}
    assert certified.status().has_certificate
