"""Valid inputs from which the fuzzers start: stored in `seeds.json`, so that a seed gives the same mutations.

`python -m tests.fuzz.seeds` makes them again, which is needed if a format changes.
"""

import base64
import json
from pathlib import Path
from typing import Any, Final

from mshield.gm.engine import load_engine
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import der
from mshield.pki.certificates.csr import build_request_info
from mshield.pki.certificates.profiles import LeafIdentity
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE, Revoked
from mshield.pki.revocation.ocsp import CertId, Good, RevokedAt, Unknown, build_ocsp_request
from mshield.pki.signatures.cms import build_signed_data
from mshield.pki.signatures.signed_attributes import SignedAttributes
from tests.fuzz.archive_seeds import archives
from tests.support.cmp_ca import certs_only, cp, error, status, with_mac
from tests.support.signed_data import attributes_of
from tests.unit.client.bundle import CONTENT, LINES, Maker, login_message
from tests.unit.client.statuses import ocsp
from tests.unit.pki.authority import DAY, NOW, SUBJECT, Authority, make_authority

CMP_TRANSACTION, CMP_NONCE = b"t" * 16, b"n" * 16
_FILE: Final = Path(__file__).parent / "seeds.json"


def seeds(kind: str) -> list[bytes]:
    """Returns the valid inputs of this kind."""
    kept = json.loads(_FILE.read_text("ascii"))
    return [base64.b64decode(each) for each in kept[kind]]


def _made() -> dict[str, list[bytes]]:
    a = make_authority(load_engine())
    passport = a.issue(identity=LeafIdentity("E12345678", "91440300MA5EXAMPL6", "passport"))
    asked = CertId.of(a.issuing, a.leaf.serial), CertId.of(a.issuing, 7, "sha256")
    past = NOW - 1000
    return {
        "root": [a.root.der],
        "certificate": [a.leaf.der, a.issuing.der, a.root.der, a.ocsp.der, passport.der],
        "crl": [
            a.crl(
                (Revoked(5, past, KEY_COMPROMISE), Revoked(9, past, CERTIFICATE_HOLD), Revoked(11, past, 0))
            ),
            a.crl((Revoked(a.leaf.serial, past, KEY_COMPROMISE),)),
            a.crl(),
            a.root_crl(),
        ],
        "ocsp_request": [build_ocsp_request(asked[:1]), build_ocsp_request(asked, nonce=b"n" * 32)],
        "ocsp_response": [
            ocsp(a, a.leaf, Good(), at=NOW, nonce=b"n" * 32),
            ocsp(a, a.leaf, RevokedAt(past, KEY_COMPROMISE), at=NOW),
            ocsp(a, a.leaf, RevokedAt(past), at=NOW),
            ocsp(a, a.leaf, Unknown(), at=NOW),
            ocsp(a, a.issuing, Good(), at=NOW),
        ],
        "request_info": [build_request_info(SUBJECT, a.leaf_key.public)],
        "cmp": _cmp(a),
        "certs_only": [certs_only(a.leaf.der, a.issuing.der), certs_only(a.root.der)],
        "signature": [a.leaf_key.sign(CONTENT).to_der()],
        "attributes": [_attributes().encode()],
        "cms": [_cms(a, inside=inside, bound=bound) for inside in (True, False) for bound in (True, False)],
        "evidence": [
            Maker(a, **how).made().encode()
            for how in (
                {"format": "cms"},
                {"format": "raw"},
                {"format": "cms_detached"},
                {"format": "raw", "kind": "login", "content": login_message()},
                {"status": RevokedAt(NOW + DAY, CERTIFICATE_HOLD), "status_at": NOW + 2 * DAY},
            )
        ],
        "archive": archives(),
    }


def _cmp(a: Authority) -> list[bytes]:
    """Returns answers to the message with `CMP_TRANSACTION` and `CMP_NONCE`."""
    poll = der.sequence(der.sequence(der.integer(-1), der.integer(60), der.sequence(der.utf8("人工审核"))))
    return [
        with_mac(
            body,
            transaction=CMP_TRANSACTION,
            nonce=CMP_NONCE,
            rounds=500,
            implicit=number == 0,
            extra=(a.issuing.der,) if number == 0 else (),
        )
        for number, body in enumerate(
            (
                cp(-1, status(0, text="ok"), a.leaf.der),
                cp(0, status(2, "badDataFormat", "统一社会信用代码与登记不符")),
                error(2, "badMessageCheck", "no"),
                (26, poll),
                (12, der.sequence(der.sequence(status(2, "certRevoked")))),
                (19, der.null()),
            )
        )
    ]


def _attributes() -> SignedAttributes:
    return attributes_of(
        digest=sm3(CONTENT), title="报关单", media_type="application/xml", size=len(CONTENT), lines=LINES
    )


def _cms(a: Authority, *, inside: bool, bound: bool) -> bytes:
    attributes = _attributes() if bound else None
    signature = a.leaf_key.sign(CONTENT if attributes is None else attributes.encode())
    return build_signed_data(
        content=CONTENT if inside else None,
        signature=signature,
        certificate=a.leaf,
        chain=[a.issuing, a.root],
        attributes=attributes,
    )


def main() -> None:
    """Writes the file."""
    made: dict[str, Any] = {
        kind: [base64.b64encode(each).decode() for each in inputs] for kind, inputs in _made().items()
    }
    _FILE.write_text(json.dumps(made, indent=1) + "\n", "ascii")


if __name__ == "__main__":
    main()
