"""`mshield trust`: the list of roots of other CAs that this computer's `mshield verify` believes. None is shipped."""

from pathlib import Path
from typing import Final, Literal

import click

from mshield.commands.parts.output import Output, output_options, refusing
from mshield.commands.verify.foreign import shown_name
from mshield.pki.asn1 import pem
from mshield.pki.errors import DerError, PkiError, TrustListError
from mshield.pki.foreign.trust_list import TrustedRoot, read_trust_list, trusted_root, write_trust_list

_LIST: Final = click.option(
    "--list",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="MSHIELD_TRUST",
    required=True,
    help="The trust list's file, JSON; by default what MSHIELD_TRUST names.",
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
    help="How what it issued is read: as this project issues, or with the deviations of licensed CAs.",
)
@click.option(
    "--sha256", help="The SHA-256 that the certificate must have, hex, from a source that you trust."
)
@output_options
def add(
    out: Output,
    *,
    certificate: Path,
    path: Path,
    name: str | None,
    how: Literal["strict", "tolerant"],
    sha256: str | None,
) -> None:
    """Trust the CA whose CERTIFICATE (DER or PEM) this is. Compare its SHA-256 with a source that you trust."""
    with refusing(out, PkiError):
        data = _one(certificate.read_bytes())
        root = trusted_root(name or "", how, data)
        root = TrustedRoot(name or shown_name(root.certificate.subject), how, root.certificate)
        if sha256 is not None and sha256.lower().replace(":", "") != root.sha256:
            raise TrustListError("other", "another SHA-256")
        roots = _roots(path)
        if any(one.sha256 == root.sha256 for one in roots):
            raise TrustListError("there", "it is there already")
        _write(path, [*roots, root])
    out.data(_shown(root), [_line(out, root)])
    if sha256 is None:
        out.say(
            "请把 SHA-256 与可信来源对照；不符请用 mshield trust remove 删除。",
            "Compare the SHA-256 with a source that you trust; if it differs: mshield trust remove.",
        )


@command.command(name="list")
@_LIST
@output_options
def list_(out: Output, *, path: Path) -> None:
    """Show whom the list trusts."""
    with refusing(out, PkiError):
        roots = _roots(path)
    out.data([_shown(root) for root in roots], [_line(out, root) for root in roots])


@command.command()
@click.argument("sha256")
@_LIST
@output_options
def remove(out: Output, *, sha256: str, path: Path) -> None:
    """Trust the CA with this SHA-256 no more."""
    with refusing(out, PkiError):
        roots = _roots(path)
        kept = [root for root in roots if root.sha256 != sha256.lower().replace(":", "")]
        if len(kept) == len(roots):
            raise TrustListError("missing", "no such root")
        _write(path, kept)
    out.say("已删除。", "Removed.")


def _one(data: bytes) -> bytes:
    """The DER of the one certificate in a file. Raises TrustListError."""
    if data[:1] == b"\x30":
        return data
    try:
        blocks = pem.decode("CERTIFICATE", data.decode("ascii", "replace"))
    except DerError as error:
        raise TrustListError("unreadable", str(error)) from error
    if len(blocks) != 1:
        raise TrustListError("unreadable", "not one certificate")
    return blocks[0]


def _roots(path: Path) -> tuple[TrustedRoot, ...]:
    """Of a list that isn't there yet, none."""
    try:
        return read_trust_list(path.read_bytes())
    except FileNotFoundError:
        return ()


def _write(path: Path, roots: list[TrustedRoot]) -> None:
    """Whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(write_trust_list(roots))
    beside.replace(path)


def _shown(root: TrustedRoot) -> dict[str, str]:
    subject = shown_name(root.certificate.subject)
    return {"name": root.name, "subject": subject, "sha256": root.sha256, "read": root.how}


def _line(out: Output, root: TrustedRoot) -> str:
    how = out.pick("严格", "strict") if root.how == "strict" else out.pick("宽松", "tolerant")
    return f"{root.sha256}  {how}  {root.name}"
