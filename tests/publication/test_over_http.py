"""The publication point over HTTP: types, caching, and protocol-specific answers to any input."""

import asyncio
import base64
import urllib.parse
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from mshield.gm.sm3 import sm3
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.revocation.crl import parse_crl
from mshield.pki.revocation.ocsp import CertId, build_ocsp_request, error_response, parse_ocsp_response
from mshield.pki.timestamps.certificate import parse_tsa_certificate
from mshield.pki.timestamps.request import TimeStampRequest
from mshield.pki.timestamps.response import token_of
from mshield.pki.timestamps.verify import TsaTrust, verify_answer
from mshield.pki.verification.path import check_crl, check_ocsp
from mshield.server.ca.renew_tsa import TsaKeyNames, renew_tsa
from mshield.server.certificates.issue import serial_text
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.http.publication.pki import MAX_REQUEST, router
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.publisher import Publisher
from mshield.server.settings.settings import Settings
from tests.support.application import Application, running
from tests.support.cases import cases
from tests.support.clock import START, Clock
from tests.support.issuing import Ca, change, make_ca
from tests.support.sdf.machine import PASSWORD, Fault, Machine
from tests.support.serving import serving

MALFORMED = error_response("malformed_request")


@dataclass(frozen=True)
class _Context:
    publication: Publisher
    clock: Clock


