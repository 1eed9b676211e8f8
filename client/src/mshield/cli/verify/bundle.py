"""`mshield verify BUNDLE`: verifies every part of an evidence bundle, and reports what was checked and how."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import msgspec

from mshield.cli.parts.drawn_lines import drawn_lines
from mshield.cli.parts.output import Output, refusing, shown_time
from mshield.cli.verify.foreign import trust_list
from mshield.cli.verify.in_archive import InArchive
from mshield.cli.verify.time_stamps import stamp_lines, stamps_data
from mshield.client.errors import ClientError
from mshield.client.evidence.verify import LaterStatus, Now, VerifiedEvidence, read_evidence, verify_evidence
from mshield.pki.errors import PkiError
from mshield.pki.signatures.display import Pages
from mshield.wire import shield_number


def verify_bundle(
    out: Output,
    data: bytes,
    *,
    archive: InArchive | None,
    content: bytes | None,
    roots: tuple[bytes, ...],
    log_keys: tuple[str, ...],
    witness_keys: tuple[str, ...],
    tsa_roots: tuple[bytes, ...],
    trust: Path | None,
    display_oids: tuple[str, ...],
    crls: tuple[bytes, ...],
    at: datetime | None,
    credit_code: str | None,
    name: str | None,
) -> None:
    """Verifies a bundle; `archive` is set if it was built from an archive file.

    Without a named root or log key those of the bundle are used: this only shows that the bundle is
    consistent, which anybody's bundle is, so the exit code is 1. It is 1 too without the document, which neither
    the bundle nor the caller may have.
    """
    with refusing(out, ClientError, PkiError):
        listed = trust_list(trust)
        evidence = read_evidence(data)
        verified = verify_evidence(
            evidence,
            roots=roots or (evidence.chain_pem[-1],),
            log_keys=log_keys or (evidence.log.key,),
            witness_keys=witness_keys,
            tsa_roots=(*tsa_roots, *(root.der for root in listed.tsa_roots if root.how == "tolerant")),
            tsa_strict_roots=[root.der for root in listed.tsa_roots if root.how == "strict"],
            tsa_waived=[bytes.fromhex(one.sha256) for one in listed.tsa_waived],
            display_oids=display_oids,
            crl=crls,
            at=at,
            content=content,
            expected_credit_code=credit_code,
            expected_name=name,
            archived=archive is not None,
        )
    trusted = {"root": bool(roots), "log": bool(log_keys)}
    data_shown, lines = _data(verified, trusted), _lines(out, verified, trusted, is_file=content is not None)
    if archive is not None:
        data_shown["archive"] = archive.shown()
        lines = [_archive_line(out, archive), *lines]
    out.data(data_shown, lines)
    if _missing(verified, trusted):
        click.get_current_context().exit(1)


def _missing(verified: VerifiedEvidence, trusted: dict[str, bool]) -> list[str]:
    """Returns what a complete verification still needs: `root`, `log_key`, `content`."""
    given = {
        "root": trusted["root"],
        "log_key": trusted["log"],
        "content": verified.content is not None,
    }
    return [name for name, is_given in given.items() if not is_given]


def _archive_line(out: Output, archive: InArchive) -> str:
    where = f"{archive.file.name}, {archive.request_id}, {archive.document}"
    return out.pick(f"来自归档  {where}", f"from the archive  {where}")


def _data(verified: VerifiedEvidence, trusted: dict[str, bool]) -> dict[str, object]:
    evidence, signature = verified.evidence, verified.signature
    missing = _missing(verified, trusted)
    return {
        "verified": not missing,
        "missing": missing,
        "request_id": evidence.request.id,
        "kind": evidence.request.kind,
        "client_id": evidence.request.business_system.client_id,
        "format": evidence.document.format,
        "title": evidence.document.title,
        "digest_sm3": evidence.document.digest_sm3,
        "content_checked": verified.content is not None,
        "display_bound": verified.display_bound,
        "shown": _display_data(verified, trusted),
        "name": signature.name,
        "organisation": signature.organisation,
        "role": signature.role,
        "credit_code": signature.credit_code,
        "holder": _holder(verified),
        "serial": f"{signature.serial:x}",
        "signed_at": verified.signed_at.isoformat(),
        "status_at": verified.status_at.isoformat(),
        "later": _later(verified.later),
        "ca_later": _later(verified.ca_later),
        "now": _now(verified.now),
        "ca_now": _now(verified.ca_now),
        "time": {"at": verified.time.at.isoformat(), "by": verified.time.by},
        "time_stamps": stamps_data(verified.time_stamps),
        "root_sha256": signature.issuers[-1].fingerprint().hex(),
        "root_named": trusted["root"],
        "log_key": evidence.log.key,
        "log_key_named": trusted["log"],
        "log_index": evidence.log.index,
        "log_size": verified.checkpoint.size,
        "log_time": None
        if verified.log_time is None
        else {"at": verified.log_time.at.isoformat(), "by": verified.log_time.by},
        "log_time_stamps": stamps_data(verified.log_stamps),
        "tells_parts": verified.tells_parts,
        "witnesses": [{"witness": one.witness, "at": one.at} for one in verified.witnesses],
    }


def _holder(verified: VerifiedEvidence) -> dict[str, str | None]:
    holder = verified.holder
    return {"shield_number": holder.shield_number, "id_number_masked": holder.id_number_masked}


def _holder_lines(out: Output, verified: VerifiedEvidence, trusted: dict[str, bool]) -> Iterator[str]:
    """Yields lines about the holder's shield; the log's entry covers it, if that log is trusted."""
    pick, holder = out.pick, verified.holder
    label = pick("手机盾", "shield")
    by = (
        pick("与透明日志记下的一致", "as recorded in the log")
        if trusted["log"]
        else pick("服务所称，未经签名", "not signed, only the service's claim")
    )
    parsed = shield_number.parse_number(holder.shield_number)
    yield f"  {label}: {(parsed and shield_number.display_number(parsed)) or holder.shield_number} ({by})"
    number = holder.id_number_masked or pick("证据里没有", "not stated")
    yield f"  {pick('证件号码', 'id number')}: {number} ({by})"


def _display_data(verified: VerifiedEvidence, trusted: dict[str, bool]) -> dict[str, object] | None:
    """Returns what the phone showed, null for a login; `drawn` is the SM3 of the drawn lines."""
    shown, registered_at = verified.shown, _registered_at(verified, trusted)
    if shown.confirmed is None:
        return None
    view = shown.view
    return {
        "view": None
        if view is None
        else {
            "id": view.id,
            "version": view.version,
            "digest": view.digest.hex(),
            "registration": "not_proven" if registered_at is None else "proven",
            "registered_at": None if registered_at is None else registered_at.isoformat(),
        },
        "drawn": None if shown.drawn is None else shown.drawn.digest.hex(),
        "confirmed": shown.confirmed,
        "pages": None if shown.pages is None else msgspec.to_builtins(shown.pages),
        "mismatch": shown.compared is not None and shown.compared.mismatch,
        "lost": shown.is_lost,
    }


def _registered_at(verified: VerifiedEvidence, trusted: dict[str, bool]) -> datetime | None:
    """Returns the registration time of the view; None if no trusted log proves it."""
    return verified.view_registered_at if trusted["log"] else None


def _registration(out: Output, at: datetime | None) -> str:
    if at is None:
        return out.pick(
            "证据没有证明：签名之前，这条展示规则已由这个业务系统登记。可向透明日志核对",
            "not proven by the bundle: that this view was registered for the business system before the signature; "
            "the log tells",
        )
    return out.pick(
        f"透明日志证明：这条展示规则于 {at.isoformat()} 由两人为这个业务系统登记",
        f"as the log proves, this view was registered for the business system on {at.isoformat()}",
    )


def _shown_lines(out: Output, verified: VerifiedEvidence, trusted: dict[str, bool]) -> Iterator[str]:
    """Yields the drawn lines, and what the phone reported in addition, which the signature doesn't cover."""
    pick, shown = out.pick, verified.shown
    view = shown.view
    label = pick("手机展示", "the phone showed")
    if shown.confirmed is None:
        return
    if shown.is_lost:
        yield f"  {label}: " + pick("不能再现", "what was shown can't be reproduced")
    elif view is not None:
        yield f"  {label}: {view.id} {view.version}"
        yield f"  {_registration(out, _registered_at(verified, trusted))}"
    else:
        yield f"  {label}: " + pick("没有展示规则，内容如上", "the content itself, without a view")
    if shown.compared is not None and shown.compared.mismatch:
        differs = pick(
            "业务系统的说明与内容不一致", "the business system's description differs from the content"
        )
        yield f"  {differs}"
    if shown.confirmed != "none":
        what = {"mismatch": pick("不一致仍要签名", "to sign despite the difference")}
        confirmed = what.get(
            shown.confirmed, pick("没有看完仍要签名", "to sign without having seen all of it")
        )
        by = pick("手机和服务所称", "claimed by phone and service")
        yield f"  {pick('签名人确认', 'the person confirmed')}: {confirmed} ({by})"
    if shown.confirmed == "unread" and view is None:
        yield f"  {pick('手机显示过的页', 'pages shown on the screen')}: {_pages(out, shown.pages)}"
    if shown.drawn is not None:
        yield ""
        yield from drawn_lines(out, shown.drawn.answer)


