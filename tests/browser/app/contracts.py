"""A realistic contract: printed by a browser, with its fonts, with a given number of pages."""

from typing import Final

from playwright.sync_api import Browser

_HEAD: Final = """<!doctype html><meta charset=utf-8><style>
@page { size: 150mm 170mm; margin: 0 } body { margin: 0; font: 17px/1.75 "Noto Serif CJK SC", serif }
section { height: 170mm; box-sizing: border-box; padding: 9mm 12mm; break-after: page; position: relative }
h2 { font-size: 17px; margin: 0 } p { margin: 0 0 14px } footer { position: absolute; bottom: 8mm; left: 0; right: 0;
text-align: center; color: #666; font-size: 14px }</style>"""
_CLAUSES: Final = {
    "价格与付款": (
        "合同总价为人民币壹佰贰拾捌万肆仟元整（¥1,284,000.00），含税，税率 13%。买方应于本合同生效后 10 个工作日内"
        "支付总价的 30% 作为预付款，即人民币 385,200.00 元。货物验收合格后 30 日内，买方支付总价的 65%。"
    ),
    "交货": (
        "交货地点：宁波市北仑区示例路 88 号云帆示例仓库。交货期限：2027 年 1 月 20 日前分两批交齐，"
        "首批不少于总数的 60%。"
    ),
    "违约责任": "逾期交货的，每逾期一日按未交货物价款的万分之五支付违约金。",
}


def printed(browser: Browser, pages: int = 5) -> bytes:
    """Returns the PDF written by Chromium."""
    page = browser.new_page()
    try:
        page.set_content(_HEAD + "".join(_section(number, pages) for number in range(1, pages + 1)))
        return page.pdf(prefer_css_page_size=True)
    finally:
        page.close()


def _section(number: int, pages: int) -> str:
    clauses = "".join(
        f"<h2>第{number}.{n} 条　{title}</h2><p>{text}</p>"
        for n, (title, text) in enumerate(_CLAUSES.items(), 1)
    )
    return f"<section>{clauses}<footer>第 {number} 页 共 {pages} 页</footer></section>"
