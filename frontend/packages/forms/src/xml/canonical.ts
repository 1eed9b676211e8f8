/**
 * Canonical XML 1.0 without comments, inclusive and exclusive, of a whole document or of one element in its
 * place.
 */

import { equalBytes, utf8 } from "@mshield/gm";

import { XmlError } from "../errors.ts";
import { XML_NAMESPACE } from "./names.ts";
import { type Attribute, type Item, readXml, type Start, type XmlDocument } from "./reader.ts";

export const DSIG = "http://www.w3.org/2000/09/xmldsig#";
export const EPORT = "http://www.chinaport.gov.cn/2022/04/xmldsig#";
export const INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
export const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
/** Maximum octets of content to be signed, and its maximum depth. */
const [MAX_CONTENT, MAX_DEPTH] = [4 * 1024 * 1024, 64];
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
};

type Declaration = readonly [prefix: string, uri: string];
type Hidden = readonly (readonly [prefix: string, before: string | undefined])[];

/** Canonicalises the whole document, without the element that starts at `without`. */
export function canonicalDocument(
  { items, root }: XmlDocument,
  { isExclusive = false, without = -1 } = {},
): Uint8Array {
  const writer = new Writer(isExclusive);
  const gap = items[without];
  const end = gap?.kind === "start" ? gap.end : -1;
  const parts = items.map((item, place) => {
    if (place >= without && place <= end) {
      return "";
    }
    const text = writer.written(item);
    if (item.kind !== "instruction" || writer.isInside) {
      return text;
    }
    return place < root ? `${text}\n` : `\n${text}`;
  });
  return utf8(parts.join(""));
}

/**
 * Canonicalises the element that starts there, in its place: the inclusive form includes what it inherits.
 */
export function canonicalElement({ items }: XmlDocument, start: number, isExclusive: boolean): Uint8Array {
  const first = items[start] as Start;
  const [scope, inherited] = [new Map<string, string>(), new Map<string, Attribute>()];
  for (const { declared, attributes } of above(items, first)) {
    declared.forEach(([prefix, uri]) => scope.set(prefix, uri));
    attributes.filter(isOfXml).forEach((one) => inherited.set(one.local, one));
  }
  const rest = items.slice(start + 1, first.end + 1);
  if (isExclusive) {
    const writer = new Writer(true, scope);
    return utf8([first, ...rest].map((item) => writer.written(item)).join(""));
  }
  first.declared.forEach(([prefix, uri]) => scope.set(prefix, uri));
  first.attributes.filter(isOfXml).forEach(({ local }) => inherited.delete(local));
  const writer = new Writer(false);
  const apex = { ...first, declared: [...scope], attributes: [...first.attributes, ...inherited.values()] };
  return utf8([apex, ...rest].map((item) => writer.written(item)).join(""));
}

/** Parses content that must be canonical, as signed E-Port XML must. Throws: XmlError `xml_structure`. */
export function requireCanonical(content: Uint8Array): XmlDocument {
  if (content.length > MAX_CONTENT) {
    throw new XmlError("xml_structure", "longer than 4 MiB");
  }
  const document = readXml(content);
  let depth = 0;
  for (const item of document.items) {
    if (item.kind === "instruction") {
      throw new XmlError("xml_structure", "a processing instruction");
    }
    if (item.kind === "start") {
      depth += 1;
      requireSignable(item, depth);
    } else if (item.kind === "end") {
      depth -= 1;
    }
  }
  if (!equalBytes(canonicalDocument(document), content)) {
    throw new XmlError("xml_structure", "not canonical");
  }
  return document;
}

function requireSignable({ namespace, local, attributes, declared }: Start, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new XmlError("xml_structure", "too deep");
  }
  if (namespace === DSIG && local === "Signature") {
    throw new XmlError("xml_structure", "a Signature that is there already");
  }
  if (attributes.some(isOfXml)) {
    throw new XmlError("xml_structure", "an attribute of xml:");
  }
  if (declared.some(([prefix, uri]) => prefix === "ds" && uri !== DSIG)) {
    throw new XmlError("xml_structure", "ds is bound to another namespace");
  }
}

