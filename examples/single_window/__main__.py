"""`python -m single_window [--port 8001]`, with the settings of `settings.py` in the environment."""

import argparse

import uvicorn

from .app import create_app
from .settings import load_settings


def main() -> None:
    """Serves on this machine until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="single_window", description=__doc__)
    parser.add_argument("--port", type=int, default=8001)
    given = parser.parse_args()
    uvicorn.run(create_app(load_settings()), host="127.0.0.1", port=given.port, access_log=False)


if __name__ == "__main__":
    main()
