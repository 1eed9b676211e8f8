"""File trees of Debian packages, made by mmdebstrap: the image's base, and a host for the units."""

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
"""Packages that Debian's own image has."""


AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
"""This machine's trusted authorities, since the way to the packages may have an authority of its own."""


def make_tree(place: Path, packages: tuple[str, ...]) -> None:
    """Makes a small Debian with these packages, as a folder or an archive depending on the name. Raises Unable."""
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
