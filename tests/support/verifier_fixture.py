"""Regenerates the data of the page verifier's unit tests: `python -m tests.support.verifier_fixture`.

Everything is made by the tests' own authority, at a fixed time; keys and serial numbers are new each time.
"""

import base64
import json
from pathlib import Path
from typing import Final

from mshield.gm.sm3 import sm3
from mshield.pki.revocation.crl import KEY_COMPROMISE
from mshield.pki.revocation.ocsp import Good, RevokedAt
from mshield.pki.signatures.cms import build_signed_data
from tests.support.signed_data import attributes_of
from tests.unit.client.bundle import CONTENT, LINES, SIGNED_AT, VKEY, Maker
from tests.unit.client.statuses import ocsp
from tests.unit.pki.authority import NOW, authority

FILE: Final = Path(__file__).parents[2] / "frontend/packages/verify/test/signed.json"


def main() -> None:
    """Writes the file, with bytes in base64 and times in ms."""
    a = authority()
    attributes = attributes_of(
        digest=sm3(CONTENT), title="报关单", media_type="application/xml", size=len(CONTENT), lines=LINES
    )
    detached = build_signed_data(
        content=None,
        signature=a.leaf_key.sign(attributes.encode()),
        certificate=a.leaf,
        chain=[a.issuing],
        attributes=attributes,
    )
    values = {
        "content": CONTENT,
        "bundle": Maker(a).made().encode(),
        "digest_bundle": Maker(a, format="cms_detached", with_content=False).made().encode(),
        "detached": detached,
        "signature": a.leaf_key.sign(CONTENT).to_der(),
        "leaf": a.leaf.der,
        "issuing": a.issuing.der,
        "root": a.root.der,
        "crl": a.crl(),
        "root_crl": a.root_crl(),
        "ocsp": ocsp(a, a.leaf, Good(), at=NOW),
        "revoked": ocsp(a, a.leaf, RevokedAt(NOW - 1000, KEY_COMPROMISE), at=NOW),
    }
    times = {"log_key": str(VKEY), "now": NOW, "signed_at": SIGNED_AT}
    encoded = {name: base64.b64encode(data).decode() for name, data in values.items()}
    FILE.write_text(json.dumps(encoded | times, indent=2, sort_keys=True) + "\n", "ascii")


if __name__ == "__main__":
    main()
