/** Runs vectors of views: each case's answer must equal its file's, octet by octet. */

import { canonicalText } from "@mshield/forms";
import { utf8 } from "@mshield/gm";

import { compareContent, compareDrawn, type ContentKind, type Description } from "../compare/compare.ts";
import { drawView } from "../drawing/draw.ts";
import { ViewError } from "../errors.ts";
import { readView } from "../view/read_view.ts";

/** A case with its files' octets; without a view, the content's kind determines how it is parsed. */
export interface Case {
  readonly kind: "draw" | "compare";
  readonly view: Uint8Array | null;
  readonly content: Uint8Array;
  readonly contentKind: ContentKind;
  readonly summary: Description;
}

interface Listed {
  readonly name: string;
  readonly kind: Case["kind"];
  readonly view?: string;
  readonly content: string | Repeated;
  readonly content_kind?: ContentKind;
  readonly summary?: Description;
  readonly expect: string | { readonly at: string; readonly error: string };
}

interface Repeated {
  readonly before: string;
  readonly unit: string;
  readonly times: number;
  readonly after: string;
}

/** Returns the answer as canonical text. */
export function runCase({ kind, view, content, contentKind, summary }: Case): string {
  try {
    if (view === null) {
      return canonicalText(compareContent(summary, contentKind, content));
    }
    const { lines, octets } = drawView(readView(view), content);
    return kind === "draw" ? text(octets) : canonicalText(compareDrawn(summary, lines));
  } catch (error) {
    if (error instanceof ViewError) {
      return canonicalText({ at: error.at, error: error.code });
    }
    throw error;
  }
}

/** Runs all cases; `read` returns a file of the vectors' folder. */
export function runVectors(read: (file: string) => Uint8Array): {
  readonly passed: number;
  readonly failures: readonly string[];
} {
  const { cases } = JSON.parse(text(read("index.json"))) as { cases: readonly Listed[] };
  const failures = cases.flatMap((listed) => {
    const expected =
      typeof listed.expect === "string" ? text(read(listed.expect)) : canonicalText(listed.expect);
    const got = tried(() => runCase(caseOf(listed, read)));
    return got === expected ? [] : [`${listed.name}: ${got.slice(0, 2000)}`];
  });
  return { passed: cases.length - failures.length, failures };
}

function tried(answer: () => string): string {
  try {
    return answer();
  } catch (error) {
    return String(error);
  }
}

function caseOf(
  { kind, view, content, content_kind, summary }: Listed,
  read: (file: string) => Uint8Array,
): Case {
  return {
    kind,
    view: view === undefined ? null : read(view),
    content: typeof content === "string" ? read(content) : repeated(content),
    contentKind: content_kind ?? "text",
    summary: summary ?? { title: "", lines: [] },
  };
}

const repeated = ({ before, unit, times, after }: Repeated): Uint8Array =>
  utf8(`${before}${unit.repeat(times)}${after}`);

const text = (octets: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(octets);