def _pages(out: Output, pages: Pages | None) -> str:
    if pages is None:
        return out.pick("没有说明", "not stated")
    spans = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in pages.shown)
    return out.pick(
        f"共 {pages.count} 页，显示过 {spans or '0 页'}（手机和服务所称）",
        f"{spans or 'none'} of {pages.count} (claimed by phone and service)",
    )


def _later(later: LaterStatus | None) -> dict[str, int] | None:
    return None if later is None else {"at": later.at, "reason": later.reason}


def _now(now: Now) -> dict[str, int] | str | None:
    return _later(now) if isinstance(now, LaterStatus) else now


def _headline(out: Output, verified: VerifiedEvidence, trusted: dict[str, bool]) -> str:
    if _missing(verified, trusted) == ["content"]:
        return out.pick(
            "未核对完：签名对摘要成立，但没有原文，无法核对签了什么。请用 --message 给出原文",
            "Incomplete: the signature fits the digest, but the document is missing. Give it by --message",
        )
    if all(trusted.values()):
        if verified.ca_later or isinstance(verified.ca_now, LaterStatus):
            return out.pick(
                "签名有效，签发机构后来被吊销",
                "The signature is valid; the issuing CA was revoked afterwards",
            )
        return out.pick("证据有效", "The evidence is valid")
    options = " ".join(
        option for option, named in (("--root", trusted["root"]), ("--log-key", trusted["log"])) if not named
    )
    return out.pick(
        f"未能确认：证据自身前后一致，但谁都可以造出这样的证据。请用 {options} 指定您信任的",
        "Not established: the bundle is consistent, but anybody can make such a bundle. "
        f"Name what you trust: {options}",
    )


