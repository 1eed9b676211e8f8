/** What is shown of a document: nothing left out, nothing hidden, nothing that reads otherwise than it is signed. */

import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { amountOf } from "../src/screens/request/confirm/amount.ts";
import { contentOf } from "../src/screens/request/confirm/content.ts";
import { fingerprint, shortened } from "../src/screens/request/confirm/fingerprint.ts";
import { honest } from "@mshield/look/honest_text.ts";
import { jsonLines } from "../src/screens/request/confirm/json_lines.ts";
import { drawn, type ShownLine, textLines } from "../src/screens/request/confirm/lines.ts";
import { xmlLines } from "../src/screens/request/confirm/xml_lines.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (lines: readonly ShownLine[] | null): string[] | null =>
  lines && lines.map(({ depth, parts }) => "  ".repeat(depth) + parts.map(({ text }) => text).join(""));

test("characters that hide or turn others around are written out", () => {
  expect(honest("总价\u202E000621\u202C")).toBe("总价[U+202E]000621[U+202C]");
  expect(honest("a\u200Bb\u0000c\u00ADd\uFEFF")).toBe("a[U+200B]b[U+0000]c[U+00AD]d[U+FEFF]");
  expect(honest("\u{E0041}x\uD800")).toBe("[U+E0041]x[U+D800]");
  expect(honest("林知远 𠮷 é\t\n“”")).toBe("林知远 𠮷 é\t\n“”");
});

describe("XML", () => {
  test("is indented", () => {
    expect(
      read(xmlLines('<?xml version="1.0"?>\n<a v="1"><b>x &lt; y</b><c/><d></d><!-- n --></a>')),
    ).toEqual([
      '<?xml version="1.0"?>',
      '<a v="1">',
      "  <b>x < y</b>",
      "  <c/>",
      "  <d></d>",
      "  <!-- n -->",
      "</a>",
    ]);
  });
  test("keeps mixed content, CDATA and references in their order", () => {
    expect(read(xmlLines("<a>one<b>two</b>three<![CDATA[<四>]]>&#x4E94;&other;</a>"))).toEqual([
      "<a>",
      "  one",
      "  <b>two</b>",
      "  three",
      "  <![CDATA[<四>]]>",
      "  五&other;",
      "</a>",
    ]);
  });
  test.for([
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "<a><b></a></b>",
    "<a>",
    "</a>",
    "a < b",
    '<a v="<">x</a>',
    "",
  ])("%s is shown as it is", (text) => {
    expect(xmlLines(text)).toBeNull();
  });
  test("an escaped direction mark is seen too", () => {
    const { kind, lines } = contentOf({
      content: bytes("<a>&#x202E;1</a>"),
      mediaType: "application/xml",
    }) as { kind: string; lines: ShownLine[] };
    expect([kind, read(lines)]).toEqual(["xml", ["<a>[U+202E]1</a>"]]);
  });
  test("nothing of the example is lost", () => {
    const text = readFileSync(new URL("../../../../examples/declaration.xml", import.meta.url), "utf8");
    const blank = /\s+/g;
    expect(read(xmlLines(text))!.join("").replaceAll(blank, "")).toBe(text.replaceAll(blank, ""));
  });
});

describe("JSON", () => {
  test("is indented; its tokens stay", () => {
    expect(read(jsonLines('{"a":1.10,"a":[9007199254740993,{}],"b":"\\u6cf5\\n\\u0022"}'))).toEqual([
      "{",
      '  "a": 1.10,',
      '  "a": [',
      "    9007199254740993,",
      "    {}",
      "  ],",
      '  "b": "泵\\n\\u0022"',
      "}",
    ]);
  });
  test("what isn't JSON is shown as it is", () => {
    expect(jsonLines("{a:1}")).toBeNull();
    expect(contentOf({ content: bytes("{a:1}"), mediaType: "application/json" })).toMatchObject({
      kind: "json",
      lines: [{ depth: 0, parts: [{ text: "{a:1}" }] }],
    });
  });
});

describe("other content", () => {
  const gbk = Uint8Array.from([0xd7, 0xdc, 0xbc, 0xdb]);

  test("a text in the charset that it names", () => {
    expect(contentOf({ content: gbk, mediaType: "text/plain; charset=GBK" })).toMatchObject({
      kind: "text",
      lines: [{ parts: [{ text: "总价" }] }],
    });
  });
  test("XML in the encoding that it declares", () => {
    const head = bytes('<?xml version="1.0" encoding="gb2312"?><a>');
    const content = Uint8Array.from([...head, ...gbk, ...bytes("</a>")]);
    expect(contentOf({ content, mediaType: "text/xml" })).toMatchObject({ kind: "xml" });
  });
  test.for([
    [gbk, "text/plain"],
    [gbk, "text/plain; charset=no-such"],
    [bytes("%PDF"), "application/pdf"],
    [bytes("x"), "image/svg"],
  ] as const)("%s as %s is not shown", ([content, mediaType]) => {
    expect(contentOf({ content, mediaType })).toEqual({ kind: "other" });
  });
  test("what stays with the business system", () => {
    expect(contentOf({ content: null, mediaType: "text/plain" })).toEqual({ kind: "absent" });
  });
  test("long lines are several, and lose nothing", () => {
    const text = "总".repeat(2500);
    const lines = drawn(textLines(text));
    expect(lines).toHaveLength(3);
    expect(read(lines)!.join("")).toBe(text);
  });
});

const at = (value: string, label = "申报总价"): ReturnType<typeof amountOf> =>
  amountOf([
    { label: "编号", value: "1" },
    { label, value },
  ]);

describe("the amount", () => {
  test.for([
    ["126000.00 欧元", "欧元", "126,000.00"],
    ["USD 186,000.00", "USD", "186,000.00"],
    ["¥1234567", "¥", "1,234,567"],
    ["12元", "元", "12"],
  ] as const)("%s", ([value, currency, number]) => {
    expect(at(value)?.amount).toEqual({ label: "申报总价", currency, number });
  });
  test.for(["126000", "约 126000 元", "12,60 元", "1e5 元", "USD 5 元", "-5 元", "", "126000.00 欧元 起"])(
    "%s stays a field",
    (value) => {
      expect(at(value)).toBeNull();
    },
  );
  test("a number that is no amount", () => {
    expect(at("5 元", "统一编号")).toBeNull();
  });
});

test("the fingerprint in groups, and short", () => {
  const groups = fingerprint({ content: bytes("abc"), message: bytes("") });
  // GB/T 32905-2016, A.1.
  expect(groups).toBe("66C7 F0F4 62EE EDD9 D1F2 D46B DC10 E4E2 4167 C487 5CF2 F7A2 297D A02B 8F4B A8E0");
  expect(shortened(groups)).toBe("66C7 F0F4 … A8E0");
});
