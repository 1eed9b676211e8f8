"""`mshield verify FILE` for any file made by others: allowed options, and dispatch to its verifier."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from mshield.cli.parts.output import Output
from mshield.cli.verify.foreign import ForeignCase, verify_foreign_file
from mshield.cli.verify.foreign_files import Kind, PartKind
from mshield.cli.verify.parts import verify_part
from mshield.cli.verify.stamp import verify_stamp

_SIGNED: Final = frozenset({"p7", "xml", "pdf"})
_WITH_STATUS: Final = _SIGNED | {"certificate"}


def require_options(
    kind: Kind | PartKind,
    *,
    content: Path | None,
    cert: Path | None,
    form: str,
    roots: Sequence[Path],
    tsa_roots: Sequence[Path],
    status: Sequence[Path | None],
    strangers: Sequence[object],
) -> None:
    """Checks that all options apply to this kind of file. Raises: UsageError."""
    if any(strangers):
        raise click.UsageError(
            "With a file made by others, give only --content, --form and --cert (of a P7), --chain, --root, --trust, "
            "--crl, --ocsp, --unchecked, --at, and of a time stamp --tsa-root."
        )
    if kind != "p7" and (cert is not None or form != "content"):
        raise click.UsageError("--form and --cert are for a P7.")
    if kind not in {"p7", "time_stamp"} and content is not None:
        raise click.UsageError("--content is for a P7 or a time stamp: XML and PDF contain what they sign.")
    if kind == "time_stamp" and roots:
        raise click.UsageError("Roots of time stamps are separate: name them with --tsa-root.")
    if kind != "time_stamp" and tsa_roots:
        raise click.UsageError("--tsa-root is for time stamps, and for bundles.")
    if kind not in _WITH_STATUS and any(status):
        raise click.UsageError("--crl and --ocsp are for signatures and certificates.")


def verify_file_of_others(out: Output, case: ForeignCase) -> None:
    """Verifies a file and prints the result; the exit code is 1 unless everything is established."""
    match case.kind:
        case "time_stamp":
            verify_stamp(out, case)
        case "certificate" | "crl" | "ocsp" as kind:
            verify_part(out, case, kind)
        case "p7" | "xml" | "pdf" as kind:
            verify_foreign_file(out, case, kind)