def _time(out: Output, verified: VerifiedEvidence) -> str:
    """Returns the signing time and its source."""
    time = verified.time
    by = {
        "outside": out.pick("第三方时间戳", "a third party's time stamp"),
        "own": out.pick("服务自己的时间戳，不是第三方", "the service's own time stamp, not a third party's"),
        "service": out.pick(
            "签名服务的时钟，没有独立的时间戳", "the service's clock, no independent time stamp"
        ),
    }[time.by]
    return f"{time.at.isoformat()} ({by})"


def _parts(out: Output, verified: VerifiedEvidence) -> str:
    """Returns whether the log tells which time stamps, content and status belong to the bundle."""
    if verified.tells_parts:
        return out.pick("日志已签名，没有取走或替换", "signed by the log, none taken away or exchanged")
    return out.pick(
        "证据没有说明（没有日志对整份证据的签名）", "doesn't tell (not signed by the log as a whole)"
    )


def _log_time(out: Output, verified: VerifiedEvidence) -> str:
    """Returns the latest time by which the log had the entry, from a time stamp on its checkpoint."""
    time = verified.log_time
    if time is None:
        return out.pick("检查点没有时间戳", "no time stamp on the checkpoint")
    by = {
        "outside": out.pick("检查点上的第三方时间戳", "a third party's time stamp on the checkpoint"),
        "own": out.pick(
            "检查点上服务自己的时间戳，不是第三方",
            "the service's own time stamp on the checkpoint, not a third party's",
        ),
    }[time.by]
    return f"{time.latest.isoformat()} ({by})"


