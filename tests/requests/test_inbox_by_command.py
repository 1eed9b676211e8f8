"""`mshield phone` and the inbox (待办): amounts, several requests under one PIN, and prolonging, by commands."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from mshield.cli.main import main
from mshield.client import BusinessClient, Document, ViewName
from mshield.server.log.sequence import sequence
from mshield.server.systems.view_drafts import SubmittedView, ViewFile
from mshield.server.systems.views import register_view
from mshield.testkit.commands.phone import options
from tests.support.certified import certified
from tests.support.lossy_line import Service, running_behind_a_lossy_line
from tests.support.second_person import SECOND

_ROOT: Final = Path(__file__).parents[2]
_SAMPLE: Final = _ROOT / "vectors" / "views" / "shipped" / "contents" / "single-window-export.xml"
_VIEW: Final = _ROOT / "client" / "src" / "mshield" / "views" / "shipped" / "single-window-export.view.json"
_NOTE: Final = Document(title="说明", media_type="text/plain", content="说明".encode())
Command = Callable[..., Any]


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> Iterator[Service]:
    with running_behind_a_lossy_line(sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture
def shield_number(service: Service, monkeypatch: pytest.MonkeyPatch) -> str:
    """The shield number of the phone that the commands use."""
    phone, person = certified(service)
    monkeypatch.setattr(options, "VirtualPhone", lambda *_: nullcontext(phone))
    monkeypatch.setenv("MSHIELD_PHONE_PIN", person.pin)
    return phone.certificate().shield_number


@pytest.fixture
def business(service: Service) -> BusinessClient:
    """A business system with a view of export declarations, which the log doesn't contain yet."""
    made = service.application
    files = SubmittedView(_VIEW.read_bytes(), (ViewFile("出口.xml", _SAMPLE.read_bytes()),))
    service.run(
        register_view(made.context.db, made.client_id, files, second_person=SECOND, now=service.clock())
    )
    return service.business()


def _run(*arguments: str, code: int = 0) -> Any:
    done = CliRunner().invoke(main, ("phone", *arguments, "--json"))
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if code == 0 else json.loads(done.stderr)["error"]


def _export(amount: str, **more: Any) -> Document:
    """Returns the sample with one item of this amount; the description gives another amount."""
    text = _SAMPLE.read_text("utf-8").replace("186000.00", amount).replace("138000.00", amount)
    text = re.sub(r'  <商品 项号="2">.*?</商品>\n', "", text, flags=re.DOTALL)
    view = ViewName("example/single-window-export")
    about: dict[str, Any] = {"media_type": "application/xml", "format": "cms", "view": view}
    return Document(title="出口货物报关单", content=text.encode(), **about, **more)


def test_several_inbox_requests_are_answered_under_one_pin(
    service: Service, shield_number: str, business: BusinessClient
) -> None:
    wrong = (("申报总价", "美元 1.00"),)
    first, second, third, fourth = (
        business.request_signature(documents, shield_number=shield_number)
        for documents in (
            [_export("186000.10", display=wrong)],
            [_export("43200.00"), _NOTE, _export("0.05")],
            [_export("7.00")],
            [_NOTE],
        )
    )

    def rows() -> dict[str, tuple[dict[str, str], int]]:
        return {each["request_id"]: (each["amounts"], each["without_amount"]) for each in _run("inbox")}

    # A view without a proof gives no amount, and its rendering is signed only after a second confirmation.
    assert [rows()[made.id] for made in (first, second, third, fourth)] == [
        ({}, 1),
        ({}, 3),
        ({}, 1),
        ({}, 1),
    ]
    assert all(task["unproven"] for task in _run("take", third.id)["tasks"])
    refused = _run("approve", code=1)
    assert (refused["code"], refused["confirm"]) == ("confirmation_missing", "mismatch")
    assert refused["unproven"]
    service.run(sequence(service.application.context.log, now=service.clock()))
    assert not any(task["unproven"] for task in _run("take", third.id)["tasks"])
    assert rows() == {
        first.id: ({"USD": "186000.10"}, 0),
        second.id: ({"USD": "43200.05"}, 1),
        third.id: ({"USD": "7.00"}, 0),
        fourth.id: ({}, 1),
    }
    assert business.status(first.id).state == "waiting"
    taken = _run("take", first.id, second.id, third.id)
    assert [len(part["sids"]) for part in taken["parts"]] == [1, 3, 1]
    shown = CliRunner().invoke(main, ("phone", "take", first.id, second.id, third.id, "--lang", "en"))
    assert "Total: USD 229,207.15 + 1 without a readable amount" in shown.stdout
    # A document is excluded from one request; the other request is signed whole.
    out = ("--exclude", "3=重复", "--exclude", "5=以后再签")
    assert _run("approve", *out, code=1)["code"] == "confirmation_missing"
    done = _run("approve", *out, "--as-the-content-says")
    ends = [(bool(each["signature"]), each["declined"], each["waiting"]) for each in done["documents"]]
    signed, left_out, left = (True, False, False), (False, True, False), (False, False, True)
    assert ends == [signed, signed, left_out, signed, left]
    assert [each.reason for each in business.result(second.id).documents] == [None, "重复", None]
    assert [business.status(each.id).state for each in (first, second, third, fourth)] == [
        "signed",
        "signed",
        "scanned",
        "waiting",
    ]
    assert {each["request_id"] for each in _run("inbox")} == {third.id, fourth.id}
    _run("take", third.id, fourth.id)
    _run("decline")
    assert [business.status(each.id).state for each in (third, fourth)] == ["declined", "declined"]


def test_more_documents_than_a_session_holds_are_refused(
    shield_number: str, business: BusinessClient
) -> None:
    first = business.request_signature([_NOTE], shield_number=shield_number)
    many = business.request_signature([_NOTE] * 64, shield_number=shield_number)
    assert _run("take", first.id, many.id, code=1)["code"] == "too_many_documents"
    assert _run("prolong", code=1)["code"] == "nothing_scanned"


def test_signature_request_is_prolonged_once(shield_number: str, business: BusinessClient) -> None:
    first, second = (
        business.request_signature([_NOTE], shield_number=shield_number, lifetime=lifetime)
        for lifetime in (600, 120)
    )
    assert _run("prolong", code=1)["code"] == "nothing_scanned"
    before = _run("take", first.id, second.id)["expires_at"]
    assert before == business.status(second.id).expires_at
    end = _run("prolong")["expires_at"]
    assert end > before
    assert end == min(business.status(each.id).expires_at for each in (first, second))
    assert _run("prolong", first.id)["expires_at"] == end
    assert "Prolonged until" in CliRunner().invoke(main, ("phone", "--lang", "en", "prolong")).stdout
    _run("approve")
    assert _run("prolong", code=1)["code"] == "nothing_scanned"
