/** XML signed in canonical form is shown from the parse that was checked, or not at all. */

import { readOptions } from "@mshield/forms";
import { canonicalDocument, readXml, xmlMessage } from "@mshield/forms/xml.ts";
import { utf8 } from "@mshield/gm";
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

import { contentOf, type DocumentContent } from "../src/screens/request/confirm/content.ts";
import type { Lines } from "../src/screens/request/confirm/lines.ts";
import { xmlLines } from "../src/screens/request/confirm/xml_lines.ts";

vi.mock("../src/screens/request/confirm/xml_lines.ts", { spy: true });

const options = readOptions("xml", { profile: "eport-2022", key_name: "shield" });
const example = (): Uint8Array =>
  new Uint8Array(readFileSync(new URL("../../../../examples/declaration.xml", import.meta.url)));

const xml = (content: Uint8Array, message = xmlMessage(content, "eport-2022")): DocumentContent => ({
  content,
  mediaType: "application/xml",
  format: "xml",
  message,
  options,
});
const read = (lines: Lines): unknown => lines.shown(0, lines.count);
const shown = (of: DocumentContent): unknown => {
  const content = contentOf(of);
  return "lines" in content ? read(content.lines) : content.kind;
};
/** Returns one text per line, without its parts. */
const texts = (lines: unknown): string[] =>
  (lines as { depth: number; parts: { text: string }[] }[]).map(
    ({ depth, parts }) => " ".repeat(depth) + parts.map(({ text }) => text).join(""),
  );

test.for([
  canonicalDocument(readXml(example())),
  utf8('<a xmlns="urn:a" xmlns:b="urn:b" c="1" b:d=">&quot;">\n <b:e>&lt;&amp;&gt;</b:e>one<f></f>two\n</a>'),
  utf8("<a>&amp;#65;<b> </b> <c>\u3000</c>\u3000</a>"),
  utf8('<a>&#xD;<b c="&#xA;&#x9;">\u202E1</b></a>'),
  utf8(`<a>${"x".repeat(2500)}<b>${"&amp;".repeat(300)}</b></a>`),
  utf8(`${"<a>".repeat(64)}1${"</a>".repeat(64)}`),
])("canonical content %# is shown completely, without the other parser", (content) => {
  vi.mocked(xmlLines).mockClear();
  const lines = shown(xml(content));
  expect(xmlLines).not.toHaveBeenCalled();
  const other = texts(read(xmlLines(new TextDecoder().decode(content))!));
  expect(texts(lines).join("").replaceAll(/\s/g, "")).toBe(other.join("").replaceAll(/\s/g, ""));
});

test("lines are indented like those of other XML", () => {
  expect(texts(shown(xml(utf8('<a b="1"><c>x &lt; y</c> <d></d>z<e><f></f></e></a>'))))).toEqual([
    '<a b="1">',
    " <c>x < y</c>",
    " <d></d>",
    " z",
    " <e>",
    "  <f></f>",
    " </e>",
    "</a>",
  ]);
});

test.for(["<a b='1'></a>", "<a/>", "<a></a>\n", "<a>&#65;</a>", "<a><![CDATA[1]]></a>", "text"])(
  "%s isn't canonical and isn't shown",
  (content) => {
    expect(shown(xml(utf8(content), xmlMessage(utf8("<a></a>"), "eport-2022")))).toBe("other");
  },
);

test("a document that doesn't match the SignedInfo isn't shown", () => {
  expect(shown(xml(utf8("<a>2</a>"), xmlMessage(utf8("<a>1</a>"), "eport-2022")))).toBe("other");
});
