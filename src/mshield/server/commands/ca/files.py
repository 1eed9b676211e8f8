"""Files that come from and go to other CAs: PEM or DER, of limited size."""

from pathlib import Path

import click

from mshield.cli.parts.output import Output, Refused

MAX_BYTES = 256 * 1024
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


def read_limited(out: Output, file: Path) -> bytes:
    """Reads a file. Raises: Refused (too large)."""
    with file.open("rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(
            out.pick(f"文件 {file} 过大", f"the file {file} is too large"), code="too_large", as_json=out.json
        )
    return data


def read_ders(out: Output, file: Path, label: str) -> list[bytes]:
    """Reads the blocks of a PEM file with this label, or a file that is DER. Raises: Refused, DerError."""
    from mshield.pki.asn1 import pem

    data = read_limited(out, file)
    if not data.lstrip().startswith(b"-----BEGIN"):
        return [data]
    blocks = list(pem.decode(label, data.decode("ascii", "replace")))
    if not blocks:
        raise Refused(
            out.pick(f"文件 {file} 中没有 {label}", f"the file {file} contains no {label}"),
            code="nothing_in_file",
            as_json=out.json,
        )
    return blocks


def read_der(out: Output, file: Path, label: str) -> bytes:
    """Reads the only block of a file. Raises: Refused (several), DerError."""
    blocks = read_ders(out, file, label)
    if len(blocks) != 1:
        raise Refused(
            out.pick(f"文件 {file} 中应只有一个 {label}", f"the file {file} must contain one {label}"),
            code="several_in_file",
            as_json=out.json,
        )
    return blocks[0]


def fingerprint(_context: click.Context, _parameter: click.Parameter, value: str | None) -> bytes | None:
    """Callback of an option with a SHA-256 in hex, with or without colons and blanks. Raises: BadParameter."""
    if value is None:
        return None
    text = value.replace(":", "").replace(" ", "")
    try:
        octets = bytes.fromhex(text)
    except ValueError as error:
        raise click.BadParameter("a SHA-256 is 64 hex digits") from error
    if len(octets) != 32:
        raise click.BadParameter("a SHA-256 is 64 hex digits")
    return octets
