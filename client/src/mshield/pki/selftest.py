"""Runs a folder of vectors of foreign formats: each case of its `index.json` by the rules of its kind."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, get_args

from mshield.gm.engine import Engine
from mshield.gm.errors import GmError
from mshield.gm.selftest import Report
from mshield.gm.sm3 import sm3
from mshield.pki.errors import PkiError, TimeStampError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.crl import parse_foreign_crl, require_crl_of
from mshield.pki.foreign.ocsp import foreign_status, parse_foreign_ocsp
from mshield.pki.foreign.p7 import verify_p7
from mshield.pki.foreign.path import require_foreign_issued
from mshield.pki.foreign.pdf import verify_pdf
from mshield.pki.foreign.xml import verify_xml
from mshield.pki.signatures.ambiguous import ambiguity
from mshield.pki.timestamps.algorithms import Hash, hashed
from mshield.pki.timestamps.certificate import parse_tsa_certificate
from mshield.pki.timestamps.request import TimeStampRequest
from mshield.pki.timestamps.response import token_of
from mshield.pki.timestamps.verify import TsaTrust, verify_answer
from mshield.pki.xml.canonical import require_canonical
from mshield.pki.xml.making import signed_info

Files = Callable[[str], bytes]
"""Reads a file of the folder by its name; raises OSError if it doesn't exist."""

Facts = dict[str, object]
"""Facts read from an accepted case, as JSON values; the Python and TypeScript readers must agree on them."""

_COMPARED: Final = ("m", "status", "usage")


class NotVectors(ValueError):
    """The folder's `index.json` can't be read as format vectors."""


class Refused(Exception):
    """The rules refuse this case; the text gives the reason."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Environment for checking cases: `is_login` detects login messages, `at` (ms) is the vectors' moment.

    `number` is the pattern of a shield number, which an XML signature may use as its key name.
    """

    engine: Engine
    files: Files
    is_login: Callable[[bytes], bool]
    number: str
    at: int = 0


def run(bench: Bench) -> Report:
    """Runs all cases. An unsupported kind or a faulty case counts as a failure.

    Raises: NotVectors if the folder has no usable index.
    """
    try:
        index = json.loads(bench.files("index.json"))
        cases, bench = index["vectors"], replace(bench, at=_ms(index["at"]))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise NotVectors(f"index.json can't be read: {error}") from error
    if not isinstance(cases, list) or not cases:
        raise NotVectors("index.json has no vectors")
    reasons = ((case, _reason(bench, case)) for case in cases)
    failures = tuple(f"{_name(case)}: {reason}" for case, reason in reasons if reason is not None)
    return Report(len(cases) - len(failures), len(failures), failures)


def facts_of(bench: Bench, case: Mapping[str, Any]) -> Facts:
    """Returns the facts of an accepted case.

    Raises: Refused, LookupError (unsupported kind, or a missing field of the case).
    """
    read = KINDS[case["kind"]]
    try:
        return read(bench, case)
    except (PkiError, GmError) as error:
        raise Refused(f"{error.code}: {error}") from error


def _reason(bench: Bench, case: Mapping[str, Any]) -> str | None:
    """Returns why a case failed, or None if it passed."""
    try:
        if case["kind"] not in KINDS:
            return f"kind {case['kind']!r} is not supported"
        facts = facts_of(bench, case)
    except Refused as refused:
        return None if case["expect"] == "refuse" else f"refused: {refused}"
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"a faulty case: {error!r}"
    if case["expect"] != "accept":
        return "accepted"
    other = {name: facts.get(name) for name in _COMPARED if name in case and facts.get(name) != case[name]}
    return f"accepted with other facts: {other}" if other else None


def _name(case: object) -> str:
    return str(case.get("file", "a case")) if isinstance(case, Mapping) else "a case"


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp()) * 1000


def _certificate(bench: Bench, name: str) -> ForeignCertificate:
    return parse_foreign_certificate(bench.files(name))


def _certificate_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    certificate = _certificate(bench, case["file"])
    require_foreign_issued(bench.engine, certificate, _certificate(bench, case["issuer"]))
    return {
        "serial": str(certificate.serial),
        "subject": [list(pair) for pair in certificate.subject.attributes],
        "life": [certificate.not_before, certificate.not_after],
        "crls": list(certificate.values.crl_urls),
        "usage": _usage(certificate),
    }


