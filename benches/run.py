"""`make bench`: all figures of docs/performance.md, with the machine that they were measured on."""

import argparse
import platform
import sys
from functools import partial

from benches import (
    cosign,
    crl,
    formats,
    growth,
    hostile,
    http_signing,
    instructions,
    kept,
    lists,
    log,
    logins,
    mixed,
    oidc_login,
    overload,
    phone_app,
    publication,
    verify_page,
    views,
    waiting,
)
from mshield.gm.engine import available_engines


def main() -> None:
    """Runs all benches with their defaults; `--whole` extends growth to the size of a whole country."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="1 M certificates and 20 M signatures: 30 GB")
    whole = parser.parse_args().whole
    del sys.argv[1:]  # each bench parses sys.argv itself
    print(f"{kept.machine()}, {platform.system()}")
    print(", ".join(f"{name} {version}" for name, version in available_engines().items()))
    for title, bench in (
        ("co-signing, arithmetic only, one core", cosign.main),
        ("complete signatures through HTTP", partial(http_signing.main, keep=True)),
        ("instructions per call", instructions.main),
        ("logins by scan, by the native API", logins.main),
        ("logins by scan, by OpenID Connect", oidc_login.main),
        ("logins and signatures through one and two processes", mixed.main),
        ("PCs waiting for their phone", waiting.main),
        ("three times the capacity", overload.main),
        ("one hostile business system", hostile.main),
        ("issuing and publishing", publication.main),
        ("revocation lists of a million certificates", crl.main),
        ("the legal person's lists", lists.main),
        ("cost that grows with the database", partial(growth.main, whole=whole)),
        ("the transparency log", log.main),
        ("the phone app", phone_app.main),
        ("the page that verifies", verify_page.main),
        ("views: reading, drawing, comparing", views.main),
        ("cost of a signature by format", formats.main),
    ):
        print(f"\n{title}\n", flush=True)
        bench()


if __name__ == "__main__":
    main()
