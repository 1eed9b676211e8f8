"""A small view (展示规则) of a business system's orders, in any number of versions, with a content."""

import base64
import json
from typing import Any, Final

CONTENT: Final = '{"number":"DD-2026-7","buyer":"云帆示例国际贸易有限公司","note":"易碎"}'.encode()
VIEW_ID: Final = "example/order"


def small_view(version: int = 1, *, ignore: tuple[str, ...] = (), view_id: str = VIEW_ID) -> bytes:
    """Returns the view's file: number and buyer are rows, `ignore` names fields to omit, the rest is listed."""
    rows = [{"label": "订单号", "path": "number"}, {"label": "买方", "path": "buyer"}]
    view: dict[str, Any] = {
        "type": "mshield-view/v1",
        "id": view_id,
        "version": version,
        "content": "json",
        "title": "订单" if version == 1 else f"订单（第 {version} 版）",
        "body": [{"label": "要点", "rows": rows}],
    }
    if ignore:
        view["ignore"] = list(ignore)
    return json.dumps(view, ensure_ascii=False, indent=1).encode()


def handed_in(view: bytes, *contents: bytes, **more: str) -> dict[str, Any]:
    """Returns a submission in the form of the console's API."""
    samples = [
        {"name": f"订单 {number}.json", "content_b64": base64.b64encode(content).decode()}
        for number, content in enumerate(contents or (CONTENT,), 1)
    ]
    return {"view_b64": base64.b64encode(view).decode(), "samples": samples, **more}
