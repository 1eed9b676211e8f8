"""`mshield verify FILE` for a certificate, revocation list or OCSP answer of others: content and signer."""

from collections.abc import Iterator
from typing import Final

import click

from mshield.cli.parts.output import Output, refusing
from mshield.cli.verify.foreign import ForeignCase, certificates_beside, ders, shown_name, trusted_roots
from mshield.cli.verify.foreign_files import Line, PartKind, Words, iso, masked
from mshield.client.verification import VerificationError, failing
from mshield.gm.engine import Engine, load_engine
from mshield.gm.errors import EngineUnavailable
from mshield.pki.asn1 import oids
from mshield.pki.errors import PkiError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.crl import ForeignCrl, parse_foreign_crl
from mshield.pki.foreign.ocsp import ForeignOcsp, ForeignSingle, parse_foreign_ocsp
from mshield.pki.foreign.p7_file import PART_LABELS, octets_of_file
from mshield.pki.foreign.private_texts import NAMES, private_texts
from mshield.pki.foreign.standalone import (
    KnownCertificates,
    Part,
    Verdict,
    verify_certificate,
    verify_crl,
    verify_ocsp,
)

_KINDS: Final[dict[PartKind, Words]] = {
    "certificate": ("证书", "certificate"),
    "crl": ("吊销列表", "revocation list"),
    "ocsp": ("OCSP 答复", "OCSP answer"),
}
_VERDICTS: Final[dict[Verdict, Words]] = {
    "valid": ("{0}可信，现在有效", "The {0} is trusted and in force"),
    "out_of_date": (
        "{0}的签名正确，根证书受信任，但现在不在有效时间内",
        "The {0} is correctly signed under a trusted root, but not in force now",
    ),
    "status_not_checked": (
        "{0}的根证书受信任，但没有检查它是否被撤销（--crl、--ocsp 或 --unchecked）",
        (
            "The {0} is signed under a trusted root, but nothing shows whether it was revoked "
            "(--crl, --ocsp or --unchecked)"
        ),
    ),
    "signer_not_established": (
        "{0}密码学上正确，签发者未确认：没有受信任的根证书（mshield trust add，或 --root）",
        (
            "The {0} is cryptographically correct, but its signer is not established: no trusted root leads to it "
            "(mshield trust add, or --root)"
        ),
    ),
    "signature_not_checked": (
        "没有核对{0}的签名：缺签发者的证书（--chain 或 --root）",
        "The signature of the {0} was not checked: its issuer's certificate is missing (--chain or --root)",
    ),
}
_USES: Final = (
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
    "cRLSign", "encipherOnly", "decipherOnly",
)  # fmt: skip
_PURPOSES: Final = {
    oids.SERVER_AUTH: "serverAuth", oids.CLIENT_AUTH: "clientAuth", oids.OCSP_SIGNING: "OCSPSigning",
    oids.TIME_STAMPING: "timeStamping", oids.DOCUMENT_SIGNING: "documentSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection", "1.3.6.1.4.1.311.20.2.2": "smartCardLogon",
}  # fmt: skip
_STATES: Final[dict[str, Words]] = {
    "good": ("正常", "good"),
    "revoked": ("已吊销", "revoked"),
    "unknown": ("不知道", "unknown"),
}
_MOST: Final = 20
"""Maximum number of list entries shown to people; JSON has all of them."""

Facts = dict[str, object]


def verify_part(out: Output, case: ForeignCase, kind: PartKind) -> None:
    """Verifies a part and prints the result.

    The exit code is 1 unless a trusted root leads to it and it is in force.
    """
    with refusing(out, PkiError, EngineUnavailable, VerificationError):
        engine = load_engine()
        with failing("input"):
            beside = certificates_beside(case)
            data, more = _octets(case)
            others = (*beside, *(parse_foreign_certificate(one) for one in more))
        known = KnownCertificates(others, trusted_roots(case), case.moment)
        part, facts, lines = _read(engine, kind, data, known, case)
    issuer, root, name = part.issuer, part.root, _KINDS[kind]
    out.data(
        {
            "verified": part.verdict == "valid",
            "verdict": part.verdict,
            "kind": kind,
            **facts,
            "signed_by": None if issuer is None else shown_name(issuer.subject),
            "root": None if root is None else {"name": root.name, "sha256": root.sha256, "read": root.how},
        },
        [
            out.pick(*(said.format(one) for said, one in zip(_VERDICTS[part.verdict], name, strict=True))),
            *(f"  {out.pick(*label)}: {out.pick(*said)}" for label, said in (*lines, *_signer_lines(part))),
        ],
    )
    if part.verdict != "valid":
        click.get_current_context().exit(1)


