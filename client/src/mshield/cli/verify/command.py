"""`mshield verify`: verifies a signature offline: a bundle, a foreign file, a folder, or files given by options.

An evidence folder holds the files written by `make demo`: message.bin, attributes.der, signature.der (or
signature.p7s), leaf.pem, issuing.pem, root.pem, crl.der, root-crl.der, ocsp.der.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import click

from mshield.cli.parts.output import Output, output_options, refusing
from mshield.cli.parts.with_service import service_module
from mshield.cli.verify.bundle import verify_bundle
from mshield.cli.verify.foreign import ForeignCase
from mshield.cli.verify.foreign_command import require_options, verify_file_of_others
from mshield.cli.verify.foreign_files import other_kind
from mshield.cli.verify.in_archive import InArchive, in_archive
from mshield.cli.verify.time_stamps import stamp_lines, stamps_data
from mshield.client.errors import ClientError
from mshield.client.verification import VerifiedSignature
from mshield.client.verify import verify, verify_cms
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.pki.errors import PkiError
from mshield.pki.revocation.crl import parse_crl
from mshield.pki.revocation.ocsp import parse_ocsp_response

_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_EVIDENCE: Final = click.Path(exists=True, readable=True, path_type=Path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """Inputs of one verification, as bytes; either `signature` with `certificate`, or `cms`."""

    message: bytes | None
    digest: bytes | None
    signature: bytes | None
    certificate: bytes | None
    cms: bytes | None
    chain: tuple[bytes, ...]
    roots: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsp: bytes | None
    tsa_roots: tuple[bytes, ...] = ()
    display_oids: tuple[str, ...] = ()


@click.command()
@click.argument("evidence", type=_EVIDENCE, required=False)
@click.option(
    "--message",
    "--content",
    type=_FILE,
    help=(
        "The signed message, byte for byte; for a bundle or P7, the document's content; for a "
        "time stamp, its data."
    ),
)
@click.option(
    "--form",
    type=click.Choice(["content", "digest"]),
    default="content",
    show_default=True,
    help="For a P7: whether it signs the content, or (OFD) its SM3.",
)
@click.option(
    "--trust",
    type=_FILE,
    help=(
        "A trust list (mshield trust), for files made by others and a bundle's time stamps; by "
        "default MSHIELD_TRUST's."
    ),
)
@click.option(
    "--digest", help="SM3 of the content (hex) instead of the content, for a CMS with signed attributes."
)
@click.option("--signature", type=_FILE, help="The SM2 signature, DER.")
@click.option("--cms", type=_FILE, help="CMS SignedData (.p7s), DER, instead of --signature and --cert.")
@click.option("--cert", type=_FILE, help="The signer's certificate, PEM or DER.")
@click.option(
    "--chain", type=_FILE, multiple=True, help="Intermediate CA certificates, PEM or DER; repeatable."
)
@click.option(
    "--root",
    type=_FILE,
    multiple=True,
    help="A trusted root, PEM or DER; repeatable. Replaces the root in the evidence.",
)
@click.option("--request", "request_id", metavar="ID", help="For an archive: the request of the signature.")
@click.option(
    "--document",
    type=click.IntRange(min=0),
    default=0,
    help="For an archive: the document's position in the request, from 0.",
)
@click.option("--log-key", multiple=True, help="The vkey of a trusted log, for a bundle; repeatable.")
@click.option(
    "--witness-key", multiple=True, help="The vkey of a witness of the log, for a bundle; repeatable."
)
@click.option(
    "--tsa-root",
    type=_FILE,
    multiple=True,
    help="A trusted root of time stamping authorities, PEM or DER; repeatable.",
)
@click.option(
    "--display-oid",
    multiple=True,
    help="Attribute of a display under an operator's own arc (MSHIELD_OID_ARC, then .1); repeatable.",
)
@click.option(
    "--crl",
    type=_FILE,
    multiple=True,
    help=(
        "A revocation list, DER; repeatable. For a bundle it shows the present status of signer "
        "and issuing CA."
    ),
)
@click.option("--ocsp", type=_FILE, help="An OCSP response, DER.")
@click.option(
    "--unchecked", is_flag=True, help="Accept that nothing shows whether the certificate was revoked."
)
@click.option(
    "--at",
    help=(
        "Time of the verification, ISO 8601 with zone (2026-01-31T08:00:00+08:00). Default: for "
        "an evidence folder the time of its status information, else now. A bundle is verified "
        "as of its signature; nothing in it may be later than this."
    ),
)
@click.option(
    "--expect-credit-code",
    help="The enterprise's unified social credit code that the certificate must contain.",
)
@click.option("--expect-name", help="The name that the certificate must contain.")
@output_options
def command(
    out: Output,
    *,
    evidence: Path | None,
    message: Path | None,
    form: Literal["content", "digest"],
    trust: Path | None,
    digest: str | None,
    signature: Path | None,
    cms: Path | None,
    cert: Path | None,
    chain: tuple[Path, ...],
    root: tuple[Path, ...],
    request_id: str | None,
    document: int,
    log_key: tuple[str, ...],
    witness_key: tuple[str, ...],
    tsa_root: tuple[Path, ...],
    display_oid: tuple[str, ...],
    crl: tuple[Path, ...],
    ocsp: Path | None,
    unchecked: bool,
    at: str | None,
    expect_credit_code: str | None,
    expect_name: str | None,
) -> None:
    """Verify a signature offline: chain, validity, revocation, signature; for a bundle also the log's proof.

    Give as EVIDENCE a bundle, a file made by others (P7, signed XML or PDF, time stamp, certificate, list or
    OCSP answer), or a folder; or give the files by options. In a month's archive (mshield archive) --request
    selects the signature; the proofs are in the file. A root and a log key inside the evidence prove nothing:
    name those that you trust with --root and --log-key, or nothing is established. The exit code is 1 then,
    and if any check fails.
    """
    archive = in_archive(evidence, request_id, document)
    kind = other_kind(evidence) if archive is None else None
    if evidence is not None and kind is not None:
        require_options(
            kind,
            content=message,
            cert=cert,
            form=form,
            roots=root,
            tsa_roots=tsa_root,
            status=(*crl, ocsp),
            strangers=(digest, signature, cms, log_key, display_oid, expect_credit_code, expect_name),
        )
        case = ForeignCase(
            file=evidence,
            kind=kind,
            content=_read(message),
            form=form,
            certificates=_read_all((*chain, *(() if cert is None else (cert,)))),
            roots=_read_all(root),
            tsa_roots=_read_all(tsa_root),
            trust=trust,
            crls=_read_all(crl),
            ocsp=_read(ocsp),
            unchecked=unchecked,
            at=_moment(at),
        )
        verify_file_of_others(out, case)
        return
    if form != "content":
        raise click.UsageError("--form is for files made by others.")
    if evidence is not None and evidence.is_file():
        if any((digest, signature, cms, cert, chain, ocsp, unchecked)):
            raise click.UsageError(
                "With a bundle, give only --message, --root, --log-key, --witness-key, --tsa-root, --trust, "
                "--display-oid, --crl, --at and --expect-…."
            )
        verify_bundle(
            out,
            _read(evidence) or b"" if archive is None else _archived(out, archive),
            archive=archive,
            content=_read(message),
            roots=_read_all(root),
            log_keys=log_key,
            witness_keys=witness_key,
            tsa_roots=_read_all(tsa_root),
            trust=trust,
            display_oids=display_oid,
            crls=_read_all(crl),
            at=_moment(at),
            credit_code=expect_credit_code,
            name=expect_name,
        )
        return
    if log_key or witness_key or trust is not None:
        raise click.UsageError(
            "--log-key, --witness-key and --trust are for a bundle or files made by others."
        )
    if (evidence is None) == (message is None and cms is None):
        raise click.UsageError("Give either evidence, or --message (or --cms) and the other files.")
    if evidence is not None:
        inputs = _from_folder(evidence, root)
    else:
        inputs = _Evidence(
            message=_read(message),
            digest=_digest(digest),
            signature=_read(signature),
            certificate=_read(cert),
            cms=_read(cms),
            chain=_read_all(chain),
            roots=_read_all(root),
            crls=_read_all(crl),
            ocsp=_read(ocsp),
        )
    inputs = replace(inputs, tsa_roots=_read_all(tsa_root), display_oids=display_oid)
    _require_complete(inputs)
    with refusing(out, ClientError):
        moment = _moment(at) or (datetime.now(UTC) if evidence is None else _time_of_status(inputs))
        verified = _verified(
            inputs, moment, unchecked=unchecked, credit_code=expect_credit_code, name=expect_name
        )
    out.data(_data(verified, named_root=bool(root)), _lines(out, verified, named_root=bool(root)))
    if not root:
        click.get_current_context().exit(1)


def _verified(
    inputs: _Evidence, moment: datetime, *, unchecked: bool, credit_code: str | None, name: str | None
) -> VerifiedSignature:
    """Verifies everything given: if a folder has both a bare signature and a CMS, both.

    Raises: as `verify` and `verify_cms`; UsageError (no signature).
    """
    verified = None
    if inputs.cms is not None:
        verified = verify_cms(
            cms=inputs.cms,
            message=inputs.message,
            digest=inputs.digest,
            chain=inputs.chain,
            roots=inputs.roots,
            at=moment,
            crl=inputs.crls,
            ocsp=inputs.ocsp,
            revocation="unchecked" if unchecked else "required",
            expected_credit_code=credit_code,
            expected_name=name,
            tsa_roots=inputs.tsa_roots,
            display_oids=inputs.display_oids,
        )
    if inputs.signature is not None and inputs.certificate is not None and inputs.message is not None:
        verified = verify(
            message=inputs.message,
            signature=inputs.signature,
            certificate=inputs.certificate,
            chain=inputs.chain,
            roots=inputs.roots,
            at=moment,
            crl=inputs.crls,
            ocsp=inputs.ocsp,
            revocation="unchecked" if unchecked else "required",
            expected_credit_code=credit_code,
            expected_name=name,
        )
    if verified is None:
        raise click.UsageError("Nothing to verify: a signature needs --message and --cert, or give --cms.")
    return verified


def _from_folder(folder: Path, root: tuple[Path, ...]) -> _Evidence:
    def optional(name: str) -> bytes | None:
        path = folder / name
        return _read(path) if path.exists() else None

    return _Evidence(
        message=optional("message.bin"),
        digest=None,
        # With signed attributes the signature is over these: the CMS has both, and binds them to the message.
        signature=None if (folder / "attributes.der").exists() else optional("signature.der"),
        certificate=optional("leaf.pem"),
        cms=optional("signature.p7s"),
        chain=tuple(content for content in [optional("issuing.pem")] if content is not None),
        roots=_read_all(root) or tuple(content for content in [optional("root.pem")] if content is not None),
        crls=tuple(content for content in map(optional, ("crl.der", "root-crl.der")) if content is not None),
        ocsp=optional("ocsp.der"),
    )


def _require_complete(inputs: _Evidence) -> None:
    if not inputs.roots:
        raise click.UsageError("Name a trusted root with --root.")
    bare = inputs.message is not None and inputs.signature is not None and inputs.certificate is not None
    if inputs.cms is None and not bare:
        raise click.UsageError(
            "A signature needs its message, the signature and the signer's certificate (or a CMS)."
        )


def _time_of_status(inputs: _Evidence) -> datetime:
    """Returns the time of the evidence's status information: of its OCSP response, else of its newest list."""
    try:
        if inputs.ocsp is not None:
            times = [status.this_update for status in parse_ocsp_response(inputs.ocsp).statuses]
        else:
            times = [parse_crl(crl).this_update for crl in inputs.crls]
        if inputs.certificate is not None:
            times.append(parse_certificate_pem(inputs.certificate.decode("ascii", "replace")).not_before)
    except PkiError:
        times = []  # the verification itself reports what can't be parsed
    return datetime.fromtimestamp(max(times) / 1000, UTC) if times else datetime.now(UTC)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    if moment.tzinfo is None:
        raise click.BadParameter("say the zone, e.g. +08:00", param_hint="--at")
    return moment


