"""Regenerates the certificates of the page verifier's test of paths: `python -m tests.support.cross_fixture`."""

import base64
import json
from pathlib import Path
from typing import Final

from mshield.pki.certificates.issue import issue_intermediate, self_signed_root
from tests.unit.pki.authority import NOW, POLICY, ROOT_URLS, YEAR, authority, ca_name, new_key, new_serial

FILE: Final = Path(__file__).parents[2] / "frontend/packages/verify/test/cross.json"


def main() -> None:
    """Writes a leaf, its CA's certificates by two roots, and the roots (DER in base64)."""
    a = authority()
    key = new_key(a.engine)
    times = {"not_before": NOW - YEAR, "not_after": NOW + 9 * YEAR}
    other = self_signed_root(signer=key, serial=new_serial(), subject=ca_name("另一根 CA"), **times)
    cross = issue_intermediate(
        signer=key,
        issuer=other,
        serial=new_serial(),
        subject=a.issuing.subject,
        public=a.issuing.public_key,
        urls=ROOT_URLS,
        policy_oid=POLICY,
        **times,
    )
    made = {"leaf": a.leaf, "issuing": a.issuing, "root": a.root, "cross": cross, "other": other}
    values = {name: base64.b64encode(one.der).decode() for name, one in made.items()} | {"now": NOW}
    FILE.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
