"""Settings of this system, from the environment; `make demo` writes the first five."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`shield` is the service's address, `root` the certificate that this system trusts (DER), from its own file.

    `address` is this system's own; with `/returned` it is the return address registered at the service.
    `seconds` is the time to wait for an answer, enough to bind the certificate on the way.
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
        """Address to which the shield's app returns, exactly as registered."""
        return f"{self.address}/returned"

    @property
    def origin(self) -> str:
        """Origin of the service, for the Content-Security-Policy."""
        parts = urlsplit(self.shield)
        return f"{parts.scheme}://{parts.netloc}"


def load_settings() -> Settings:
    """Reads SHIELD, CLIENT_ID, CLIENT_SECRET, ROOT (a file), ORIGIN, and optional ones. Raises: SystemExit."""
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
