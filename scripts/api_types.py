"""Writes the front end's types of the HTTP API: openapi-typescript reads the OpenAPI documents of this checkout.

Only the type checker reads them: the build drops types, so it needs neither these files nor the service's packages.
Nothing is run while the documents are those of the last time.
"""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import frontend
from mshield.server.main import create_app
from mshield.server.settings.settings import Settings

AUDIENCES: Final = ("console", "phone", "portal", "register", "service")
"""Audiences whose pages use these types; the phone's engine and the component check responses themselves."""

_CALLED_PATHS: Final = {
    "phone": ("/api/phone/sms-codes", "/api/phone/sms-codes/captchas", "/api/phone/password-resets")
}
"""Paths of an audience that other pages call, if its own pages don't use these types: password resets in the portal."""

_STAMP: Final = frontend.API_TYPES / "documents.sha256"


def write() -> None:
    """Writes one module per audience, if the documents have changed. Raises: CalledProcessError, frontend.NoNode."""
    app = create_app(Settings.of(mode="demo", public_origin="https://shield.example.cn"))
    documents = {audience: _document(app.state.documents.of(audience), audience) for audience in AUDIENCES}
    digest = hashlib.sha256(json.dumps(documents).encode()).hexdigest()
    if _STAMP.is_file() and _STAMP.read_text("ascii") == digest:
        return
    frontend.API_TYPES.mkdir(parents=True, exist_ok=True)
    _STAMP.unlink(missing_ok=True)
    with TemporaryDirectory() as folder:
        for audience, document in documents.items():
            source = Path(folder, f"{audience}.json")
            source.write_text(json.dumps(document), "utf-8")
            frontend.npm(
                *("exec", "--", "openapi-typescript", str(source)),
                *("--output", str(frontend.API_TYPES / f"{audience}.ts")),
                *("--alphabetize", "--default-non-nullable=false"),
            )
    # Last, so that an interrupted run starts again.
    _STAMP.write_text(digest, "ascii")


def _document(document: dict[str, Any], audience: str) -> dict[str, Any]:
    """Returns the document with the paths that pages call, without the headers that their client adds to each call."""
    paths = {
        path: {
            method: {
                **operation,
                "parameters": [each for each in operation.get("parameters", ()) if each["in"] != "header"],
            }
            for method, operation in item.items()
        }
        for path, item in document["paths"].items()
        if path in _CALLED_PATHS.get(audience, document["paths"])
    }
    return {**document, "paths": paths}


if __name__ == "__main__":
    write()
