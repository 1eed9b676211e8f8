"""`python -m tests.security.relay` runs the attacks and prints how each ended; exit code 1 for an unexpected end."""

import sys
import tempfile
from pathlib import Path

from mshield.server.database.migrate import migrate
from tests.security.relay.lab import open_lab, stopped_by
from tests.security.relay.typed import EVERY_ATTACK
from tests.support.clock import Clock


def main() -> int:
    """Runs all attacks on a fresh database."""
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        migrate(url := f"sqlite:///{folder / 'mshield.db'}")
        with open_lab(url, folder, Clock()) as lab:
            for attack in EVERY_ATTACK:
                ended = stopped_by(lab, attack.play)
                wrong += ended != attack.ends
                sys.stdout.write(f"{attack.name:<40} {ended or 'nothing stopped it':<20} {attack.why}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
