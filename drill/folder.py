"""Files of the drill's nodes."""

import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with a subfolder for each node."""

    path: Path

    def of(self, node: str) -> Path:
        """Returns the folder of a node."""
        folder = self.path / node
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        return folder

    def disk(self, node: str) -> Path:
        """Returns the disk of a database node."""
        return self.of(node) / "disk"

    def log(self, node: str, name: str) -> Path:
        """Returns the log file of one of the node's programs."""
        return self.of(node) / f"{name}.log"

    def certificates(self, node: str) -> Path:
        """Returns the folder with the authority's certificate and the node's own certificate and key."""
        folder = self.of(node) / "certificates"
        folder.mkdir(mode=0o755, exist_ok=True)
        return folder

    def secret(self, name: str) -> str:
        """Returns a random password that is created on first use."""
        path = self.path / "secrets" / name
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    @property
    def authority(self) -> Path:
        """Returns the certificate of the nodes' authority."""
        return self.path / "ca.pem"

    @property
    def tls(self) -> Path:
        """Returns the site's self-signed certificate."""
        return self.path / "tls.pem"

    @property
    def tls_and_key(self) -> Path:
        """Returns the site's certificate with its key."""
        return self.path / "tls-and-key.pem"
