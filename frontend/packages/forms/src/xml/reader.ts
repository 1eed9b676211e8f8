/**
 * XML 1.0 with namespaces, as a flat list of its items in order; no DOCTYPE, no recursion, linear time.
 * Prefixes, declarations and processing instructions are kept as Canonical XML writes them; comments are
 * dropped.
 */

import { XmlError } from "../errors.ts";
import { utf8Text } from "../strict_json.ts";
import { QUALIFIED_NAME, XML_NAMESPACE, XMLNS_NAMESPACE } from "./names.ts";

const MAX_OCTETS = 8 * 1024 * 1024;
const MAX_DEPTH = 256;
/** Maximum attributes and declarations of one element. */
const MAX_ATTRIBUTES = 1000;
// oxlint-disable-next-line no-control-regex -- just what XML's Char leaves out
const NO_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.0"|'1\.0')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"[uU][tT][fF]-8"|'[uU][tT][fF]-8'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;
const SPACE = /[ \t\n]+/y;
const VALUE = /[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const END = /[ \t\n]*(\/?)>/y;
const CLOSING_END = /[ \t\n]*>/y;
const ENTITIES = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** An attribute; `namespace` is empty without a prefix. */
export interface Attribute {
  readonly prefix: string;
  readonly local: string;
  readonly namespace: string;
  readonly value: string;
}

/**
 * Start of an element: `parent` is the index of the parent's start in the list (-1 for none), `end` that of
 * its own end.
 */
export interface Start {
  readonly kind: "start";
  readonly prefix: string;
  readonly local: string;
  readonly namespace: string;
  readonly declared: readonly (readonly [prefix: string, uri: string])[];
  readonly attributes: readonly Attribute[];
  readonly parent: number;
  end: number;
}

export type Item =
  | Start
  | { readonly kind: "end" }
  | { readonly kind: "instruction"; readonly target: string; readonly data: string }
  | { readonly kind: "text"; readonly text: string };

/** All items, and the index of the document element's start. */
export interface XmlDocument {
  readonly items: readonly Item[];
  readonly root: number;
  readonly hasComments: boolean;
}

/** Parses a document. Throws: XmlError `xml_structure`. */
export function readXml(octets: Uint8Array): XmlDocument {
  if (octets.length > MAX_OCTETS) {
    throw refused("too long");
  }
  const text = decoded(octets);
  if (NO_CHARACTER.test(text)) {
    throw refused("a character that XML doesn't know");
  }
  return new Reading(text.startsWith("\ufeff") ? text.slice(1) : text).document();
}

interface Open {
  readonly place: number;
  readonly written: string;
  readonly hidden: readonly (readonly [prefix: string, before: string | undefined])[];
}

class Reading {
  readonly #text: string;
  readonly #items: Item[] = [];
  readonly #open: Open[] = [];
  readonly #scope = new Map([["xml", XML_NAMESPACE]]);
  #at = 0;
  #root = -1;
  #hasComments = false;

  constructor(text: string) {
    this.#text = text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text;
  }

  document(): XmlDocument {
    this.#match(DECLARATION);
    while (this.#at < this.#text.length) {
      const next = this.#text.indexOf("<", this.#at);
      const start = next < 0 ? this.#text.length : next;
      if (start > this.#at) {
        this.#takeText(this.#text.slice(this.#at, start));
        this.#at = start;
      } else {
        this.#takeMarkup();
      }
    }
    if (this.#root < 0 || this.#open.length > 0) {
      throw refused("no whole element");
    }
    return { items: this.#items, root: this.#root, hasComments: this.#hasComments };
  }

  #takeText(raw: string): void {
    if (this.#open.length === 0) {
      if (/[^ \t\n]/.test(raw)) {
        throw refused("text outside of the document element");
      }
      return;
    }
    if (raw.includes("]]>")) {
      throw refused("the end of a section that hasn't begun");
    }
    this.#items.push({ kind: "text", text: resolved(raw) });
  }

  #takeMarkup(): void {
    const isAt = (what: string): boolean => this.#text.startsWith(what, this.#at);
    if (isAt("</")) {
      this.#takeClosing();
    } else if (isAt("<!--")) {
      const end = this.#after("--", this.#at + 4);
      if (!this.#text.startsWith("-->", end)) {
        throw refused("-- in a comment");
      }
      this.#hasComments = true;
      this.#at = end + 3;
    } else if (isAt("<?")) {
      this.#takeInstruction();
    } else if (isAt("<![CDATA[") && this.#open.length > 0) {
      const end = this.#after("]]>", this.#at);
      this.#items.push({ kind: "text", text: this.#text.slice(this.#at + 9, end) });
      this.#at = end + 3;
    } else {
      this.#takeOpening(); // a DOCTYPE is not an opening tag
    }
  }

  #after(what: string, at: number): number {
    const end = this.#text.indexOf(what, at);
    if (end < 0) {
      throw refused(`no ${what}`);
    }
    return end;
  }

  #takeInstruction(): void {
    this.#at += 2;
    const name = this.#match(QUALIFIED_NAME);
    const isSpace = this.#match(SPACE) !== null;
    const isOver = this.#text.startsWith("?>", this.#at);
    if (name === null || name[1] !== undefined || name[2]!.toLowerCase() === "xml" || !(isSpace || isOver)) {
      throw refused("a processing instruction without a name");
    }
    const end = this.#after("?>", this.#at);
    this.#items.push({ kind: "instruction", target: name[2]!, data: this.#text.slice(this.#at, end) });
    this.#at = end + 2;
  }

  #takeOpening(): void {
    this.#at += 1;
    const name = this.#match(QUALIFIED_NAME);
    const isSecond = this.#root >= 0 && this.#open.length === 0;
    if (name === null || isSecond || this.#open.length >= MAX_DEPTH) {
      throw refused("no start tag, one after the document element, or one too deep");
    }
    const written = this.#attributes();
    const end = this.#match(END);
    if (end === null) {
      throw refused("a start tag without end");
    }
    this.#begin(name[0], name[1] ?? "", name[2]!, written);
    if (end[1] !== "") {
      this.#close();
    }
  }

  #attributes(): (readonly [prefix: string, local: string, value: string])[] {
    const written: (readonly [string, string, string])[] = [];
    const names = new Set<string>();
    for (;;) {
      const start = this.#at;
      const name = this.#match(SPACE) === null ? null : this.#match(QUALIFIED_NAME);
      const value = name === null ? null : this.#match(VALUE);
      if (name === null || value === null) {
        this.#at = start;
        return written;
      }
      const raw = (value[1] ?? value[2]!).replaceAll(/[\n\t]/g, " ");
      written.push([name[1] ?? "", name[2]!, resolved(raw)]);
      names.add(name[0]);
      if (names.size < written.length || written.length > MAX_ATTRIBUTES) {
        throw refused("an attribute twice, or too many");
      }
    }
  }

  #begin(
    name: string,
    prefix: string,
    local: string,
    written: readonly (readonly [prefix: string, local: string, value: string])[],
  ): void {
    const declared = written
      .filter(isDeclaration)
      .map(([before, after, uri]) => [before === "" ? "" : after, uri] as const);
    const hidden = declared.map(([one, uri]) => {
      requireNamespace(one, uri);
      const before = this.#scope.get(one);
      this.#scope.set(one, uri);
      return [one, before] as const;
    });
    const attributes = written
      .filter((one) => !isDeclaration(one))
      .map(([before, after, value]) => ({
        prefix: before,
        local: after,
        namespace: before === "" ? "" : this.#namespace(before),
        value,
      }));
    if (new Set(attributes.map((one) => `${one.namespace} ${one.local}`)).size !== attributes.length) {
      throw refused("an attribute twice");
    }
    const [place, parent] = [this.#items.length, this.#open.at(-1)?.place ?? -1];
    const namespace = prefix === "" ? (this.#scope.get("") ?? "") : this.#namespace(prefix);
    this.#items.push({ kind: "start", prefix, local, namespace, declared, attributes, parent, end: -1 });
    if (parent < 0) {
      this.#root = place;
    }
    this.#open.push({ place, written: name, hidden });
  }

  #namespace(prefix: string): string {
    const namespace = this.#scope.get(prefix);
    if (namespace === undefined || prefix === "xmlns") {
      throw refused("a prefix that isn't declared");
    }
    return namespace;
  }

  #takeClosing(): void {
    this.#at += 2;
    const name = this.#match(QUALIFIED_NAME);
    if (name === null || this.#match(CLOSING_END) === null || this.#open.at(-1)?.written !== name[0]) {
      throw refused("an end tag of another element");
    }
    this.#close();
  }

  #close(): void {
    const { place, hidden } = this.#open.pop()!;
    (this.#items[place] as Start).end = this.#items.length;
    this.#items.push({ kind: "end" });
    for (const [prefix, before] of hidden) {
      if (before === undefined) {
        this.#scope.delete(prefix);
      } else {
        this.#scope.set(prefix, before);
      }
    }
  }

  /** Matches a sticky pattern here and moves past the match. */
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    this.#at = match === null ? this.#at : pattern.lastIndex;
    return match;
  }
}