@dataclass(frozen=True)
class _World:
    ca: Ca
    leaf: Certificate
    http: httpx.AsyncClient
    clock: Clock

    @property
    def issuing(self) -> Certificate:
        return self.ca.authorities.issuing.certificate

    def request(self, *, nonce: bytes | None = None) -> bytes:
        return build_ocsp_request([CertId.of(self.issuing, self.leaf.serial)], nonce=nonce)

    def verify(self, response: bytes, *, nonce: bytes | None = None) -> None:
        check_ocsp(
            self.ca.engine,
            certificate=self.leaf,
            issuer=self.issuing,
            response=response,
            at=self.clock(),
            nonce=nonce,
        )


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> AsyncIterator[_World]:
    ca = await make_ca(db, keyring, now=START, settings=Settings.of(tsa_clock="assumed"))
    transport = httpx.ASGITransport(serving(router.routes, _Context(ca.publisher(), clock)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
        yield _World(ca, await ca.certify(now=START), http, clock)


async def test_ca_certificates_are_served(world: _World) -> None:
    for path, expected in (("root", world.ca.authorities.root), ("issuing", world.issuing)):
        answer = await world.http.get(f"/pki/{path}.cer")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pkix-cert"
        assert parse_certificate(answer.content) == expected
        assert x509.load_der_x509_certificate(answer.content).serial_number == expected.serial
        known = {"If-None-Match": answer.headers["etag"]}
        again = await world.http.get(f"/pki/{path}.cer", headers=known)
        assert (again.status_code, again.content) == (304, b"")


async def test_time_stamp_request_by_post_is_answered(world: _World) -> None:
    asked = TimeStampRequest(hash="sm3", digest=sm3(b"x"), nonce=1)
    for path, name in (("tsa", "tsa"), ("p256/tsa", "tsa-p256")):
        answer = await world.http.post(
            f"/pki/{path}", content=asked.encode(), headers={"Content-Type": "application/timestamp-query"}
        )
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert answer.headers["content-type"] == "application/timestamp-reply"
        root = parse_tsa_certificate((await world.http.get(f"/pki/{name}.cer")).content)
        stamp = verify_answer(
            world.ca.engine, token_of(answer.content), asked, data=b"x", trust=TsaTrust([root]), now=START
        )
        assert stamp.info.at == START
        assert stamp.info.serial.bit_length() > 64


async def test_a_leafs_own_addresses_lead_here(world: _World) -> None:
    values = world.leaf.values
    (crl_url,), (issuer_url,), (ocsp_url,) = values.crl_urls, values.ca_issuer_urls, values.ocsp_urls
    crl = (await world.http.get(crl_url)).content
    check_crl(world.ca.engine, certificate=world.leaf, issuer=world.issuing, crl=crl, at=START)
    assert (await world.http.get(issuer_url)).content == world.issuing.der
    world.verify((await world.http.post(ocsp_url, content=world.request())).content)
    (root_crl_url,) = world.issuing.values.crl_urls
    root_crl = (await world.http.get(root_crl_url)).content
    check_crl(
        world.ca.engine, certificate=world.issuing, issuer=world.ca.authorities.root, crl=root_crl, at=START
    )


async def test_list_is_cached_until_the_next_one(world: _World) -> None:
    answer = await world.http.get("/pki/issuing.crl")
    assert answer.headers["content-type"] == "application/pkix-crl"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert parsedate_to_datetime(answer.headers["last-modified"]).timestamp() * 1000 == START
    world.clock.advance(seconds=3600)
    later = await world.http.get("/pki/issuing.crl")
    assert later.headers["cache-control"] == "public, max-age=300"
    assert later.content == answer.content


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
async def test_current_list_gets_304_until_it_changes(world: _World, form: str) -> None:
    tag = (await world.http.get("/pki/issuing.crl")).headers["etag"]
    known = {"If-None-Match": form.format(tag=tag)}
    again = await world.http.get("/pki/issuing.crl", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await change(
        world.ca.db, serial_text(world.leaf.serial), CertificateEvent.REVOKE, now=START + 1000, reason=1
    )
    world.clock.advance(seconds=2)
    assert (await world.http.get("/pki/issuing.crl", headers=known)).status_code == 304
    await world.ca.publisher().refresh(now=world.clock())  # by another process
    world.clock.advance(seconds=2)
    changed = await world.http.get("/pki/issuing.crl", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert world.leaf.serial in parse_crl(changed.content).revoked


async def test_ocsp_request_by_post_is_answered(world: _World) -> None:
    body = world.request(nonce=b"n" * 32)
    answer = await world.http.post(
        "/pki/ocsp", content=body, headers={"Content-Type": "application/ocsp-request"}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/ocsp-response"
    assert answer.headers["cache-control"] == "no-store"
    world.verify(answer.content, nonce=b"n" * 32)


async def test_ocsp_by_get_may_be_cached(world: _World) -> None:
    encoded = base64.b64encode(world.request()).decode()
    for path in (encoded, urllib.parse.quote(encoded, safe="")):
        answer = await world.http.get(f"/pki/ocsp/{path}")
        assert answer.headers["content-type"] == "application/ocsp-response"
        assert answer.headers["cache-control"] == "public, max-age=300, no-transform, must-revalidate"
        assert parsedate_to_datetime(answer.headers["last-modified"]).timestamp() * 1000 == START
        world.verify(answer.content)


async def test_current_ocsp_response_gets_304_until_it_changes(world: _World) -> None:
    path = "/pki/ocsp/" + base64.b64encode(world.request()).decode()
    tag = (await world.http.get(path)).headers["etag"]
    known = {"If-None-Match": tag}
    again = await world.http.get(path, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await change(world.ca.db, serial_text(world.leaf.serial), CertificateEvent.FREEZE, now=START + 1000)
    world.clock.advance(seconds=2)
    changed = await world.http.get(path, headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert parsedate_to_datetime(changed.headers["last-modified"]).timestamp() * 1000 == START + 2000


async def test_ocsp_by_get_with_a_nonce_may_not(world: _World) -> None:
    encoded = urllib.parse.quote(base64.b64encode(world.request(nonce=b"n" * 8)), safe="")
    answer = await world.http.get(f"/pki/ocsp/{encoded}")
    assert answer.headers["cache-control"] == "no-store"
    world.verify(answer.content, nonce=b"n" * 8)


@cases("body", [b"", b"\x00", b"\x30\x03\x02\x01\x00", b"{}"])
async def test_malformed_request_gets_an_ocsp_answer(world: _World, body: bytes) -> None:
    answer = await world.http.post("/pki/ocsp", content=body)
    assert (answer.status_code, answer.content) == (200, MALFORMED)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_body_too_long_is_not_read_to_its_end(world: _World) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 1 << 24:
            sent += 1 << 14
            yield bytes(1 << 14)

    answer = await world.http.post("/pki/ocsp", content=endless())
    assert answer.status_code == 413
    assert sent <= 2 * MAX_REQUEST


@cases("path", ["", "A", "%00", "====", "%C3%A9", "MAA=", "a/b/../c", "A" * (MAX_REQUEST * 2)])
async def test_a_path_that_isnt_a_request_is_answered_by_ocsp(world: _World, path: str) -> None:
    answer = await world.http.get(f"/pki/ocsp/{path}")
    assert (answer.status_code, answer.content) == (200, MALFORMED)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_change_of_a_request_gets_an_ocsp_answer(world: _World, data: st.DataObject) -> None:
    body = bytearray(world.request(nonce=b"n" * 8))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    answer = await world.http.post("/pki/ocsp", content=bytes(body))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/ocsp-response"
    assert answer.content[:1] == b"\x30"


async def test_other_names_and_methods_are_refused(world: _World) -> None:
    assert (await world.http.get("/pki/other.cer")).status_code == 404
    assert (await world.http.post("/pki/root.cer")).status_code == 405


async def test_process_without_jobs_presigns_its_responses(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert application.context.settings.process.jobs == "off"
    issuing = application.context.authorities.issuing.certificate
    request = build_ocsp_request([CertId.of(issuing, 4711)])

    async def ask() -> int:
        answer = await application.http.post(
            "/pki/ocsp", content=request, headers={"Content-Type": "application/ocsp-request"}
        )
        return parse_ocsp_response(answer.content).produced_at

    publisher, signed, asked_at = application.context.publication, asyncio.Event(), await ask()
    presign = publisher.presign

    async def seen(*, now: int) -> int:
        made = await presign(now=now)
        if made:
            signed.set()
        return made

    monkeypatch.setattr(publisher, "presign", seen)
    application.clock.advance(seconds=200)
    async with asyncio.timeout(20):
        await signed.wait()
    application.clock.advance(seconds=120)
    assert await ask() == asked_at + 200_000


async def test_failing_device_makes_the_service_unavailable(
    sqlite_url: str, tmp_path: Path, clock: Clock, machine: Machine
) -> None:
    stamp = TimeStampRequest(hash="sm3", digest=bytes(32), nonce=7).encode()
    device = {"sdf_library": machine.library, "sdf_password": SecretStr(PASSWORD)}
    async with running(sqlite_url, tmp_path, clock, **device) as application:
        ground, http = application.context, application.http
        keys = TsaKeyNames(sm2="sdf:4")
        await renew_tsa(ground.db, ground.keyring, ground.engine, ground.settings, keys=keys, now=clock())
        headers = {"Content-Type": "application/timestamp-query"}
        for fault, status in ((Fault.NONE, 200), (Fault.WRONG_SIGNATURE, 503), (Fault.NONE, 200)):
            machine.fault(fault)
            answer = await http.post("/pki/tsa", content=stamp, headers=headers)
            assert answer.status_code == status
            assert status == 200 or (answer.json()["code"], "Retry-After" in answer.headers) == (
                "unavailable",
                True,
            )
