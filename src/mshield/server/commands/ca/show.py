"""Certificates as the commands print them."""

import time
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from mshield.cli.parts.output import Output, table

if TYPE_CHECKING:
    from mshield.pki.certificates.certificate import Certificate


def certificate_data(kind: str, certificate: "Certificate") -> dict[str, object]:
    """Returns a certificate for `--json`; `kind` is its name in the database."""
    return {
        "kind": kind,
        "common_name": certificate.subject.common_name,
        "organisation": certificate.subject.organisation,
        "serial": f"{certificate.serial:040x}",
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "sha256": certificate.fingerprint().hex(),
        "pem": certificate.pem(),
    }


def certificate_lines(
    out: Output, certificates: list[tuple[str, "Certificate"]], revoked: AbstractSet[str] = frozenset()
) -> list[str]:
    """Returns a table of certificates with their fingerprints."""
    rows = [
        [
            kind,
            certificate.subject.common_name,
            out.pick("已吊销", "revoked")
            if kind in revoked
            else time.strftime("%Y-%m-%d", time.gmtime(certificate.not_after // 1000)),
            certificate.fingerprint().hex(),
        ]
        for kind, certificate in certificates
    ]
    return table(["", out.pick("名称", "name"), out.pick("有效期至", "until"), "SHA-256"], rows)