function isDeclaration([prefix, local]: readonly [prefix: string, local: string, value: string]): boolean {
  return prefix === "xmlns" || (prefix === "" && local === "xmlns");
}

/** Refuses relative namespaces too, since Canonical XML has no form for them. */
function requireNamespace(prefix: string, uri: string): void {
  const isReserved =
    prefix === "xml" || prefix === "xmlns" || uri === XML_NAMESPACE || uri === XMLNS_NAMESPACE;
  if (isReserved || (prefix !== "" && uri === "") || (uri !== "" && !ABSOLUTE.test(uri))) {
    throw refused("a namespace that can't be declared, or a relative one");
  }
}

function decoded(octets: Uint8Array): string {
  try {
    return utf8Text(octets);
  } catch {
    throw refused("not UTF-8");
  }
}

function resolved(raw: string): string {
  return raw.includes("&")
    ? raw.replaceAll(/&(?:([^;]{1,10});)?/g, (_, name?: string) => character(name))
    : raw;
}

function character(name = ""): string {
  const named = ENTITIES.get(name);
  if (named !== undefined) {
    return named;
  }
  const [, decimal, hexadecimal] = /^#(?:([0-9]+)|x([0-9A-Fa-f]+))$/.exec(name) ?? [];
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "-1", 16) : Number(decimal);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < 0 || code > 0x10ffff || isSurrogate || NO_CHARACTER.test(String.fromCodePoint(code))) {
    throw refused("an entity, or a reference to no character");
  }
  return String.fromCodePoint(code);
}

function refused(message: string): XmlError {
  return new XmlError("xml_structure", message);
}
