"""A declaration as the document to sign: XML, and the lines that the phone shows beside it.

An import declaration is signed in E-Port's format (`xml`): the result is the XML with the signature inside. An export
gets a detached CMS (`cms`), which binds the lines too; the evidence always binds them.
"""

from typing import Any, Final
from xml.etree import ElementTree as ET

from mshield.client import Document, ViewName

from . import codes
from .form import line_total, total
from .sessions import Person
from .store import SentDocument

MEDIA_TYPE: Final = "application/xml"
IMPORT: Final = ViewName("example/single-window-import")
EXPORT: Final = ViewName("example/single-window-export")
"""Views by which the phone shows declarations; the shield's operator has registered both for this system."""


def to_send(
    position: int, declaration_id: int, number: str, declared: dict[str, Any], by: Person
) -> SentDocument:
    """Returns the documents to send for signing and to store."""
    return SentDocument(
        position=position,
        declaration_id=declaration_id,
        title=f"{codes.name(codes.DIRECTIONS, declared['direction'])}货物报关单 {number}",
        content=xml(number, declared, by),
        display=display(number, declared, by),
    )


def as_document(sent: SentDocument) -> Document:
    """Returns a document in the SDK's form, for requests and for verification."""
    is_import = sent.title.startswith(codes.name(codes.DIRECTIONS, "import"))
    return Document(
        title=sent.title,
        media_type=MEDIA_TYPE,
        content=sent.content,
        display=sent.display,
        format="xml" if is_import else "cms",
        view=IMPORT if is_import else EXPORT,
    )


def display(number: str, declared: dict[str, Any], by: Person) -> tuple[tuple[str, str], ...]:
    """Returns the lines for the phone; the amount comes before the other important ones."""
    lines = declared["lines"]
    first = lines[0]["name"]
    return (
        ("统一编号", number),
        ("申报总价", f"{total(lines)} {codes.name(codes.CURRENCIES, lines[0]['currency'])}"),
        ("申报地海关", f"{codes.name(codes.CUSTOMS, declared['customs'])}（{declared['customs']}）"),
        ("境内收发货人", by.organisation),
        ("境外收发货人", declared["abroad"]),
        ("商品", first if len(lines) == 1 else f"{first}等 {len(lines)} 项"),
        ("提运单号", declared["bill"]),
        ("监管方式", codes.name(codes.SUPERVISION, declared["supervision"])),
        ("毛重", f"{declared['gross']} 千克"),
        ("合同协议号", declared["contract"]),
    )


def xml(number: str, declared: dict[str, Any], by: Person) -> bytes:
    """Returns the declaration as XML; the same input gives the same bytes."""
    root = ET.Element(
        "报关单", {"版本": "1.0", "进出口标志": codes.name(codes.DIRECTIONS, declared["direction"])}
    )
    head = ET.SubElement(root, "表头")
    _put(head, "统一编号", number)
    _put(head, "境内收发货人", by.organisation, 统一社会信用代码=by.credit_code)
    _put(head, "境外收发货人", declared["abroad"])
    _coded(head, "申报地海关", codes.CUSTOMS, declared["customs"])
    _coded(head, "进出境关别", codes.CUSTOMS, declared["port"])
    _put(head, "进出口日期", declared["date"])
    _coded(head, "运输方式", codes.TRANSPORT, declared["transport"])
    _put(head, "运输工具名称及航次号", declared["vessel"])
    _put(head, "提运单号", declared["bill"])
    _coded(head, "监管方式", codes.SUPERVISION, declared["supervision"])
    _coded(head, "成交方式", codes.TERMS, declared["terms"])
    _coded(head, "启运国或运抵国", codes.COUNTRIES, declared["country"])
    _put(head, "合同协议号", declared["contract"])
    _put(head, "件数", declared["packages"])
    _put(head, "毛重", declared["gross"], 单位="千克")
    _put(head, "净重", declared["net"], 单位="千克")
    _put(head, "标记唛码及备注", declared["remarks"])
    _put(head, "申报人员", by.name)
    for place, line in enumerate(declared["lines"], 1):
        _line(root, place, line)
    _put(root, "申报总价", str(total(declared["lines"])), 币制=declared["lines"][0]["currency"])
    _put(root, "声明", "兹申明对以上内容承担如实申报、依法纳税之法律责任。")
    ET.indent(root)
    written: bytes = ET.tostring(root, "utf-8", xml_declaration=True)
    return written


def _line(root: ET.Element, place: int, line: dict[str, str]) -> None:
    goods = ET.SubElement(root, "商品", {"项号": str(place)})
    _put(goods, "商品编号", line["hs"])
    _put(goods, "商品名称", line["name"])
    _put(goods, "规格型号", line["spec"])
    _put(goods, "数量", line["quantity"], 单位=codes.name(codes.UNITS, line["unit"]))
    _put(goods, "单价", line["price"])
    _put(goods, "总价", str(line_total(line)))
    _coded(goods, "币制", codes.CURRENCIES, line["currency"])
    _coded(goods, "原产国", codes.COUNTRIES, line["origin"])


def _put(parent: ET.Element, name: str, value: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = value


def _coded(parent: ET.Element, name: str, table: codes.Table, code: str) -> None:
    _put(parent, name, codes.name(table, code), 代码=code)
