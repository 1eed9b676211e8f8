"""A route to an outside CA, end to end: a phone applies, waits while the CA decides, signs with its certificate."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from ra_server.server import RaServer, cas_toml

from mshield.client import Document
from mshield.client.errors import PhoneError, ProblemError
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from mshield.wire.phone.enrolment import IssuerMessage
from tests.support.live_service import LiveService, apply, log_in, register
from tests.support.ra_server import running_ra

_DOCUMENT: Final = Document(title="报关单", media_type="text/plain", content=b"content")
pytestmark = pytest.mark.slow


def _service(folder: Path, ra: RaServer, url: str) -> LiveService:
    service = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    service.settings["MSHIELD_CAS"] = str(cas_toml(folder, url, ra))
    service.prepare()
    service.start()
    return service


def _log_in(service: LiveService, phone: VirtualPhone) -> None:
    register(service, phone)
    log_in(service, phone)


def _resumed(phone: VirtualPhone, pin: str) -> None:
    _until_issued(lambda: phone.resume_application(pin))


def _until_issued(step: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            step()
        except PhoneError as error:
            if error.code != "ca_waiting" or time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def test_a_phone_waits_for_an_outside_ca_and_signs_with_its_certificate(tmp_path: Path) -> None:
    with running_ra() as (ra, url):
        service = _service(tmp_path, ra, f"{url}/wait")
        phone = service.phone()
        try:
            _log_in(service, phone)
            with pytest.raises(PhoneError) as waiting:
                apply(service, phone)
            assert waiting.value.code == "ca_waiting"
            (key,) = ra.requests
            with pytest.raises(PhoneError):
                phone.resume_application(OPERATOR.pin)
            service.kill()
            ra.decide(key)
            service.start()  # what was waiting is asked for again after a crash
            _resumed(phone, OPERATOR.pin)
            request = ra.requests[key]
            assert request.certificate is not None
            assert request.document["person"] == {"name": "林知远", "id_type": "resident_id"}
            assert set(ra.states.values()) == {"good"}
            assert phone.certificate().pem == request.certificate.pem()
            with service.business() as business:
                phone.scan(business.request_signature([_DOCUMENT]).qr)
                done = phone.approve(pin=OPERATOR.pin)
                result = business.result(done.request_id)
            assert result.certificate_pem == request.certificate.pem()
            assert result.chain_pem == (ra.authority.ca.pem(), ra.authority.root.pem())
            # Its status is the CA's to state, so the service puts no OCSP response of its own into the result.
            result.verify(roots=[ra.authority.root.der], documents=[_DOCUMENT], revocation="unchecked")
        finally:
            phone.close()
            service.stop()


def test_a_refused_application_has_the_ca_s_words_and_can_be_made_again(tmp_path: Path) -> None:
    with running_ra() as (ra, url):
        service = _service(tmp_path, ra, f"{url}/wait")
        phone = service.phone()
        try:
            _log_in(service, phone)
            with pytest.raises(PhoneError):
                apply(service, phone)
            (key,) = ra.requests
            ra.decide(key, words="营业执照已过期")
            with pytest.raises(ProblemError) as refused:
                _resumed(phone, OPERATOR.pin)
            assert refused.value.code == "ca_refused"
            assert "营业执照已过期" in str(refused.value.zh)
            with pytest.raises(PhoneError):
                apply(service, phone)
            again = next(one for one in ra.requests if one != key)
            ra.decide(again)
            _resumed(phone, OPERATOR.pin)
            assert sorted(ra.states.values()) == ["good"]
        finally:
            phone.close()
            service.stop()


def test_a_phone_moves_to_an_outside_ca_and_back_by_renewal(tmp_path: Path) -> None:
    with running_ra() as (ra, url):
        service = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}")
        service.prepare()
        service.start()
        phone = service.phone()
        try:
            _log_in(service, phone)
            apply(service, phone)
            local = phone.certificate()
            service.stop()
            service.settings["MSHIELD_CAS"] = str(cas_toml(tmp_path, f"{url}/wait", ra))
            service.start()
            log_in(service, phone)
            preview = phone.renewal_preview()
            assert preview.reason == "ca_changed"
            assert preview.issuer == IssuerMessage("示例签发机构", "Example CA")
            with pytest.raises(PhoneError) as waiting:
                _renew(service, phone)
            assert waiting.value.code == "ca_waiting"
            assert phone.certificate().pem == local.pem
            (key,) = ra.requests
            ra.decide(key)
            _until_issued(lambda: phone.resume_renewal(OPERATOR.pin))
            moved = phone.certificate()
            certificate = ra.requests[key].certificate
            assert certificate is not None
            assert moved.pem == certificate.pem()
            assert moved.shield_number == local.shield_number
            service.stop()
            toml = tmp_path / "cas.toml"
            toml.write_text(
                toml.read_text("utf-8").replace('[[route]]\nca = "example"', '[[route]]\nca = "local"')
            )
            service.start()
            log_in(service, phone)
            assert phone.renewal_preview().reason == "ca_changed"
            _renew(service, phone)
            assert phone.certificate().state == "active"
            _until_issued(lambda: _require(set(ra.states.values()) == {"revoked"}))
        finally:
            phone.close()
            service.stop()


def _renew(service: LiveService, phone: VirtualPhone) -> None:
    phone.request_sms_code("renew")
    phone.renew(sms_code=service.sms_code("renew"), pin=OPERATOR.pin)


def _require(done: bool) -> None:  # noqa: FBT001  # a condition
    if not done:
        raise PhoneError("ca_waiting")
