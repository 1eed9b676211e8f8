"""Clients without SM2 check statuses with the plain openssl command: it verifies the P-256 signer's objects."""

import asyncio
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import CertificateIssuer, CRLReason, DirectoryName
from cryptography.x509 import ocsp as x509_ocsp

from mshield.pki.asn1 import pem
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.ocsp import CertId, build_ocsp_request, error_response
from mshield.server.authorities.p256 import P256Key
from mshield.server.ca.init_p256 import init_p256
from mshield.server.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.server.certificates.issue import serial_text
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.errors import NotFound
from mshield.server.keys.errors import AuthorityExists, HardwareError, NoAuthority
from mshield.server.keys.hardware.devices import Devices
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.master import generate_master_key
from mshield.server.publication.publisher import Publisher
from mshield.server.settings.settings import Settings
from tests.interop.test_openssl import openssl
from tests.support.issuing import Ca, change, make_ca
from tests.support.soft_hsm import SoftHsm

NOW = time.time_ns() // 1_000_000
"""The real time, since openssl uses its own clock; in ms."""


@dataclass(frozen=True)
class _Client:
    """A client with a folder, openssl, and the pinned certificate."""

    ca: Ca
    publisher: Publisher
    folder: Path

    async def pin(self) -> None:
        """Pins the signer's certificate."""
        self._write(
            "pinned.pem", pem.encode("CERTIFICATE", await self.publisher.certificate("p256")).encode()
        )

    async def ask(self, leaf: Certificate, issuer: Certificate) -> subprocess.CompletedProcess[str]:
        """Makes the request by `openssl ocsp`, which verifies the response with only the pinned certificate."""
        issuer_file = self._write("issuer.pem", issuer.pem().encode())
        named = ("-issuer", issuer_file, "-cert", self._write("leaf.pem", leaf.pem().encode()))
        request = self._write("request.der", b"")
        made = await asyncio.to_thread(openssl, "ocsp", *named, "-no_nonce", "-reqout", request)
        assert made.returncode == 0, made.stderr
        answer = await self.publisher.p256_ocsp(self._read("request.der"), now=NOW)
        response = self._write("response.der", answer.der)
        pinned = ("-VAfile", str(self.folder / "pinned.pem"))
        return await asyncio.to_thread(openssl, "ocsp", *named, "-no_nonce", "-respin", response, *pinned)

    async def crl(self) -> bytes:
        """Returns the current list, verified by `openssl crl` with the pinned certificate."""
        await self.publisher.refresh(now=NOW)
        der = (await self.publisher.crl("p256", now=NOW)).der
        place = self._write("list.crl", der)
        pinned = str(self.folder / "pinned.pem")
        checked = await asyncio.to_thread(
            openssl, "crl", "-inform", "DER", "-in", place, "-noout", "-CAfile", pinned
        )
        assert (checked.returncode, checked.stderr.strip()) == (0, "verify OK"), checked.stderr
        return der

    def _read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def _write(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)


@pytest.fixture
async def client(db: Database, keyring: Keyring, tmp_path: Path) -> _Client:
    ca = await make_ca(db, keyring, now=NOW, settings=Settings.of(p256_status=True))
    await init_p256(db, keyring, renew=False, now=NOW)
    made = _Client(ca, ca.publisher(), tmp_path)
    await made.pin()
    return made


async def test_openssl_ocsp_reports_good_hold_and_revoked(client: _Client) -> None:
    ca = client.ca
    leaf, issuing = await ca.certify(now=NOW), ca.authorities.issuing.certificate
    told = await client.ask(leaf, issuing)
    assert "Response verify OK" in told.stderr
    assert ": good" in told.stdout
    await change(ca.db, serial_text(leaf.serial), CertificateEvent.REPORT_LOSS, now=NOW)
    told = await client.ask(leaf, issuing)
    assert "Response verify OK" in told.stderr
    assert ": revoked" in told.stdout
    assert "Reason: certificateHold" in told.stdout
    await change(ca.db, serial_text(leaf.serial), CertificateEvent.REVOKE, now=NOW, reason=1)
    assert "Reason: keyCompromise" in (await client.ask(leaf, issuing)).stdout


async def test_a_token_may_hold_the_key(sqlite_url: str, soft_hsm: SoftHsm, tmp_path: Path) -> None:
    db = await open_database(sqlite_url)
    keys = (generate_master_key("aes"),)
    ring = Keyring(keys, devices=Devices(soft_hsm.settings().keys))
    ca = await make_ca(db, ring, now=NOW, settings=Settings.of(p256_status=True))
    await init_p256(db, ring, renew=False, key=soft_hsm.make_key("status"), now=NOW)
    client = _Client(ca, ca.publisher(), tmp_path)
    await client.pin()
    leaf, issuing = await ca.certify(now=NOW), ca.authorities.issuing.certificate
    told = await client.ask(leaf, issuing)
    assert ("Response verify OK" in told.stderr, ": good" in told.stdout) == (True, True)
    assert len(x509.load_der_x509_crl(await client.crl())) == 0
    with pytest.raises(HardwareError, match="MSHIELD_PKCS11_MODULE"):
        await P256Key(db, Keyring(keys)).signer()
    await db.close()


