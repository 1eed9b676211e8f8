"""Reasons why a webhook failed, at the command line: a text per language, the same as the console's."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mshield.cli.parts.output import Output
from mshield.server.commands.webhooks import _WHY, _outcome
from mshield.server.keys.errors import SealError, UnknownMasterKey
from mshield.server.webhooks.rules import DeliveryMessage

_ROOT: Final = Path(__file__).parents[2]
_RECORDED_BY: Final = (
    "server/webhooks/deliver.py",
    "server/runtime/external/sender.py",
    "server/webhooks/rows/webhook_endpoints.py",
)
_NAMED: Final = {"reason", "error"}
_CALLED: Final = {"WebhookNotSent", "_failed"}


def _reasons(module: ast.Module) -> Iterator[str]:
    """Yields the constants recorded as a delivery's error or an endpoint's reason."""
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        given = [each.value for each in call.keywords if each.arg in _NAMED]
        for value in given + (call.args if name in _CALLED else []):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def _delivery(*, error: str | None, status: int | None = None) -> DeliveryMessage:
    return DeliveryMessage(
        id="msg_1",
        endpoint_id="ep_1",
        request_id="r1",
        event="request.signed",
        state="dead",
        attempts=1,
        next_at=None,
        status=status,
        error=error,
        created_at=0,
        ended_at=0,
    )


def test_each_recorded_reason_has_a_text() -> None:
    sources = [_ROOT / "src/mshield" / name for name in _RECORDED_BY]
    recorded = {code for file in sources for code in _reasons(ast.parse(file.read_text("utf-8")))}
    assert recorded >= {"gone", "removed", "status", "timeout", "address_forbidden"}
    assert recorded | {SealError.code, UnknownMasterKey.code} <= _WHY.keys()


def test_webhook_texts_equal_the_consoles() -> None:
    source = (_ROOT / "frontend/apps/console/src/words/jobs.ts").read_text("utf-8")
    for number, block in enumerate(
        re.findall(r"^    why: \{\n(.*?)^    \},$", source, re.DOTALL | re.MULTILINE)
    ):
        said = {
            code: json.loads(text) for code, text in re.findall(r'^ +(\w+): (".*"),$', block, re.MULTILINE)
        }
        said.pop("unknown")
        assert said == {code: _WHY[code][number] for code in said}


@pytest.mark.parametrize(
    ("delivery", "zh", "en"),
    [
        (_delivery(error=None, status=204), "HTTP 204", "HTTP 204"),
        (_delivery(error="status", status=500), "HTTP 500", "HTTP 500"),
        (_delivery(error="gone", status=500), *_WHY["gone"]),
        (_delivery(error="gone"), *_WHY["gone"]),
        (_delivery(error="ReadError"), "未送达（ReadError）", "Not accepted (ReadError)"),
        (_delivery(error=None), "-", "-"),
    ],
)
def test_outcome_of_a_delivery_is_shown_in_words(delivery: DeliveryMessage, zh: str, en: str) -> None:
    assert _outcome(Output(lang="zh", json=False), delivery) == zh
    assert _outcome(Output(lang="en", json=False), delivery) == en
