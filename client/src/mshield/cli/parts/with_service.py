"""Parts of commands that exist only where the service is installed, found by name: the client doesn't depend on it."""

import importlib
from types import ModuleType

from mshield.cli.parts.output import Output, Refused


def service_module(out: Output, name: str) -> ModuleType:
    """Imports a module of the service's commands. Raises: Refused (not_installed)."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if missing.partition(".")[0] == "mshield" and not name.startswith(missing):
            raise  # a module that the service itself lacks is a defect
        raise Refused(
            out.pick("此操作需要安装服务端（mshield）", "this needs the service: install mshield"),
            code="not_installed",
            as_json=out.json,
        ) from error
