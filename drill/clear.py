"""Removes what a killed drill left behind: `python -m drill.clear FOLDER`."""

import sys
from pathlib import Path

from drill.site import clear

if __name__ == "__main__":
    clear(Path(sys.argv[1]).resolve())
