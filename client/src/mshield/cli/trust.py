"""`mshield trust`: the list of roots of other CAs that this computer's `mshield verify` trusts. None is shipped.

Roots of signers and of time stamping authorities are separate; there are also authorities whose certificates
needn't state their purpose.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

import click

from mshield.cli.parts.output import Output, output_options, refusing
from mshield.cli.verify.foreign import shown_name
from mshield.pki.asn1 import pem
from mshield.pki.errors import DerError, PkiError, TrustListError
from mshield.pki.foreign.trust_list import (
    How,
    ListedTsa,
    TrustedRoot,
    TrustList,
    Waiver,
    read_trust_list,
    trusted_root,
    write_trust_list,
)
from mshield.pki.timestamps.trusted import listed_tsa, read_tsa_root

Kind = Literal["root", "tsa-root", "tsa-waiver"]
Entry = TrustedRoot | ListedTsa | Waiver
_LIST: Final = click.option(
    "--list",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="MSHIELD_TRUST",
    required=True,
    help="File of the trust list, JSON; by default that in MSHIELD_TRUST.",
)


@click.group()
def command() -> None:
    """Keep the list of roots of other CAs that you trust. Nothing is trusted until you add it."""


@command.command()
@click.argument("certificate", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@_LIST
@click.option("--name", help="Your name for it; by default the certificate's own.")
@click.option(
    "--read",
    "how",
    type=click.Choice(["strict", "tolerant"]),
    default="tolerant",
    show_default=True,
    help=(
        "How certificates that it issued are read: as this project issues them, or with the "
        "deviations of licensed CAs."
    ),
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["root", "tsa-root", "tsa-waiver"]),
    default="root",
    show_default=True,
    help=(
        "Purpose: signers' certificates; time stamps, which have separate roots; or a waiver for "
        "this one authority, whose certificate then needn't state that it is only for time "
        "stamps (its root must also be trusted)."
    ),
)
@click.option(
    "--sha256", help="The SHA-256 that the certificate must have, in hex, from a source that you trust."
)
@output_options
def add(
    out: Output,
    *,
    certificate: Path,
    path: Path,
    name: str | None,
    how: How,
    kind: Kind,
    sha256: str | None,
) -> None:
    """Trust the CA with this CERTIFICATE (DER or PEM). Compare its SHA-256 with a source that you trust."""
    with refusing(out, PkiError):
        data = _one(certificate.read_bytes())
        if sha256 is not None and sha256.lower().replace(":", "") != hashlib.sha256(data).hexdigest():
            raise TrustListError("other", "another SHA-256")
        listed = _listed(path)
        entry = _entry(kind, name, how, data)
        if any(one.sha256 == entry.sha256 for one in _of_kind(listed, kind)):
            raise TrustListError("there", "it is already listed")
        _write(path, _with(listed, entry))
    out.data(_data(entry), [_line(out, entry)])
    if sha256 is None:
        out.say(
            "请把 SHA-256 与可信来源对照；不符请用 mshield trust remove 删除。",
            "Compare the SHA-256 with a source that you trust; if it differs: mshield trust remove.",
        )


@command.command(name="list")
@_LIST
@output_options
def list_(out: Output, *, path: Path) -> None:
    """List the trusted CAs and authorities."""
    with refusing(out, PkiError):
        listed = _listed(path)
    entries: list[Entry] = [*listed.roots, *listed.tsa_roots, *listed.tsa_waived]
    out.data([_data(entry) for entry in entries], [_line(out, entry) for entry in entries])


@command.command()
@click.argument("sha256")
@_LIST
@output_options
def remove(out: Output, *, sha256: str, path: Path) -> None:
    """Stop trusting the CA or authority with this SHA-256, for all purposes."""
    digest = sha256.lower().replace(":", "")
    with refusing(out, PkiError):
        listed = _listed(path)
        remaining = TrustList(
            tuple(one for one in listed.roots if one.sha256 != digest),
            tuple(one for one in listed.tsa_roots if one.sha256 != digest),
            tuple(one for one in listed.tsa_waived if one.sha256 != digest),
        )
        if remaining == listed:
            raise TrustListError("missing", "no such root")
        _write(path, remaining)
    out.say("已删除。", "Removed.")


def _one(data: bytes) -> bytes:
    """Returns the DER of the only certificate in a file. Raises: TrustListError."""
    if data[:1] == b"\x30":
        return data
    try:
        blocks = pem.decode("CERTIFICATE", data.decode("ascii", "replace"))
    except DerError as error:
        raise TrustListError("unreadable", str(error)) from error
    if len(blocks) != 1:
        raise TrustListError("unreadable", "not one certificate")
    return blocks[0]


def _listed(path: Path) -> TrustList:
    """Returns the list in the file; empty if there is no file yet."""
    try:
        return read_trust_list(path.read_bytes())
    except FileNotFoundError:
        return TrustList()


def _entry(kind: Kind, name: str | None, how: How, data: bytes) -> Entry:
    """Makes an entry. Raises: TrustListError (the certificate can't be read this way, or not used for this purpose)."""
    if kind == "root":
        root = trusted_root(name or "", how, data)
        return TrustedRoot(name or shown_name(root.certificate.subject), how, root.certificate)
    listed = listed_tsa(name or "", "tolerant" if kind == "tsa-waiver" else how, data)
    name = name or shown_name(read_tsa_root(listed).subject)
    return Waiver(name, listed.sha256) if kind == "tsa-waiver" else ListedTsa(name, how, data)


def _of_kind(listed: TrustList, kind: Kind) -> Sequence[Entry]:
    match kind:
        case "root":
            return listed.roots
        case "tsa-root":
            return listed.tsa_roots
        case "tsa-waiver":
            return listed.tsa_waived


def _with(listed: TrustList, entry: Entry) -> TrustList:
    match entry:
        case TrustedRoot():
            return replace(listed, roots=(*listed.roots, entry))
        case ListedTsa():
            return replace(listed, tsa_roots=(*listed.tsa_roots, entry))
        case Waiver():
            return replace(listed, tsa_waived=(*listed.tsa_waived, entry))


def _write(path: Path, listed: TrustList) -> None:
    """Writes the file atomically."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(write_trust_list(listed))
    beside.replace(path)


def _data(entry: Entry) -> dict[str, str]:
    if isinstance(entry, Waiver):
        return {"name": entry.name, "sha256": entry.sha256, "as": "tsa-waiver"}
    is_root = isinstance(entry, TrustedRoot)
    subject = entry.certificate.subject if isinstance(entry, TrustedRoot) else read_tsa_root(entry).subject
    listed = {"name": entry.name, "subject": shown_name(subject), "sha256": entry.sha256}
    return listed | {"read": entry.how, "as": "root" if is_root else "tsa-root"}


def _line(out: Output, entry: Entry) -> str:
    pick = out.pick
    if isinstance(entry, Waiver):
        return f"{entry.sha256}  {pick('时间戳机构，免查用途', 'authority, purpose waived')}  {entry.name}"
    how = pick("严格", "strict") if entry.how == "strict" else pick("宽松", "tolerant")
    of = f"  {pick('时间戳', 'time stamps')}" if isinstance(entry, ListedTsa) else ""
    return f"{entry.sha256}  {how}{of}  {entry.name}"
