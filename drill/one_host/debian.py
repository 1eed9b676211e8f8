"""Trees of Debian's packages, made by mmdebstrap: what the image stands on, and a host for the units."""

import shutil
from pathlib import Path
from typing import Final

from drill.one_host.parts import Unable
from drill.wires import run

_SUITE: Final = "trixie"
_KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SOURCES: Final = "".join(
    f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nSigned-By: {_KEYRING}\n\n"
    for uri, suites in (
        ("http://deb.debian.org/debian", f"{_SUITE} {_SUITE}-updates"),
        ("http://deb.debian.org/debian-security", f"{_SUITE}-security"),
    )
)
"""Debian's own, as its image has them."""


AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
"""What a tree trusts is what this machine trusts: its way to the packages may have an authority of its own."""


def make_tree(place: Path, packages: tuple[str, ...]) -> None:
    """A small Debian with these packages: a folder, or an archive where the name says so. Raises Unable."""
    if shutil.which("mmdebstrap") is None:
        raise Unable("mmdebstrap isn't installed: scripts/install-test-needs drill")
    sources = place.with_suffix(".sources")
    sources.write_text(_SOURCES)
    uploads = {str(sources): "/etc/apt/sources.list.d/debian.sources", AUTHORITIES: AUTHORITIES}
    hooks = [
        'rm -f "$1"/etc/apt/sources.list.d/*',
        *(f'upload "{ours}" {theirs}' for ours, theirs in uploads.items()),
    ]
    try:
        run(
            "mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}",
            *(f"--customize-hook={hook}" for hook in hooks), _SUITE, str(place), str(sources),
        )  # fmt: skip
    except RuntimeError as error:
        raise Unable(f"no tree of Debian's packages: {str(error).splitlines()[-1][-300:]}") from None
    finally:
        sources.unlink()