def _octets(case: ForeignCase) -> tuple[bytes, tuple[bytes, ...]]:
    """Returns the part to verify, and the certificates that follow it in a PEM file. Raises: PkiError."""
    data = case.file.read_bytes()
    if case.kind == "certificate" and data.lstrip().startswith(b"-----"):
        first, *more = ders(data)
        return first, tuple(more)
    return octets_of_file(data, PART_LABELS), ()


def _read(
    engine: Engine, kind: PartKind, data: bytes, known: KnownCertificates, case: ForeignCase
) -> tuple[Part, Facts, list[Line]]:
    if kind == "certificate":
        with failing("input"):
            certificate = parse_foreign_certificate(data)
        with failing("chain"):
            part = verify_certificate(
                engine, certificate, known, crls=case.crls, ocsp=case.ocsp, unchecked=case.unchecked
            )
        by = None if part.standing is None else part.standing.by
        return part, _certificate_facts(certificate) | {"revocation": by}, _certificate_lines(certificate)
    if kind == "crl":
        with failing("input"):
            crl = parse_foreign_crl(data)
        with failing("chain"):
            return verify_crl(engine, crl, known), _crl_facts(crl), _crl_lines(crl)
    with failing("input"):
        ocsp = parse_foreign_ocsp(data)
    with failing("chain"):
        return verify_ocsp(engine, ocsp, known), _ocsp_facts(ocsp), _ocsp_lines(ocsp)


def _certificate_facts(certificate: ForeignCertificate) -> Facts:
    values = certificate.values
    return {
        "subject": shown_name(certificate.subject),
        "issuer": shown_name(certificate.issuer),
        "serial": f"{certificate.serial:x}",
        "not_before": iso(certificate.not_before),
        "not_after": iso(certificate.not_after),
        "certificate_sha256": certificate.fingerprint().hex(),
        "ca": values.is_ca,
        "may_sign": certificate.may_sign,
        "key_usage": _uses(certificate),
        "purposes": None if values.purposes is None else list(values.purposes),
        "unknown_critical": list(values.unknown_critical),
        "crl_urls": list(values.crl_urls),
        "ocsp_urls": list(values.ocsp_urls),
        "private": {oid: masked(text) for oid, text in private_texts(certificate.extensions)},
    }


def _certificate_lines(certificate: ForeignCertificate) -> list[Line]:
    values = certificate.values
    uses = ", ".join(_uses(certificate) or ())
    purposes = ", ".join(_PURPOSES.get(oid, oid) for oid in values.purposes or ())
    return [
        (("主体", "subject"), _same(shown_name(certificate.subject))),
        (("签发者", "issuer"), _same(shown_name(certificate.issuer))),
        (("序列号", "serial"), _same(f"{certificate.serial:x}")),
        (("有效期", "life"), _same(f"{iso(certificate.not_before)} – {iso(certificate.not_after)}")),
        (("CA 证书", "CA"), ("是", "yes") if values.is_ca else ("否", "no")),
        (("密钥用途", "key usage"), _same(uses) if uses else ("没有写", "not said")),
        *([(("扩展用途", "purposes"), _same(purposes))] if purposes else []),
        *(
            (("看不懂的关键扩展项", "unknown critical extension"), _same(oid))
            for oid in values.unknown_critical
        ),
        *((("吊销列表地址", "revocation list at"), _same(url)) for url in values.crl_urls),
        *((("OCSP 地址", "OCSP at"), _same(url)) for url in values.ocsp_urls),
        *(
            (NAMES[oid] or _same(oid), _same(masked(text)))
            for oid, text in private_texts(certificate.extensions)
        ),
        (("证书 SHA-256", "certificate SHA-256"), _same(certificate.fingerprint().hex())),
    ]