/** Returns the enclosing elements, outermost first. */
function above(items: readonly Item[], { parent }: Start): Start[] {
  const enclosing: Start[] = [];
  for (let place = parent; place >= 0; place = enclosing.at(-1)!.parent) {
    enclosing.push(items[place] as Start);
  }
  return Array.from(enclosing, (_, i) => enclosing.at(-1 - i)!);
}

/** Writer of items in order. It tracks which namespaces are in scope, and which of them are written. */
class Writer {
  readonly #isExclusive: boolean;
  readonly #scope: Map<string, string>;
  readonly #rendered = new Map<string, string>();
  readonly #open: (readonly [name: string, hidden: Hidden, rendered: Hidden])[] = [];

  constructor(isExclusive: boolean, scope: ReadonlyMap<string, string> = new Map()) {
    this.#isExclusive = isExclusive;
    this.#scope = new Map(scope);
  }

  get isInside(): boolean {
    return this.#open.length > 0;
  }

  written(item: Item): string {
    switch (item.kind) {
      case "start":
        return this.#start(item);
      case "end":
        return this.#end();
      case "instruction":
        return `<?${item.target}${item.data === "" ? "" : " "}${item.data}?>`;
      case "text":
        return item.text.replaceAll(/[&<>\r]/g, (character) => ESCAPES[character]!);
    }
  }

  #start(item: Start): string {
    const hidden = put(this.#scope, item.declared);
    const wanted = this.#isExclusive ? this.#used(item) : item.declared;
    const more = wanted.filter(([prefix, uri]) => (this.#rendered.get(prefix) ?? "") !== uri);
    const rendered = put(this.#rendered, more);
    const name = item.prefix === "" ? item.local : `${item.prefix}:${item.local}`;
    this.#open.push([name, hidden, rendered]);
    // oxlint-disable-next-line unicorn/no-array-sort -- toSorted is younger than the browsers of many phones
    const attributes = [...item.attributes].sort(
      (a, b) => byCodePoint(a.namespace, b.namespace) || byCodePoint(a.local, b.local),
    );
    const values = attributes.map(
      ({ prefix, local, value }) => ` ${prefix === "" ? "" : `${prefix}:`}${local}="${escaped(value)}"`,
    );
    return `<${name}${declarations(more)}${values.join("")}>`;
  }

  /** Returns the namespaces that the element's own names use. */
  #used({ prefix, attributes }: Start): Declaration[] {
    const prefixes = new Set([prefix, ...attributes.map((one) => one.prefix).filter((one) => one !== "")]);
    prefixes.delete("xml");
    return [...prefixes].map((one) => [one, this.#scope.get(one) ?? ""] as const);
  }

  #end(): string {
    const [name, hidden, rendered] = this.#open.pop()!;
    restore(this.#scope, hidden);
    restore(this.#rendered, rendered);
    return `</${name}>`;
  }
}

/** Adds declarations to the scope and returns the bindings that they hide. */
function put(scope: Map<string, string>, more: readonly Declaration[]): Hidden {
  return more.map(([prefix, uri]) => {
    const before = scope.get(prefix);
    scope.set(prefix, uri);
    return [prefix, before] as const;
  });
}

function restore(scope: Map<string, string>, hidden: Hidden): void {
  for (const [prefix, before] of hidden) {
    if (before === undefined) {
      scope.delete(prefix);
    } else {
      scope.set(prefix, before);
    }
  }
}

export function declarations(those: readonly Declaration[]): string {
  // oxlint-disable-next-line unicorn/no-array-sort -- toSorted is younger than the browsers of many phones
  const sorted = [...those].sort(([a], [b]) => byCodePoint(a, b));
  return sorted
    .map(([prefix, uri]) => ` xmlns${prefix === "" ? "" : ":"}${prefix}="${escaped(uri)}"`)
    .join("");
}

function escaped(value: string): string {
  return value.replaceAll(/[&<"\t\n\r]/g, (character) => ESCAPES[character]!);
}

function isOfXml({ namespace }: Attribute): boolean {
  return namespace === XML_NAMESPACE;
}

/**
 * Orders texts as Canonical XML does. JavaScript's own UTF-16 order puts characters beyond the BMP too early.
 */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [utf8(a), utf8(b)];
  const at = left.findIndex((octet, i) => octet !== right[i]);
  return at < 0 ? left.length - right.length : left[at]! - (right[at] ?? -1);
}