async def test_openssl_ocsp_asks_about_the_issuing_ca_too(client: _Client) -> None:
    ca, root = client.ca, client.ca.authorities.root
    issuing = ca.authorities.issuing.certificate
    assert ": good" in (await client.ask(issuing, root)).stdout
    await revoke_issuing(ca.db, "issuing", reason=1, now=NOW)
    assert "Reason: keyCompromise" in (await client.ask(issuing, root)).stdout


async def test_openssl_refuses_an_answer_of_another_key(client: _Client) -> None:
    leaf, issuing = await client.ca.certify(now=NOW), client.ca.authorities.issuing.certificate
    assert ": good" in (await client.ask(leaf, issuing)).stdout
    await init_p256(client.ca.db, client.ca.keyring, renew=True, now=NOW)
    told = await client.ask(leaf, issuing)
    assert told.returncode != 0
    assert "Response Verify Failure" in told.stderr
    await client.pin()
    assert "Response verify OK" in (await client.ask(leaf, issuing)).stderr


async def test_the_list_has_all_cas_certificates_with_their_issuers(client: _Client) -> None:
    ca = client.ca
    old_ca, old = ca.authorities.issuing.certificate, [await ca.certify(now=NOW) for _ in range(3)]
    assert len(x509.load_der_x509_crl(await client.crl())) == 0
    await renew_issuing(ca.db, ca.keyring, ca.engine, ca.settings, now=NOW)
    new = await ca.certify(now=NOW)
    for leaf in (*old[:2], new):
        await change(ca.db, serial_text(leaf.serial), CertificateEvent.FREEZE, now=NOW)
    await revoke_issuing(ca.db, "issuing", reason=4, now=NOW)
    parsed = x509.load_der_x509_crl(await client.crl())
    found: dict[int, tuple[bytes, str]] = {}
    issuer = b""
    for entry in parsed:
        for extension in entry.extensions:
            if isinstance(extension.value, CertificateIssuer):
                (name,) = extension.value.get_values_for_type(DirectoryName)
                issuer = name.public_bytes()
        reason = entry.extensions.get_extension_for_class(CRLReason).value.reason.value
        found[entry.serial_number] = (issuer, reason)
    newest = ca.authorities.issuing.certificate
    assert found == {
        old_ca.serial: (ca.authorities.root.subject_der, "superseded"),
        old[0].serial: (old_ca.subject_der, "certificateHold"),
        old[1].serial: (old_ca.subject_der, "certificateHold"),
        new.serial: (newest.subject_der, "certificateHold"),
    }
    assert (await client.publisher.crl("p256", now=NOW)).number == 2
    assert await client.publisher.refresh(now=NOW) == 0


async def test_under_a_new_key_there_is_a_new_list(client: _Client) -> None:
    await client.crl()
    await init_p256(client.ca.db, client.ca.keyring, renew=True, now=NOW)
    await client.pin()
    await client.crl()
    assert (await client.publisher.crl("p256", now=NOW)).number == 2


async def test_a_nonce_is_echoed_and_rubbish_is_malformed(client: _Client) -> None:
    cert_id = CertId.of(client.ca.authorities.issuing.certificate, 4711)
    answer = await client.publisher.p256_ocsp(build_ocsp_request([cert_id], nonce=b"n" * 16), now=NOW)
    read = x509_ocsp.load_der_ocsp_response(answer.der)
    assert read.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 16
    rubbish = await client.publisher.p256_ocsp(b"rubbish", now=NOW)
    assert rubbish.der == error_response("malformed_request")


async def test_p256_status_needs_the_setting_and_a_key(db: Database, keyring: Keyring) -> None:
    ca = await make_ca(db, keyring, now=NOW)
    with pytest.raises(NoAuthority):
        await init_p256(db, keyring, renew=True, now=NOW)
    on = Publisher(db, keyring, ca.engine, Settings.of(p256_status=True), ca.authorities)
    for publisher in (ca.publisher(), on):
        with pytest.raises(NotFound):
            await publisher.certificate("p256")
        with pytest.raises(NotFound):
            await publisher.p256_ocsp(b"", now=NOW)
    assert await on.refresh(now=NOW) == 2
    made = await init_p256(db, keyring, renew=False, now=NOW)
    assert await on.certificate("p256") == made
    with pytest.raises(AuthorityExists):
        await init_p256(db, keyring, renew=False, now=NOW)
    with pytest.raises(NotFound):
        await ca.publisher().crl("p256", now=NOW)