def _uses(certificate: ForeignCertificate) -> list[str] | None:
    uses = certificate.values.key_usage
    if uses is None:
        return None
    return [_USES[bit] if bit < len(_USES) else str(bit) for bit in sorted(uses)]


def _crl_facts(crl: ForeignCrl) -> Facts:
    return {
        "issuer": shown_name(crl.issuer),
        "version": crl.version,
        "number": crl.number,
        "this_update": iso(crl.this_update),
        "next_update": iso(crl.next_update),
        "revoked": [
            {"serial": f"{one.serial:x}", "at": iso(one.at), "reason": one.reason}
            for one in crl.revoked.values()
        ],
    }


def _crl_lines(crl: ForeignCrl) -> list[Line]:
    count = len(crl.revoked)
    entries = [
        (("已吊销", "revoked"), (f"{one.serial:x}，{iso(one.at)}，原因 {one.reason}",
                              f"{one.serial:x}, {iso(one.at)}, reason {one.reason}"))
        for one in list(crl.revoked.values())[:_MOST]
    ]  # fmt: skip
    cut = [
        (("已吊销", "revoked"), (f"其余 {count - _MOST} 项见 --json", f"{count - _MOST} more with --json"))
    ]
    return [
        (("签发者", "issuer"), _same(shown_name(crl.issuer))),
        (("版本", "version"), _same(f"{crl.version}")),
        *([] if crl.number is None else [(("编号", "number"), _same(f"{crl.number}"))]),
        (("有效时间", "in force"), _same(f"{iso(crl.this_update)} – {iso(crl.next_update)}")),
        (("条目", "entries"), _same(f"{count}")),
        *entries,
        *(cut if count > _MOST else []),
    ]


def _ocsp_facts(ocsp: ForeignOcsp) -> Facts:
    return {
        "responder": ocsp.responder.hex(),
        "responder_by": "name" if ocsp.by_name else "key",
        "produced_at": iso(ocsp.produced_at),
        "statuses": [
            {
                "serial": f"{one.cert_id.serial:x}",
                "state": one.state,
                "this_update": iso(one.this_update),
                "next_update": None if one.next_update is None else iso(one.next_update),
                "revoked_at": None if one.revoked_at is None else iso(one.revoked_at),
                "reason": one.reason,
            }
            for one in ocsp.singles
        ],
    }


def _ocsp_lines(ocsp: ForeignOcsp) -> list[Line]:
    return [
        (("作出时间", "made at"), _same(iso(ocsp.produced_at))),
        *(line for one in ocsp.singles[:_MOST] for line in _status_lines(one)),
    ]


def _status_lines(one: ForeignSingle) -> Iterator[Line]:
    zh, en = _STATES[one.state]
    if one.revoked_at is not None:
        zh, en = (
            f"{zh}，{iso(one.revoked_at)}，原因 {one.reason}",
            f"{en}, {iso(one.revoked_at)}, reason {one.reason}",
        )
    yield ("证书", "certificate"), (f"{one.cert_id.serial:x}：{zh}", f"{one.cert_id.serial:x}: {en}")
    until = "…" if one.next_update is None else iso(one.next_update)
    yield ("有效时间", "in force"), _same(f"{iso(one.this_update)} – {until}")


def _signer_lines(part: Part) -> Iterator[Line]:
    issuer, root = part.issuer, part.root
    if issuer is None:
        yield ("签名", "signature"), ("没有核对", "not checked")
    else:
        name = shown_name(issuer.subject)
        yield ("签名", "signature"), (f"正确，{name}", f"right, by {name}")
    if root is None:
        yield ("受信任的根证书", "trusted root"), ("无", "none")
        return
    zh, en = ("严格读取", "read strictly") if root.how == "strict" else ("宽松读取", "read tolerantly")
    yield (
        ("受信任的根证书", "trusted root"),
        (f"{root.name} ({zh}), SHA-256 {root.sha256}", f"{root.name} ({en}), SHA-256 {root.sha256}"),
    )


def _same(text: str) -> Words:
    return text, text
