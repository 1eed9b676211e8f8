"""What this system must know, from the environment; the first five are what `make demo` writes for it."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`shield` is the service's address, `root` the certificate that this system trusts (DER), from a file of its own.

    `address` is this system's own: with `/returned` it is what the service has registered to lead back to.
    `seconds` is how long an answer is waited for: time enough to bind the certificate on the way.
    """

    shield: str
    client_id: str
    client_secret: str = field(repr=False)
    root: bytes = field(repr=False)
    address: str
    database: Path = Path("palm_customs.db")
    seconds: int = 300

    @property
    def return_url(self) -> str:
        """Where the shield's app leads back to; registered character by character."""
        return f"{self.address}/returned"

    @property
    def origin(self) -> str:
        """The service's origin, for the Content-Security-Policy."""
        parts = urlsplit(self.shield)
        return f"{parts.scheme}://{parts.netloc}"


def load_settings() -> Settings:
    """From SHIELD, CLIENT_ID, CLIENT_SECRET, ROOT (a file), ORIGIN, and optional ones. SystemExit where one lacks."""
    found = os.environ
    needed = ("SHIELD", "CLIENT_ID", "CLIENT_SECRET", "ROOT", "ORIGIN")
    if missing := [name for name in needed if not found.get(name)]:
        raise SystemExit(f"set {', '.join(missing)} (see README.md); 请设置 {', '.join(missing)}")
    return Settings(
        shield=found["SHIELD"].rstrip("/"),
        client_id=found["CLIENT_ID"],
        client_secret=found["CLIENT_SECRET"],
        root=Path(found["ROOT"]).read_bytes(),
        address=found["ORIGIN"].rstrip("/"),
        seconds=int(found.get("SECONDS", "300")),
        database=Path(found.get("DATABASE", "palm_customs.db")),
    )
