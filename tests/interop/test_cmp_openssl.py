"""The CMP adapter with OpenSSL's mock server: transport, states and MAC.

OpenSSL verifies SM2 requests under an empty id, so an SM2 key is asked for by a template here; it answers with
HMAC-SHA-1 whatever it is told, which only these tests allow.
"""

import asyncio
import dataclasses
import hashlib
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from mshield.pki.asn1.frame import assemble
from mshield.pki.certificates.csr import build_request_info
from mshield.server.authorities.outside.adapter import (
    ActDone,
    Answered,
    Capabilities,
    Confirmed,
    ConfirmPending,
    Held,
    Outcome,
    Pending,
    Person,
    Refused,
    Submission,
    Unreachable,
)
from mshield.server.authorities.outside.cmp.authority import CmpAuthority
from mshield.server.authorities.outside.cmp.protection import MacProtection
from tests.interop.test_openssl import openssl
from tests.support.ports import free_ports
from tests.unit.pki.authority import NOW, SUBJECT, authority

A: Final = authority()
MAC: Final = MacProtection(b"ra-0001", b"insecure-test-secret", ("hmac-sha256", "hmac-sha1"))
INFO: Final = build_request_info(SUBJECT, A.leaf_key.public)
SM2: Final = assemble(INFO, A.leaf_key.sign(INFO))
PERSON: Final = Person(
    name="张伟", id_type="resident_id", enterprise="蓝海", credit_code="91440300MA5EXAMPL6", role="operator"
)
POLLS: Final = ("-poll_count", "2", "-check_after", "0")


def p256_request() -> bytes:
    name = x509.Name.from_rfc4514_string("CN=p256,O=x,C=CN")
    key = ec.generate_private_key(ec.SECP256R1())
    return x509.CertificateSigningRequestBuilder(name).sign(key, SHA256()).public_bytes(Encoding.DER)


P256: Final = p256_request()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the certificates that the mock server answers with."""
    made: Path = tmp_path_factory.mktemp("openssl-cmp")
    (made / "sm2.pem").write_text(A.leaf.pem(), "ascii")
    key, out = str(made / "key.pem"), str(made / "p256.pem")
    made_it = openssl(
        *(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            key,
        ),
        *("-subj", "/C=CN/O=x/CN=p256", "-days", "30", "-out", out),
    )
    assert made_it.returncode == 0, made_it.stderr
    return made


@asynccontextmanager
async def mock_server(folder: Path, options: Sequence[str], **more: Any) -> AsyncIterator[CmpAuthority]:
    """Runs OpenSSL's mock server and yields an adapter for it."""
    port = free_ports(1)
    command = ["openssl", "cmp", "-config", "", "-port", str(port), "-srv_ref", "ra-0001"]
    command += ["-srv_secret", "pass:insecure-test-secret", "-digest", "sha256", *options]
    with subprocess.Popen(  # noqa: ASYNC220  # starts in a millisecond
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(100):
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                break
            yield CmpAuthority(
                name="openssl",
                can=Capabilities(),
                url=f"http://127.0.0.1:{port}/",
                protection=more.pop("protection", MAC),
                recipient=A.issuing.subject_der,
                **more,
            )
        finally:
            server.terminate()


async def life(client: CmpAuthority, request: bytes) -> list[Outcome]:
    """Asks, polls and confirms, and returns the outcomes of asking."""
    s = Submission(
        key=hashlib.sha256(request).digest(),
        p10=request,
        subject=SUBJECT,
        public_key=A.leaf_key.public,
        person=PERSON,
        transaction=client.begin(),
    )
    outcomes = [await client.submit(s, now=NOW)]
    while isinstance(outcomes[-1], Pending):
        s = dataclasses.replace(s, transaction=outcomes[-1].transaction or b"")
        outcomes.append(await client.poll(s, now=NOW))
    last = outcomes[-1]
    if isinstance(last, Answered):
        s = dataclasses.replace(s, transaction=last.transaction or b"")
        confirmation = await client.confirm(s, last.der, accepted=True, now=NOW)
        while isinstance(confirmation, ConfirmPending):
            s = dataclasses.replace(s, transaction=confirmation.transaction)
            confirmation = await client.confirm(s, last.der, accepted=True, now=NOW)
        assert confirmation == Confirmed()
    return outcomes


@pytest.mark.parametrize(
    ("request_", "options", "more", "polls"),
    [
        (P256, ["-rsp_cert", "p256.pem"], {}, 0),
        (P256, ["-rsp_cert", "p256.pem", "-grant_implicitconf"], {"implicit_confirm": True}, 0),
        (P256, ["-rsp_cert", "p256.pem"], {"implicit_confirm": True}, 0),
        (P256, ["-rsp_cert", "p256.pem", *POLLS], {}, 2),
        (SM2, ["-rsp_cert", "sm2.pem", "-accept_raverified"], {"form": "cr"}, 0),
        (SM2, ["-rsp_cert", "sm2.pem", "-accept_raverified", *POLLS], {"form": "cr"}, 2),
    ],
    ids=["p256", "implicit", "implicit-not-granted", "p256-polled", "sm2-template", "sm2-template-polled"],
)
async def test_certificate_is_issued_and_confirmed(
    folder: Path, request_: bytes, options: list[str], more: dict[str, Any], polls: int
) -> None:
    async with mock_server(folder, options, **more) as client:
        outcomes = await life(client, request_)
        assert isinstance(outcomes[-1], Answered)
        assert len(outcomes) == 1 + polls


@pytest.mark.parametrize(
    ("options", "more", "code"),
    [
        (["-pkistatus", "2", "-failure", "19", "-statusstring", "no"], {}, "badCertTemplate"),
        (["-send_error"], {}, "badRequest"),
        ([], {"form": "cr"}, "badPOP"),
    ],
    ids=["rejected", "error", "no-ra"],
)
async def test_refusal_is_read(folder: Path, options: list[str], more: dict[str, Any], code: str) -> None:
    async with mock_server(folder, ["-rsp_cert", "p256.pem", *options], **more) as client:
        (outcome,) = await life(client, P256)
        assert isinstance(outcome, Refused)
        assert outcome.code == code


@pytest.mark.parametrize(
    ("options", "protection", "reason"),
    [
        (["-send_unprotected"], MAC, "unprotected"),
        ([], dataclasses.replace(MAC, macs=("hmac-sha256",)), "protection_algorithm"),
        ([], dataclasses.replace(MAC, secret=b"another-secret"), "wrong_mac"),
    ],
    ids=["unprotected", "sha1-not-allowed", "our-secret-is-wrong"],
)
async def test_unbelievable_answer_leaves_everything_open(
    folder: Path, options: list[str], protection: MacProtection, reason: str
) -> None:
    async with mock_server(folder, ["-rsp_cert", "p256.pem", *options], protection=protection) as client:
        with pytest.raises(Unreachable) as caught:
            await life(client, P256)
        assert caught.value.reason == reason
        assert caught.value.operator


async def test_revocation_is_understood(folder: Path) -> None:
    """OpenSSL's mock server doesn't compare the serial number, so it judges the message's form alone."""
    async with mock_server(folder, ["-rsp_cert", "sm2.pem", "-ref_cert", "sm2.pem"]) as client:
        held = Held(A.leaf.issuer_der, A.leaf.serial, A.leaf.der)
        assert await client.act(held, "revoke", 4, key="k", now=NOW) == ActDone()
