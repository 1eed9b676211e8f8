"""`make bench`: every figure that the README gives, one table after the other, with the machine that made them."""

import platform
from pathlib import Path
from typing import Final

from benches import (
    cosign,
    formats,
    http_signing,
    lists,
    log,
    logins,
    oidc_login,
    overload,
    phone_app,
    publication,
    verify_page,
    views,
    waiting,
)
from mshield.gm.engine import available_engines

_CPUINFO: Final = Path("/proc/cpuinfo")


def main() -> None:
    """Runs all benches with their own defaults."""
    print(f"{_processor()}, Python {platform.python_version()}, {platform.system()}")
    print(", ".join(f"{name} {version}" for name, version in available_engines().items()))
    for title, bench in (
        ("co-signing, arithmetic only, one core", cosign.main),
        ("complete signatures through HTTP", http_signing.main),
        ("logins by scan, by the native API", logins.main),
        ("logins by scan, by OpenID Connect", oidc_login.main),
        ("PCs that wait for their phone", waiting.main),
        ("three times the load that fits", overload.main),
        ("issuing and publishing", publication.main),
        ("the legal person's lists", lists.main),
        ("the transparency log", log.main),
        ("the phone app", phone_app.main),
        ("the page that verifies", verify_page.main),
        ("views: reading, drawing, comparing", views.main),
        ("what a signature costs by its format", formats.main),
    ):
        print(f"\n{title}\n", flush=True)
        bench()


def _processor() -> str:
    if _CPUINFO.exists():
        for line in _CPUINFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
