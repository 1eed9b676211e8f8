"""`make bench`: every figure that the README gives, one table after the other, with the machine that made them."""

import argparse
import platform
import sys
from functools import partial

from benches import (
    cosign,
    crl,
    formats,
    growth,
    http_signing,
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
    """Runs all benches with their own defaults; `--whole` lets growth go on to a nation's size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="1 M certificates and 20 M signatures: 30 GB")
    whole = parser.parse_args().whole
    del sys.argv[1:]  # each bench reads its own options there
    print(f"{kept.machine()}, {platform.system()}")
    print(", ".join(f"{name} {version}" for name, version in available_engines().items()))
    for title, bench in (
        ("co-signing, arithmetic only, one core", cosign.main),
        ("complete signatures through HTTP", partial(http_signing.main, keep=True)),
        ("logins by scan, by the native API", logins.main),
        ("logins by scan, by OpenID Connect", oidc_login.main),
        ("logins and signatures through one and two processes", mixed.main),
        ("PCs that wait for their phone", waiting.main),
        ("three times the load that fits", overload.main),
        ("issuing and publishing", publication.main),
        ("revocation lists of a million certificates", crl.main),
        ("the legal person's lists", lists.main),
        ("what grows with the database", partial(growth.main, whole=whole)),
        ("the transparency log", log.main),
        ("the phone app", phone_app.main),
        ("the page that verifies", verify_page.main),
        ("views: reading, drawing, comparing", views.main),
        ("what a signature costs by its format", formats.main),
    ):
        print(f"\n{title}\n", flush=True)
        bench()


if __name__ == "__main__":
    main()
