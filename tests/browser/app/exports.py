"""Export declarations of a business system with a view: of one item, with their own amount and party."""

import base64
import re
from pathlib import Path
from typing import Any, Final

from tests.browser.conftest import Party

_ROOT: Final = Path(__file__).parents[3]
SAMPLE: Final = _ROOT / "vectors" / "views" / "shipped" / "contents" / "single-window-export.xml"
_VIEW: Final = _ROOT / "client" / "src" / "mshield" / "views" / "shipped" / "single-window-export.view.json"
VIEW: Final = {"id": "example/single-window-export"}
_SECOND: Final = re.compile(r'  <商品 项号="2">.*?</商品>\n', re.DOTALL)


def with_view(party: Party) -> None:
    """Registers the view, once per party."""
    client_id = party.service.system["client_id"]
    views = party.service.command("business", "view", "list", client_id)
    if VIEW["id"] not in str(views):
        party.service.by_two("business", "view", "add", client_id, str(_VIEW), "--sample", str(SAMPLE))
        # A phone uses the view once the log has its registration.
        party.service.command("jobs", "run", "--once", "--job", "log")


def export(
    number: str, amount: str, *, currency: str = "USD", buyer: str = "Hanmi Trading Co., Ltd.", **more: Any
) -> dict[str, Any]:
    """Returns the document as the business system submits it."""
    name = {"USD": "美元", "EUR": "欧元"}[currency]
    text = _SECOND.sub("", SAMPLE.read_text("utf-8"))
    for old, new in (
        ("E20260000118473", number),
        ("186000.00", amount),
        ("138000.00", amount),
        ("USD", currency),
        ("美元", name),
        ("Musterhafen Handels GmbH", buyer),
    ):
        text = text.replace(old, new)
    content = base64.b64encode(text.encode()).decode()
    about = {"title": "出口货物报关单", "media_type": "application/xml", "format": "cms", "view": VIEW}
    return {**about, "content_b64": content, **more}


def long_export(goods: int) -> dict[str, Any]:
    """Returns a declaration with many goods, whose sum isn't the declared one."""
    document = export("E20260000118473", "186000.00")
    text = SAMPLE.read_text("utf-8")
    second = _SECOND.search(text)
    assert second is not None
    lines = (second[0].replace('项号="2"', f'项号="{n}"') for n in range(1, goods + 1))
    one = re.compile(r"  <商品 .*</商品>\n", re.DOTALL)
    return {**document, "content_b64": base64.b64encode(one.sub("".join(lines), text).encode()).decode()}
