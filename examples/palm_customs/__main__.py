"""`python -m palm_customs [--port 8002]`, with the settings of `settings.py` in the environment."""

import argparse

import uvicorn

from .app import create_app
from .settings import load_settings


def main() -> None:
    """Serves on this machine until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="palm_customs", description=__doc__)
    parser.add_argument("--port", type=int, default=8002)
    given = parser.parse_args()
    uvicorn.run(create_app(load_settings()), host="127.0.0.1", port=given.port, access_log=False)


if __name__ == "__main__":
    main()
