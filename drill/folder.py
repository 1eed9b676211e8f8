"""Where the drill keeps what its nodes keep."""

import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with one for each node."""

    path: Path

    def of(self, node: str) -> Path:
        """A node's own."""
        folder = self.path / node
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        return folder

    def disk(self, node: str) -> Path:
        """A database node's disk."""
        return self.of(node) / "disk"

    def log(self, node: str, name: str) -> Path:
        """What one of its programs writes."""
        return self.of(node) / f"{name}.log"

    def certificates(self, node: str) -> Path:
        """The authority's certificate and the node's own, with its key."""
        folder = self.of(node) / "certificates"
        folder.mkdir(mode=0o755, exist_ok=True)
        return folder

    def secret(self, name: str) -> str:
        """A password that is invented once."""
        path = self.path / "secrets" / name
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    @property
    def authority(self) -> Path:
        """The certificate of the nodes' authority."""
        return self.path / "ca.pem"

    @property
    def tls(self) -> Path:
        """The site's certificate, which is its own authority."""
        return self.path / "tls.pem"

    @property
    def tls_and_key(self) -> Path:
        """The same with its key."""
        return self.path / "tls-and-key.pem"