def _usage(certificate: ForeignCertificate) -> str:
    if certificate.values.unknown_critical:
        return "no-path"
    return "signing" if certificate.may_sign else "not-for-signing"


def _crl_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    crl = parse_foreign_crl(bench.files(case["file"]))
    require_crl_of(bench.engine, crl, _certificate(bench, case["issuer"]))
    revoked = [[str(entry.serial), entry.at, entry.reason] for entry in crl.revoked.values()]
    return {"revoked": revoked, "updates": [crl.this_update, crl.next_update]}


def _ocsp_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    single = foreign_status(
        bench.engine,
        parse_foreign_ocsp(bench.files(case["file"])),
        certificate=_certificate(bench, case["certificate"]),
        issuer=_certificate(bench, case["issuer"]),
        at=_ms(case["at"]),
    )
    return {"status": single.state, "updates": [single.this_update, single.next_update]}


def _p7_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    seen = verify_p7(
        bench.engine,
        bench.files(case["file"]),
        content=bench.files(case["content"]) if "content" in case else None,
        beside=[_certificate(bench, case["certificate"])] if "certificate" in case else [],
        form=case["form"],
    )
    if seen.certificate.values.unknown_critical:
        raise Refused("an unknown critical extension")
    require_foreign_issued(bench.engine, seen.certificate, _certificate(bench, case["issuer"]))
    return {
        "arc": seen.arc,
        "attributes": seen.attributes,
        "detached": seen.detached,
        "algorithm": seen.algorithm,
        "raw_value": seen.raw_value,
        "signing_time": seen.signing_time,
        "certificate": seen.certificate.fingerprint().hex(),
        "m": base64.b64encode(seen.message).decode(),
    }


def _raw_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    content = bench.files(case["file"])
    seen = "login" if bench.is_login(content) else ambiguity(content)
    if seen is not None:
        raise Refused(seen)
    return {}


def _canonical_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    content = bench.files(case["file"])
    require_canonical(content)
    return {"m": base64.b64encode(signed_info(content, sm3(content))).decode()}


def _xml_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    seen = verify_xml(bench.engine, bench.files(case["file"]), number=bench.number)
    if seen.certificate.values.unknown_critical:
        raise Refused("an unknown critical extension")
    require_foreign_issued(bench.engine, seen.certificate, _certificate(bench, case["issuer"]))
    return {
        "key_name": seen.key_name,
        "method": seen.method,
        "certificate": seen.certificate.fingerprint().hex(),
        "content": base64.b64encode(seen.content).decode(),
        "m": base64.b64encode(seen.message).decode(),
    }


def _pdf_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    seen = verify_pdf(bench.engine, bench.files(case["file"]))
    certificate = seen.p7.certificate
    if certificate.values.unknown_critical:
        raise Refused("an unknown critical extension")
    require_foreign_issued(bench.engine, certificate, _certificate(bench, case["issuer"]))
    return {
        "subfilter": seen.subfilter,
        "gap": list(seen.gap),
        "arc": seen.p7.arc,
        "certificate": certificate.fingerprint().hex(),
        "m": base64.b64encode(seen.p7.message).decode(),
    }


def _tsp_facts(bench: Bench, case: Mapping[str, Any]) -> Facts:
    data, name = bench.files(case["data"]), case["hash"]
    if name not in get_args(Hash):
        raise TimeStampError("weak_hash", "neither SM3 nor SHA-256")
    trust = TsaTrust([parse_tsa_certificate(bench.files(root)) for root in case["roots"]])
    request = TimeStampRequest(
        hash=name, digest=hashed(name, data), policy=case["policy"], nonce=int(case["nonce"])
    )
    token = token_of(bench.files(case["file"]))
    stamp = verify_answer(bench.engine, token, request, data=data, trust=trust, now=bench.at + _DAY)
    return {"time": stamp.info.at, "serial": str(stamp.info.serial)}


_DAY: Final = 24 * 3_600_000
"""One day in ms: the vectors' time stamps fall into the day that begins at their moment."""

KINDS: Final[dict[str, Callable[[Bench, Mapping[str, Any]], Facts]]] = {
    "canonical": _canonical_facts,
    "certificate": _certificate_facts,
    "crl": _crl_facts,
    "ocsp": _ocsp_facts,
    "p7": _p7_facts,
    "pdf": _pdf_facts,
    "raw": _raw_facts,
    "tsp": _tsp_facts,
    "xml": _xml_facts,
}
"""Supported kinds of cases, each with its checks."""
