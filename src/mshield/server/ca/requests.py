"""Requests to a root whose key is elsewhere: for the issuing CA, the root's OCSP responder and the own TSA.

Their keys are made here (or are in the cipher machine) and stay here. The requests leave as PKCS#10, and the
certificates come back by `import_certificates`. Nothing exists as an authority before that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.csr import build_request, read_request
from mshield.pki.certificates.names import Name, make_name
from mshield.pki.errors import PkiError
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import (
    ROOT,
    generation_of,
    issuing_name,
    open_authority,
    require_authority,
    responder_name,
)
from mshield.server.authorities.keys import ELSEWHERE, new_ca_key, reference_in
from mshield.server.authorities.rows.authorities import (
    RequestRow,
    delete_request,
    insert_request,
    list_authorities,
    list_requests,
)
from mshield.server.authorities.tsa import TSA
from mshield.server.authorities.urls import issuing_urls
from mshield.server.ca.init import MADE_HERE, CaKeyNames, CaNames, another_key
from mshield.server.ca.renew_issuing import newest_generation, next_subject
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.errors import AuthorityExists, NoCaRequest
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings

ROOT_RESPONDER: Final = responder_name(ROOT)


@dataclass(frozen=True, slots=True)
class CaRequest:
    """Request (DER), and the extensions that its certificate must have, as a file for `openssl x509 -extfile`."""

    name: str
    der: bytes
    extensions: str


async def request_first(
    db: Database,
    keyring: Keyring,
    engine: Engine,
    settings: Settings,
    names: CaNames,
    *,
    keys: CaKeyNames = MADE_HERE,
    now: int,
) -> list[CaRequest]:
    """Makes keys and requests of a new CA whose root is elsewhere.

    Raises: AuthorityExists (there is a CA, or requests are open), BadName, BadKeyReference, HardwareError.
    """
    if await list_authorities(db) or await list_requests(db):
        raise _exists()
    subjects = {
        issuing_name(1): f"{names.name} CA",
        ROOT_RESPONDER: f"{names.name} Root CA OCSP",
        TSA["sm2"]: f"{names.name} TSA",
    }
    rows = [
        _row(
            keyring,
            engine,
            name,
            make_name(country=names.country, organisation=names.organisation, common_name=common_name),
            key=keys.issuing if name == issuing_name(1) else None,
            now=now,
        )
        for name, common_name in subjects.items()
    ]
    return await _store(db, settings, rows, now=now)


async def request_next(
    db: Database,
    keyring: Keyring,
    engine: Engine,
    settings: Settings,
    what: str,
    *,
    key: str | None,
    now: int,
) -> CaRequest:
    """Makes a new key and request: `issuing` for the next issuing CA, `root_ocsp` or `tsa` to replace that one.

    Raises: NoAuthority, NoCaRequest (unknown, or the root's key is here), AuthorityExists (one is open),
    BadKeyReference, HardwareError.
    """
    await require_elsewhere(db, keyring)
    if what == issuing_name(1):
        newest = await newest_generation(db)
        previous = parse_certificate((await require_authority(db, issuing_name(newest))).certificate)
        name, subject = issuing_name(newest + 1), next_subject(previous, newest)
    elif what in {ROOT_RESPONDER, TSA["sm2"]}:
        name, subject = what, parse_certificate((await require_authority(db, what)).certificate).subject
    else:
        raise NoCaRequest(
            f"不能为 {what} 生成请求：请用 issuing、root_ocsp 或 tsa",
            f"there is no request for {what}: use issuing, root_ocsp or tsa",
        )
    row = _row(keyring, engine, name, subject, key=key, now=now)
    if read_request(row.request)[1] in _sm2_keys([one.certificate for one in await list_authorities(db)]):
        raise another_key()
    return (await _store(db, settings, [row], now=now))[0]


async def request_cross(db: Database, keyring: Keyring, engine: Engine, name: str) -> bytes:
    """Returns a request (DER) of an issuing CA for a certificate by another root.

    Raises: NoAuthority, BadAuthority, SealError, HardwareError.
    """
    if generation_of(name) is None:
        raise NoCaRequest(f"没有名为 {name} 的签发机构", f"there is no issuing CA named {name}")
    authority = await open_authority(db, keyring, engine, name)
    return await authority.signing(lambda: build_request(authority.signer, authority.certificate.subject))


async def open_requests(db: Database, settings: Settings) -> list[CaRequest]:
    """Returns the requests whose certificates haven't been imported."""
    return [_of(row, settings) for row in await list_requests(db)]


async def discard_request(db: Database, name: str, *, now: int) -> None:
    """Deletes an open request with its key. Raises: NoCaRequest."""

    async def work(tx: Tx) -> None:
        rows = [row for row in await list_requests(tx) if row.name == name]
        if not rows or not await delete_request(tx, rows[0]):
            raise NoCaRequest(f"没有名为 {name} 的请求", f"there is no open request named {name}")
        await acts.record(tx, by=SERVICE, act="ca.discard_request", subject=name, details={}, now=now)

    await db.write(work)


async def require_elsewhere(db: Database, keyring: Keyring) -> None:
    """Checks that the root's key isn't here. Raises: NoAuthority, NoCaRequest."""
    row = await require_authority(db, ROOT)
    if not is_elsewhere(keyring, row.key_box):
        raise NoCaRequest(
            "根密钥就在本服务器上，不需要请求：请用 renew-issuing、renew-responder、renew-tsa",
            "the root's key is on this server, so nothing is requested: use renew-issuing, renew-responder, "
            "renew-tsa",
        )


def is_elsewhere(keyring: Keyring, root_box: bytes) -> bool:
    """Reports whether the box of the root says that its key isn't here. Raises: SealError."""
    return reference_in(keyring.open(root_box, purpose="authority", context=ROOT.encode())) == ELSEWHERE


def _row(
    keyring: Keyring, engine: Engine, name: str, subject: Name, *, key: str | None, now: int
) -> RequestRow:
    own = new_ca_key(keyring, engine, key)
    box = keyring.seal(own.box_content, purpose="authority", context=name.encode())
    return RequestRow(name, build_request(own.signer, subject), box, now)


async def _store(
    db: Database, settings: Settings, rows: Sequence[RequestRow], *, now: int
) -> list[CaRequest]:
    async def work(tx: Tx) -> None:
        for row in rows:
            await insert_request(tx, row)
            details = {"request_sha256": sha256(row.request).hexdigest()}
            await acts.record(tx, by=SERVICE, act="ca.request", subject=row.name, details=details, now=now)

    try:
        await db.write(work)
    except Conflict as error:
        raise _exists() from error
    return [_of(row, settings) for row in rows]


def _sm2_keys(certificates: Sequence[bytes]) -> set[bytes]:
    keys = set[bytes]()
    for certificate in certificates:
        try:
            keys.add(parse_certificate(certificate).public_key)
        except PkiError:  # the P-256 keys
            continue
    return keys


def _of(row: RequestRow, settings: Settings) -> CaRequest:
    return CaRequest(row.name, row.request, extension_file(row.name, settings))


def extension_file(name: str, settings: Settings) -> str:
    """Returns the extensions of the requested certificate as lines for `openssl x509 -extfile`."""
    urls = issuing_urls(settings.site)
    ids = ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid:always"]
    if name == ROOT_RESPONDER:
        lines = [
            "keyUsage=critical,digitalSignature",
            "extendedKeyUsage=OCSPSigning",
            *ids,
            "noCheck=ignored",
        ]
    elif name == TSA["sm2"]:
        lines = [
            "keyUsage=critical,digitalSignature",
            "extendedKeyUsage=critical,timeStamping",
            *ids,
            f"crlDistributionPoints=URI:{urls.crl}",
        ]
    else:
        lines = [
            "basicConstraints=critical,CA:TRUE,pathlen:0",
            "keyUsage=critical,keyCertSign,cRLSign",
            *ids,
            f"crlDistributionPoints=URI:{urls.crl}",
            f"authorityInfoAccess=OCSP;URI:{urls.ocsp},caIssuers;URI:{urls.ca_issuer}",
            f"certificatePolicies={settings.ca.policy_oid}",
        ]
    return "\n".join((*lines, ""))


def _exists() -> AuthorityExists:
    return AuthorityExists(
        "已有证书签发机构或尚未完成的请求：见 mshield ca requests",
        "there is a certificate authority or an open request already: see `mshield ca requests`",
    )
