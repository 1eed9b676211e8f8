"""Only business systems allowed by two officers may request unshown content; one officer ends the allowance."""

import base64
from typing import Any, Final

import httpx
import pytest

from mshield.server.database.interface import SealBroken
from mshield.server.staff.rules import StaffRole
from mshield.server.systems.rows import unshown as store
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.console_people import Clerk, two_at_work
from tests.support.factories import REQUESTS, document_message
from tests.support.signing import tamper
from tests.support.unshown import let_ask_unshown

ALLOW: Final = "system.allow_unshown"
_CONTENT: Final = {"content_b64": base64.b64encode(b"PK").decode()}
SHOWN: Final[dict[str, Any]] = {"content_b64": base64.b64encode(b"text").decode(), "media_type": "text/plain"}
DIGEST: Final[dict[str, Any]] = {"format": "cms_detached", "digest_sm3": "00" * 32, "size": 1}
UNKNOWN: Final[dict[str, Any]] = {"media_type": "application/zip", **_CONTENT}
NO_TEXT: Final[dict[str, Any]] = {"media_type": "application/textual", **_CONTENT}


one, other = two_at_work(StaffRole.SECURITY_OFFICER)


async def _asked(application: Application, *documents: dict[str, Any]) -> tuple[int, str | None, int | None]:
    body = {"kind": "signature", "documents": [document_message(**each) for each in documents]}
    answer = await application.business("POST", REQUESTS, body)
    told = answer.json()
    return answer.status_code, told.get("code"), told.get("document")


async def _question(clerk: Clerk, **changes: Any) -> httpx.Response:
    question = {
        "act": ALLOW,
        "subject": clerk.application.client_id,
        "details": {},
        "reason": "原件在柜台看过",
    }
    return await clerk.call("POST", "/approvals", question | changes)


@pytest.mark.parametrize("hidden", [DIGEST, UNKNOWN, NO_TEXT])
async def test_unshown_content_is_refused_until_allowed(
    application: Application, hidden: dict[str, Any]
) -> None:
    """As after the migration; the refusal names the document."""
    assert await _asked(application, SHOWN, hidden) == (403, "unshown_refused", 1)
    assert await _asked(application, SHOWN) == (201, None, None)
    await let_ask_unshown(application)
    assert await _asked(application, SHOWN, hidden) == (201, None, None)


async def test_two_officers_allow_unshown_content_and_one_ends_it(one: Clerk, other: Clerk) -> None:
    application = one.application
    db, client_id = application.context.db, application.client_id
    asked = (await _question(one)).json()
    assert asked["details"] == {"name": "单一窗口", "domain": "singlewindow.example"}
    assert (await one.decide(asked)).json()["code"] == "own_approval"
    assert (await _asked(application, DIGEST))[1] == "unshown_refused"
    assert (await other.decide(asked)).is_success
    assert (await _asked(application, DIGEST))[0] == 201
    allowed = (await acts_on(db, subject=client_id))[-1]
    assert allowed.act == ALLOW
    assert (allowed.details["approval"], allowed.details["name"]) == (asked["id"], "单一窗口")
    shown = (await one.call("GET", f"/systems/{client_id}")).json()
    assert shown["unshown_since"] == application.clock()
    assert (await _question(one)).json()["code"] == "conflict"  # it is allowed already

    ended = await one.call("POST", f"/systems/{client_id}/unshown-end", {"reason": "改用展示规则"})
    assert ended.json()["unshown_since"] is None
    again = await one.call("POST", f"/systems/{client_id}/unshown-end", {"reason": "改用展示规则"})
    assert again.json()["code"] == "conflict"
    assert (await _asked(application, DIGEST))[1] == "unshown_refused"
    act = (await acts_on(db, subject=client_id))[-1]
    assert (act.act, act.details) == ("system.end_unshown", {"reason": "改用展示规则"})
    # Once more from the start: an old request can't be used twice.
    anew = (await _question(one)).json()
    assert (await other.decide(anew)).is_success
    assert (await _asked(application, DIGEST))[0] == 201
    assert (await other.decide(asked)).json()["code"] == "approval_over"


async def test_renamed_system_needs_a_new_request(one: Clerk, other: Clerk) -> None:
    asked = (await _question(one)).json()
    renamed = {"name": "口岸查询服务", "domain": "singlewindow.example", "return_urls": []}
    assert (await one.call("PUT", f"/systems/{one.application.client_id}", renamed)).is_success
    assert (await other.decide(asked)).json()["code"] == "conflict"
    assert (await _asked(one.application, DIGEST))[1] == "unshown_refused"


async def test_invalid_allowance_request_is_refused(one: Clerk) -> None:
    assert (await _question(one, subject="bs-0000000000000000")).json()["code"] == "not_found"
    assert (await _question(one, details={"name": "x"})).json()["code"] == "invalid_request"
    client = await Clerk.at_work(one.application, StaffRole.CUSTOMER_SERVICE)
    assert (await _question(client)).json()["code"] == "forbidden"
    path = f"/systems/{one.application.client_id}/unshown-end"
    assert (await client.call("POST", path, {"reason": "x"})).json()["code"] == "forbidden"


async def test_database_write_access_cannot_allow_unshown_content(application: Application) -> None:
    """The log detects it too: tests/security/database."""
    context = application.context
    await let_ask_unshown(application)
    await tamper(context.db, "UPDATE unshown_allowances SET allowed_at = allowed_at - 1")
    with pytest.raises(SealBroken):
        await store.find(context.db, client_id=application.client_id)
    assert await _asked(application, DIGEST) == (409, "record_changed", None)