def _lines(out: Output, verified: VerifiedEvidence, trusted: dict[str, bool], *, is_file: bool) -> list[str]:
    pick, evidence, signature = out.pick, verified.evidence, verified.signature
    status_at = verified.status_at.isoformat()
    system = evidence.request.business_system
    signed = pick("已由签名绑定", "bound by the signature")
    logged = pick("与透明日志记下的一致", "as recorded in the log")
    asker = signed if evidence.request.kind == "login" else logged
    by = {
        True: pick("由您指定", "named by you"),
        False: pick("取自证据本身，请核对", "from the bundle: check it"),
    }
    if verified.content is None:
        content = pick("未提供，只核对了摘要", "not given, only its digest was compared")
    elif is_file:
        content = pick("与所给文件一致", "the given file")
    else:
        content = pick("在证据内", "in the bundle")
    return [
        _headline(out, verified, trusted),
        f"  {pick('签名人', 'signer')}: {signature.name} ({signature.role})",
        f"  {pick('企业', 'enterprise')}: {signature.organisation} {signature.credit_code or ''}".rstrip(),
        *_holder_lines(out, verified, trusted),
        f"  {pick('证书序列号', 'serial')}: {signature.serial:x}",
        f"  {pick('文件', 'document')}: {evidence.document.title} ({evidence.document.format})",
        f"  {pick('内容', 'content')}: {content}; SM3 {evidence.document.digest_sm3}",
        f"  {pick('显示内容', 'display')}: " + (signed if verified.display_bound else logged),
        f"  {pick('业务系统', 'business system')}: {system.name} {system.domain} ({asker})",
        f"  {pick('签名时间', 'signed at')}: {_time(out, verified)}",
        *stamp_lines(out, verified.time_stamps),
        f"  {pick('证书状态', 'status')}: {pick('签名时有效', 'good when signed')}, OCSP {status_at}",
        *_now_lines(out, verified),
        f"  {pick('透明日志', 'log')}: {verified.checkpoint.origin} #{evidence.log.index} / {verified.checkpoint.size}",
        f"  {pick('日志时间', 'in the log by')}: {_log_time(out, verified)}",
        f"  {pick('证据的组成', 'parts of the bundle')}: {_parts(out, verified)}",
        *(f"  {pick('见证', 'witness')}: {one.witness} {shown_time(one.at)}" for one in verified.witnesses),
        f"  {pick('根证书', 'root')} SHA-256: {signature.issuers[-1].fingerprint().hex()} ({by[trusted['root']]})",
        f"  {pick('日志公钥', 'log key')}: {evidence.log.key} ({by[trusted['log']]})",
        *_shown_lines(out, verified, trusted),
    ]


def _now_lines(out: Output, verified: VerifiedEvidence) -> Iterator[str]:
    """Yields the present status of the signer's certificate and of its issuer's, as far as known."""
    pick = out.pick
    for who, then, now in (
        (pick("证书", "certificate"), verified.later, verified.now),
        (pick("签发机构", "issuing CA"), verified.ca_later, verified.ca_now),
    ):
        if now == "good":
            yield f"  {who}: {pick('现在有效，依据所给吊销列表', 'good now, by the given list')}"
        later = now if isinstance(now, LaterStatus) else then
        if later is not None:
            since = datetime.fromtimestamp(later.at / 1000, verified.signed_at.tzinfo).isoformat()
            ended = pick("签名之后作废或挂起", "revoked or put on hold after the signature")
            yield f"  {who}: {ended}, {since}, {pick('原因', 'reason')} {later.reason}"
