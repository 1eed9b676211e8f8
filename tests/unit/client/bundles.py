"""Valid bundles of the tests' authority, their verification, and the same bundles with a fault."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mshield.client.evidence.verify import Evidence, VerifiedEvidence, read_evidence, verify_evidence
from mshield.client.verification import VerificationError
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE
from mshield.pki.revocation.ocsp import Good, RevokedAt, Unknown
from mshield.pki.signatures.evidence import Kind
from mshield.pki.signatures.formats import Format
from mshield.views import read_view
from tests.unit.client.bundle import (
    CONTENT,
    SIGNED_AT,
    VKEY,
    Maker,
    logged,
    login_message,
)
from tests.unit.client.statuses import ocsp
from tests.unit.pki.authority import DAY, authority, make_authority

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
    view: bytes | None = None,
) -> Evidence:
    return Maker(
        A,
        format=format,
        kind=kind,
        content=login_message() if kind == "login" else CONTENT,
        with_content=with_content,
        view=view,
    ).made()


def refused(evidence: Evidence, **changes: Any) -> tuple[str, str]:
    with pytest.raises(VerificationError) as error:
        check(evidence, **changes)
    return error.value.step, error.value.code


def put(evidence: Evidence, place: str, value: Any) -> Evidence:
    """Returns the bundle with another value in one place, given as a dotted path in the file."""
    found = json.loads(evidence.encode())
    *above, name = place.split(".")
    part = found
    for each in above:
        part = part[int(each) if isinstance(part, list) else each]
    key = int(name) if isinstance(part, list) else name
    part[key] = value
    return read_evidence(json.dumps(found).encode())


def without(evidence: Evidence) -> Iterator[str]:
    """Yields the file without a field that every bundle has."""
    for place in ("time_stamps", "holder", "document.view_b64", "document.drawn", "document.shown"):
        found = json.loads(evidence.encode())
        *above, name = place.split(".")
        part = found[above[0]] if above else found
        del part[name]
        yield json.dumps(found)


def put_shown(value: Any, *, kind: Kind = "signature") -> str:
    """Returns a raw signature's file with this value for what was shown."""
    found = json.loads(good("raw", kind=kind).encode())
    found["document"]["shown"] = value
    return json.dumps(found)


def b64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def leaves(part: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yields all values of the file with their places."""
    pairs = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in pairs:
        yield from leaves(value, f"{place}.{name}".strip("."))
    if not isinstance(part, (dict, list)):
        yield place, part


def changed(place: str, value: Any) -> Iterator[Any]:
    """Yields other values of the same kind."""
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