def _digest(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise click.BadParameter("not hex", param_hint="--digest") from error


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from error


def _read_all(paths: tuple[Path, ...]) -> tuple[bytes, ...]:
    return tuple(content for content in map(_read, paths) if content is not None)


def _data(verified: VerifiedSignature, *, named_root: bool) -> dict[str, object]:
    return {
        "verified": named_root,
        "missing": [] if named_root else ["root"],
        "name": verified.name,
        "organisation": verified.organisation,
        "role": verified.role,
        "credit_code": verified.credit_code,
        "serial": f"{verified.serial:x}",
        "at": verified.at.isoformat(),
        "revocation": list(verified.revocation),
        "issuers_checked": verified.issuers_checked,
        "digest": verified.digest.hex(),
        "time_stamps": stamps_data(verified.time_stamps),
        "root_sha256": verified.issuers[-1].fingerprint().hex(),
    }


def _lines(out: Output, verified: VerifiedSignature, *, named_root: bool) -> list[str]:
    pick = out.pick
    lines = [
        pick("签名有效", "The signature is valid")
        if named_root
        else pick(
            "未能确认：签名与证据里的根证书一致，但谁都可以造出这样的根证书。请用 --root 指定您信任的",
            "Not established: the signature matches the root in the evidence, but anybody can make such a root. "
            "Name the one that you trust: --root",
        ),
        f"  {pick('签名人', 'signer')}: {verified.name} ({verified.role})",
        f"  {pick('企业', 'enterprise')}: {verified.organisation} {verified.credit_code or ''}".rstrip(),
        f"  {pick('证书序列号', 'serial')}: {verified.serial:x}",
        f"  {pick('判断时刻', 'as of')}: {verified.at.isoformat()}",
        *stamp_lines(out, verified.time_stamps),
        f"  {pick('证书状态', 'status by')}: {', '.join(verified.revocation) or pick('未检查', 'not checked')}",
        f"  {pick('根证书', 'root')} SHA-256: {verified.issuers[-1].fingerprint().hex()}",
    ]
    if not verified.issuers_checked:
        lines.append(
            pick(
                "  签发机构证书是否被撤销：未检查（证据里没有）",
                "  Whether the CA itself was revoked: not checked, since nothing given shows it",
            )
        )
    return lines


def _archived(out: Output, archive: InArchive) -> bytes:
    """Returns the evidence bundle that the service's code makes of a month's archive."""
    bundle: bytes = service_module(out, "mshield.server.commands.archive.verify").archived_bundle(
        out, archive
    )
    return bundle
