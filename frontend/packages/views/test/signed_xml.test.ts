/**
 * XML that is signed in its canonical form is rendered and compared from the parse that was checked, and from
 * no other.
 */

import { readFileSync } from "node:fs";

import { canonicalDocument, readXml, requireCanonical, xmlMessage } from "@mshield/forms/xml.ts";
import * as reader from "@mshield/forms/xml.ts";
import { utf8 } from "@mshield/gm";
import { expect, test, vi } from "vitest";

import { documentTree } from "../src/content/xml_document.ts";
import { xmlTree } from "../src/content/xml_tree.ts";
import * as trees from "../src/content/xml_tree.ts";
import type { Node } from "../src/content/tree.ts";
import { type DocumentOrder, drawView, readDocument, readView } from "../src/index.ts";

vi.mock("../src/content/xml_tree.ts", { spy: true });
vi.mock("../../forms/src/xml/reader.ts", { spy: true });

const SHIPPED = new URL("../../../../vectors/views/shipped/", import.meta.url);
const read = (file: string): Uint8Array => new Uint8Array(readFileSync(new URL(file, SHIPPED)));
const VIEWS = ["declaration", "single-window-import", "single-window-export"];
const said = { title: "报关单", lines: [["总价", "1"]] } as const;

function order(content: Uint8Array, more: Partial<DocumentOrder> = {}): DocumentOrder {
  const signedXml = { message: xmlMessage(content, "eport-2022"), profile: "eport-2022" as const };
  return { kind: "xml", content, view: null, said, signedXml, ...more };
}

const canonical = (content: Uint8Array): Uint8Array => canonicalDocument(readXml(content));

/** Flattens a tree, for comparison. */
const plain = ({ step, text, attributes, children }: Node): unknown => [
  step,
  text,
  attributes.map(plain),
  children.map(plain),
];

test.for(VIEWS)("renders and compares %s as the other reader does, without calling it", (name) => {
  const content = canonical(read(`contents/${name}.xml`));
  const view = read(`${name}.view.json`);
  const asUsual = [view, null].map((by) => readDocument(order(content, { view: by, signedXml: null })));
  const drawn = drawView(readView(view), content);
  const wanted = [order(content, { view }), order(content)];
  vi.mocked(trees.xmlTree).mockClear();
  vi.mocked(reader.readXml).mockClear();
  const readings = wanted.map(readDocument);
  expect(readings).toEqual(asUsual);
  expect(readings[0]!.drawn!.digest).toBe(drawn.digest);
  expect(trees.xmlTree).not.toHaveBeenCalled();
  expect(reader.readXml).toHaveBeenCalledTimes(2);
});

test.for(["<a b='1'></a>", "<a/>", "<a></a>\n", "<a><!-- 1 --></a>", "<a>"])(
  "refuses to render %s, which is not canonical",
  (content) => {
    expect(() => readDocument(order(utf8("<a></a>"), { content: utf8(content) }))).toThrow();
  },
);

test("refuses to render XML that belongs to another SignedInfo", () => {
  const { signedXml } = order(utf8("<a>1</a>"));
  expect(() => readDocument(order(utf8("<a>2</a>"), { signedXml }))).toThrow("another document's");
  const other = { ...signedXml!, profile: "eport-2023" as const };
  expect(() => readDocument(order(utf8("<a>1</a>"), { signedXml: other }))).toThrow("another document's");
});

/** Returns the tree, or "refused". */
function tree(by: () => Node): unknown {
  try {
    return plain(by());
  } catch {
    return "refused";
  }
}

const long = "n".repeat(201);
const many = (count: number, of: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => of(n)).join("");
const number = (n: number): string => String(n).padStart(4, "0");

test.for([
  '<a xmlns="urn:a" xmlns:b="urn:b" c="1" b:d="&quot;&#x9;"><b:e> &amp;&lt;&gt;&#xD;</b:e><f xmlns=""></f>\n</a>',
  '<a>\n <b xmlns:x="urn:x"><x:c></x:c></b>\n <b xmlns:x="urn:y"><x:c x:d="1"></x:c></b>\n</a>',
  "<a>text<b></b></a>",
  "<a><b></b>text</a>",
  `<${long}></${long}>`,
  `<a ${long}="1"></a>`,
  `<a xmlns:${"n".repeat(194)}="urn:a"></a>`,
  `<a xmlns:${"n".repeat(195)}="urn:a"></a>`,
  `<a xmlns="urn:${"n".repeat(197)}"></a>`,
  `<a${many(256, (n) => ` a${number(n)}="1"`)}></a>`,
  `<a${many(257, (n) => ` a${number(n)}="1"`)}></a>`,
  `<a${many(98, (n) => ` xmlns:a${number(n)}="urn:a"`)}></a>`,
  `<a${many(99, (n) => ` xmlns:a${number(n)}="urn:a"`)}></a>`,
  "<xml:a></xml:a>",
  `${"<a>".repeat(64)}${"</a>".repeat(64)}`,
])("both readers give the same tree of canonical content %#, or both refuse it", (content) => {
  const octets = utf8(content);
  const document = requireCanonical(octets);
  expect(tree(() => documentTree(document))).toEqual(tree(() => xmlTree(octets)));
});
