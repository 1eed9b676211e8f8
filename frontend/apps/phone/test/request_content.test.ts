/**
 * Display of a document's content: nothing omitted, nothing hidden, nothing that reads differently from what
 * is signed.
 */

import { DISPLAY_OID, readOptions } from "@mshield/forms";
import { readFileSync } from "node:fs";
import process from "node:process";

import type { Task } from "@mshield/shield";
import { describe, expect, test } from "vitest";

import { amountOf } from "../src/screens/request/confirm/amount.ts";
import { contentOf } from "../src/screens/request/confirm/content.ts";
import { fingerprint, shortenDigest } from "../src/screens/request/confirm/fingerprint.ts";
import { honest } from "@mshield/look/honest_text.ts";
import { jsonLines } from "../src/screens/request/confirm/json_lines.ts";
import { type Lines, textLines } from "../src/screens/request/confirm/lines.ts";
import { xmlLines } from "../src/screens/request/confirm/xml_lines.ts";

const OPTIONS = readOptions("cms", { display_oid: DISPLAY_OID });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (lines: Lines | null): string[] | null =>
  lines &&
  lines
    .shown(0, lines.count)
    .map(({ depth, parts }) => "  ".repeat(depth) + parts.map(({ text }) => text).join(""));
const shownOf = (part: {
  content: Uint8Array | null;
  mediaType: string;
  format?: Task["format"];
  message?: Uint8Array;
  options?: Task["options"];
}): unknown => {
  const content = contentOf({ format: "cms", message: bytes(""), options: OPTIONS, ...part });
  return "lines" in content ? [content.kind, read(content.lines)] : content.kind;
};

test("hidden and direction-changing characters are made visible", () => {
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
  test("keeps mixed content, CDATA and references in order", () => {
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
  test("an escaped direction mark is made visible", () => {
    const xml = { content: bytes("<a>&#x202E;1</a>"), mediaType: "application/xml" };
    expect(shownOf(xml)).toEqual(["xml", ["<a>[U+202E]1</a>"]]);
  });
  test("the whole example is shown", () => {
    const text = readFileSync(new URL("../../../../examples/declaration.xml", import.meta.url), "utf8");
    const blank = /\s+/g;
    expect(read(xmlLines(text))!.join("").replaceAll(blank, "")).toBe(text.replaceAll(blank, ""));
  });
});

describe("JSON", () => {
  test("is indented, with its tokens unchanged", () => {
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
  test("text that isn't JSON is shown as it is", () => {
    expect(jsonLines("{a:1}")).toBeNull();
    expect(shownOf({ content: bytes("{a:1}"), mediaType: "application/json" })).toEqual(["json", ["{a:1}"]]);
  });
});

describe("other content", () => {
  const gbk = Uint8Array.from([0xd7, 0xdc, 0xbc, 0xdb]);

  test("a text is decoded by its named charset only if the charset is signed", () => {
    for (const mediaType of ["text/plain; charset=GBK", "text/plain; charset=gb18030"]) {
      expect(shownOf({ content: gbk, mediaType })).toEqual(["text", ["总价"]]);
      expect(shownOf({ content: gbk, mediaType, format: "raw" })).toBe("other");
    }
  });
  test("XML is decoded by its declared encoding", () => {
    const head = bytes('<?xml version="1.0" encoding="gb2312"?><a>');
    const content = Uint8Array.from([...head, ...gbk, ...bytes("</a>")]);
    const shown = ["xml", ['<?xml version="1.0" encoding="gb2312"?>', "<a>总价</a>"]];
    expect(shownOf({ content, mediaType: "text/xml", format: "raw" })).toEqual(shown);
    expect(shownOf({ content, mediaType: "text/xml; charset=gb18030", format: "raw" })).toEqual(shown);
    expect(shownOf({ content, mediaType: "text/xml; charset=utf-8" })).toBe("other");
  });
  test("a byte order mark is made visible", () => {
    expect(shownOf({ content: bytes("\uFEFFx"), mediaType: "text/plain" })).toEqual(["text", ["[U+FEFF]x"]]);
  });
  test.for([
    [gbk, "text/plain"],
    [gbk, "text/plain; charset=no-such"],
    [gbk, "text/plain; charset=us-ascii"],
    [bytes("总"), "text/plain; charset=us-ascii"],
    [Uint8Array.from([0x61, 0, 0x62, 0]), "text/plain; charset=utf-16"],
    [bytes("x"), "text/plain; charset=x-user-defined"],
    [bytes("x"), "text/plain; charset=iso-8859-1"],
    [bytes("1"), "application/json; charset=gb18030"],
    [bytes('<?xml version="1.0" encoding="ISO-8859-1"?><a/>'), "application/xml"],
    [bytes("%PDF"), "application/pdf+x"],
    [bytes("x"), "image/svg"],
  ] as const)("%s as %s is not shown", ([content, mediaType]) => {
    expect(shownOf({ content, mediaType })).toBe("other");
  });
  test("content that stays with the business system is absent", () => {
    expect(shownOf({ content: null, mediaType: "text/plain" })).toBe("absent");
  });
  test("long lines are split without loss", () => {
    const text = "总".repeat(2500);
    const lines = textLines(text);
    expect(lines.count).toBe(3);
    expect(read(lines)!.join("")).toBe(text);
  });
});

describe("any content of 5 MB is read within a second", () => {
  const SIZE = 5 * 1024 * 1024;
  const of = (text: string): string => text.repeat(Math.floor(SIZE / text.length));
  const written: Readonly<Record<string, readonly [(text: string) => Lines | null, string]>> = {
    "openings of comments": [xmlLines, of("<!--")],
    "openings of CDATA": [xmlLines, of("<![CDATA[")],
    "openings of instructions": [xmlLines, of("<?")],
    "a value that isn't closed": [xmlLines, `<a b="${of("x")}`],
    "a name that isn't closed": [xmlLines, `<a></${of("a")}`],
    "blanks in a closing tag": [xmlLines, `<a></a${of(" ")}x>`],
    elements: [xmlLines, `<r>${of("<a/>")}</r>`],
    "elements in elements": [xmlLines, "<a>".repeat(700_000) + "</a>".repeat(700_000)],
    references: [xmlLines, `<a>${of("&#65;")}</a>`],
    "a string of escapes": [jsonLines, `"${of("\\n")}"`],
    numbers: [jsonLines, `[${of("1,")}1]`],
    brackets: [jsonLines, of("[")],
    blanks: [jsonLines, `[${of(" ")}]`],
    "ends of lines": [textLines, of("\n")],
  };
  test.for(Object.entries(written))("%s", ([, [reader, text]]) => {
    const before = process.cpuUsage();
    const lines = reader(text);
    lines?.shown(0, 200);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
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
    "%s isn't an amount",
    (value) => {
      expect(at(value)).toBeNull();
    },
  );
  test("a number under another label isn't an amount", () => {
    expect(at("5 元", "统一编号")).toBeNull();
  });
});

test("the digest in groups, whole and shortened", () => {
  const groups = fingerprint({
    content: bytes("abc"),
    message: bytes(""),
    format: "raw",
    options: readOptions("raw", undefined),
    signingTime: null,
  });
  // GB/T 32905-2016, A.1.
  expect(groups).toBe("66C7 F0F4 62EE EDD9 D1F2 D46B DC10 E4E2 4167 C487 5CF2 F7A2 297D A02B 8F4B A8E0");
  expect(shortenDigest(groups)).toBe("66C7 F0F4 … A8E0");
});
