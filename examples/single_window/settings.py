"""Settings of this system, from the environment; `make demo` writes the first four."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`shield` is the service's address, `root` the certificate that this system trusts (DER), from its own file.

    `webhook_secrets` are the endpoint's, two during a change. `seconds` is the time to wait for the phone.
    `demo` offers a way for browsers without a camera.
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
        """Origin of the service, for the Content-Security-Policy."""
        parts = urlsplit(self.shield)
        return f"{parts.scheme}://{parts.netloc}"


def load_settings() -> Settings:
    """Reads SHIELD, CLIENT_ID, CLIENT_SECRET, ROOT (a file), and optional ones. Raises: SystemExit (one is missing)."""
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
