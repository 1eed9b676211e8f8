"""Writes what independent software needs to verify a signature, as plain files."""

from pathlib import Path

import httpx

from mshield.client import Result


def write_evidence(folder: Path, result: Result, content: bytes, origin: str) -> None:
    """root.pem issuing.pem leaf.pem message.bin signature.der signature.p7s crl.der root-crl.der ocsp.der, in `folder`.

    The signature is over attributes.der, which bind the content in message.bin. The revocation lists are fetched from
    the service's publication, all else comes from the result.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = result.documents[0]
    issuing, root = result.chain_pem
    files = {
        "root.pem": root.encode(),
        "issuing.pem": issuing.encode(),
        "leaf.pem": result.certificate_pem.encode(),
        "message.bin": content,
        "attributes.der": document.message,
        "signature.der": document.signature,
        "signature.p7s": document.cms,
        "crl.der": _fetch(f"{origin}/pki/issuing.crl"),
        "root-crl.der": _fetch(f"{origin}/pki/root.crl"),
        "ocsp.der": result.ocsp or b"",
    }
    for name, octets in files.items():
        (folder / name).write_bytes(octets)


def _fetch(url: str) -> bytes:
    answer = httpx.get(url, trust_env=False)
    answer.raise_for_status()
    return answer.content
