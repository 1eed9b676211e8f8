"""What this system must know, from the environment; the first four are what `make demo` writes for it."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`shield` is the service's address, `root` the certificate that this system trusts (DER), from a file of its own.

    `webhook_secrets` are the endpoint's, two while it changes. `seconds` is how long the
    phone is waited for. `demo` shows the way for a browser without a camera.
    """

    shield: str
    client_id: str
    client_secret: str = field(repr=False)
    root: bytes = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    database: Path = Path("single_window.db")
    seconds: int = 300
    demo: bool = False

    @property
    def origin(self) -> str:
        """The service's origin, for the Content-Security-Policy."""
        parts = urlsplit(self.shield)
        return f"{parts.scheme}://{parts.netloc}"


def load_settings() -> Settings:
    """From SHIELD, CLIENT_ID, CLIENT_SECRET, ROOT (a file), and the optional others. SystemExit where one lacks."""
    found = os.environ
    if missing := [name for name in ("SHIELD", "CLIENT_ID", "CLIENT_SECRET", "ROOT") if not found.get(name)]:
        raise SystemExit(f"set {', '.join(missing)} (see README.md); 请设置 {', '.join(missing)}")
    return Settings(
        shield=found["SHIELD"].rstrip("/"),
        client_id=found["CLIENT_ID"],
        client_secret=found["CLIENT_SECRET"],
        root=Path(found["ROOT"]).read_bytes(),
        webhook_secrets=tuple(filter(None, found.get("WEBHOOK_SECRET", "").split(","))),
        database=Path(found.get("DATABASE", "single_window.db")),
        seconds=int(found.get("SECONDS", "300")),
        demo=found.get("DEMO") == "1",
    )
