"""`mshield verify FILE` for a separate time stamp: which digest existed when, and by which authority."""

from collections.abc import Iterator
from typing import Final

import click

from mshield.cli.parts.output import Output, refusing
from mshield.cli.verify.foreign import ForeignCase, ders, shown_name, trust_list
from mshield.cli.verify.foreign_files import Words, iso
from mshield.client.verification import VerificationError
from mshield.gm.engine import load_engine
from mshield.gm.errors import EngineUnavailable
from mshield.pki.errors import PkiError
from mshield.pki.timestamps.certificate import TsaCertificate
from mshield.pki.timestamps.file import read_stamp_file
from mshield.pki.timestamps.foreign import parse_any_tsa_certificate
from mshield.pki.timestamps.standalone import Verdict, check_stamp
from mshield.pki.timestamps.token import TimeStampToken
from mshield.pki.timestamps.trusted import tsa_trust_of

_VERDICTS: Final[dict[Verdict, Words]] = {
    "valid": ("时间戳有效，盖在这份原文上", "The time stamp is valid, and covers this content"),
    "data_not_given": (
        "时间戳正确，机构受信任，但没有给出原文：只说明下面的摘要当时已经存在（--content）",
        (
            "The time stamp is valid, from a trusted authority, and covers the digest below; "
            "the data was not given (--content)"
        ),
    ),
    "signer_not_established": (
        "密码学上正确，时间戳机构未确认：没有受信任的时间戳根证书（mshield trust add --as tsa-root，或 --tsa-root）",
        (
            "Cryptographically correct, but the signer is not established: no trusted root leads to it "
            "(--tsa-root, mshield trust)"
        ),
    ),
}
_ALGORITHMS: Final = {"sm2": "SM2, SM3", "p256": "ECDSA P-256, SHA-256"}


def verify_stamp(out: Output, case: ForeignCase) -> None:
    """Verifies a time stamp and prints the result.

    The exit code is 1 unless a trusted root leads to it, and it is for the given content.
    """
    with refusing(out, PkiError, EngineUnavailable, VerificationError):
        engine = load_engine()
        roots = tuple(parse_any_tsa_certificate(data) for one in case.tsa_roots for data in ders(one))
        listed = trust_list(case.trust)
        trust = tsa_trust_of(listed, roots)
        token = read_stamp_file(case.file.read_bytes())
        stamp, verdict = check_stamp(engine, token, data=case.content, trust=trust, now=case.moment)
    names = {root.sha256: root.name for root in listed.tsa_roots}
    root = stamp.root
    name = None if root is None else names.get(root.sha256().hex(), "--tsa-root")
    shown = _data(token, verdict, has_data=case.content is not None)
    trusted = None if root is None else {"name": name, "sha256": root.sha256().hex()}
    lines = _lines(out, token, verdict, root, name, has_data=case.content is not None)
    out.data(shown | {"root": trusted}, lines)
    if verdict != "valid":
        click.get_current_context().exit(1)


def _data(token: TimeStampToken, verdict: Verdict, *, has_data: bool) -> dict[str, object]:
    info, signer = token.info, token.signer
    return {
        "verified": verdict == "valid",
        "verdict": verdict,
        "kind": "time_stamp",
        "arc": token.arc,
        "at": iso(info.at),
        "accuracy_us": info.accuracy,
        "policy": info.policy,
        "imprint_algorithm": info.hash,
        "imprint": info.digest.hex(),
        "content_compared": has_data,
        "stamp_serial": f"{info.serial:x}",
        "nonce": None if info.nonce is None else f"{info.nonce:x}",
        "authority": shown_name(signer.subject),
        "issuer": shown_name(signer.issuer),
        "serial": f"{signer.serial:x}",
        "not_before": iso(signer.not_before),
        "not_after": iso(signer.not_after),
        "certificate_sha256": signer.sha256().hex(),
        "read": "strict" if signer.is_strict else "tolerant",
        "profile": signer.profile,
    }


def _lines(
    out: Output,
    token: TimeStampToken,
    verdict: Verdict,
    root: TsaCertificate | None,
    name: str | None,
    *,
    has_data: bool,
) -> Iterator[str]:
    pick, info, signer = out.pick, token.info, token.signer
    yield pick(*_VERDICTS[verdict])
    yield f"  {pick('时间', 'time')}: {iso(info.at)}"
    accuracy = pick("没有写", "not said") if info.accuracy is None else f"± {_seconds(info.accuracy)} s"
    yield f"  {pick('精度', 'accuracy')}: {accuracy}"
    yield f"  {pick('策略', 'policy')}: {info.policy}"
    yield f"  {pick('摘要', 'imprint')}: {info.hash.upper()} {info.digest.hex()}"
    compared = pick("与给出的相同", "matches the given data") if has_data else pick("没有给出", "not given")
    yield f"  {pick('原文', 'content')}: {compared}"
    yield f"  {pick('时间戳编号', 'serial number of the stamp')}: {info.serial:x}"
    arc = "GB/T 35275" if token.arc == "gb" else "RFC 5652"
    yield f"  {pick('格式', 'format')}: RFC 3161, {arc}, {_ALGORITHMS[signer.profile]}"
    yield f"  {pick('证书里的时间戳机构', 'authority according to the certificate')}: {shown_name(signer.subject)}"
    yield f"  {pick('签发者', 'issuer')}: {shown_name(signer.issuer)}"
    yield f"  {pick('证书序列号', 'serial')}: {signer.serial:x}"
    yield f"  {pick('有效期', 'life')}: {iso(signer.not_before)} – {iso(signer.not_after)}"
    how = pick("严格", "strictly") if signer.is_strict else pick("宽松", "tolerantly")
    yield f"  {pick('证书的读法', 'certificate read')}: {how}, SHA-256 {signer.sha256().hex()}"
    trusted = pick("无", "none") if root is None else f"{name}, SHA-256 {root.sha256().hex()}"
    yield f"  {pick('受信任的时间戳根证书', 'trusted root of time stamps')}: {trusted}"
    yield f"  {pick('证书状态', 'status by')}: {pick('未检查', 'not checked')}"


def _seconds(microseconds: int) -> str:
    whole, rest = divmod(microseconds, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
