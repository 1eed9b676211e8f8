/** An XML content as a tree: XML 1.0 with namespaces, without what section 3 of views refuses; no recursion. */

import { FormError, utf8Text } from "@mshield/forms";

import { ATTRIBUTES, DEPTH, NAME, NODES } from "../limits.ts";
import { isBlank, isLonger } from "../text.ts";
import { Node } from "./tree.ts";
import { QUALIFIED_NAME } from "@mshield/forms/xml_names.ts";
import { Scope } from "./xml_scope.ts";

// oxlint-disable-next-line no-control-regex -- just what XML's Char leaves out
const NO_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.0"|'1\.0')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"[uU][tT][fF]-8"|'[uU][tT][fF]-8'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;
const WHITE = /[ \t\n]*/y;
const VALUE = /[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
/** Characters between `&` and `;`. */
const REFERENCE = 10;
const ENTITIES = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
]);
const BOM = "\ufeff";

/** FormError for what section 3 refuses. */
export function xmlTree(octets: Uint8Array): Node {
  const text = utf8Text(octets);
  if (NO_CHARACTER.test(text)) {
    throw new FormError("a character that XML doesn't know");
  }
  return new Reader(text.startsWith(BOM) ? text.slice(1) : text).read();
}

/** An element whose end hasn't come. */
interface Open {
  readonly node: Node;
  /** As written, with its prefix. */
  readonly written: string;
  readonly scope: number;
  readonly children: Node[];
  text: string;
  hasElements: boolean;
}

interface Attribute {
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
}

class Reader {
  readonly #text: string;
  readonly #scope = new Scope();
  readonly #open: Open[] = [];
  #at = 0;
  #nodes = 0;
  #root: Open | null = null;
  /** Comments before the root. */
  readonly #before: string[] = [];

  constructor(text: string) {
    this.#text = text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text;
  }

  read(): Node {
    this.#match(DECLARATION);
    while (this.#at < this.#text.length) {
      if (this.#text.charCodeAt(this.#at) === 0x3c) {
        this.#markup();
      } else {
        this.#characters();
      }
    }
    if (this.#root === null || this.#open.length > 0) {
      throw new FormError("no whole element");
    }
    finished(this.#root);
    return this.#root.node;
  }

  #markup(): void {
    const next = this.#text[this.#at + 1];
    if (next === "/") {
      this.#endTag();
    } else if (next !== "!") {
      this.#startTag();
    } else if (this.#text.startsWith("<!--", this.#at)) {
      this.#comment();
    } else {
      this.#section();
    }
  }

  #characters(): void {
    const start = this.#at;
    const next = this.#text.indexOf("<", start);
    this.#at = next === -1 ? this.#text.length : next;
    const raw = this.#text.slice(start, this.#at);
    if (raw.includes("]]>")) {
      throw new FormError("the end of a section that hasn't begun");
    }
    this.#add(read(raw), raw);
  }

  #section(): void {
    const start = this.#at + "<![CDATA[".length;
    const end = this.#text.indexOf("]]>", start);
    if (!this.#text.startsWith("<![CDATA[", this.#at) || end === -1 || this.#open.length === 0) {
      throw new FormError("a declaration, or a section without end");
    }
    this.#at = end + 3;
    this.#add(this.#text.slice(start, end));
  }

  /** Text of the element that is open; outside, only what is white as it is written. */
  #add(text: string, raw = text): void {
    const last = this.#open.at(-1);
    if (last?.hasElements === false) {
      last.text += text;
    } else if (!isBlank(last === undefined ? raw : text)) {
      throw new FormError("text beside elements");
    }
  }

  #comment(): void {
    const start = this.#at + 4;
    const end = this.#text.indexOf("--", start);
    if (end === -1 || this.#text[end + 2] !== ">") {
      throw new FormError("a comment that doesn't end as it must");
    }
    this.#at = end + 3;
    this.#count();
    const text = this.#text.slice(start, end);
    const holder = this.#open.at(-1) ?? this.#root;
    if (holder === null) {
      this.#before.push(text);
    } else {
      holder.children.push(new Node("comment", "", "", holder.node, text));
    }
  }

  #startTag(): void {
    this.#at++;
    const [written, prefix, name] = this.#name();
    const { attributes, isClosed } = this.#attributes();
    const holder = this.#open.at(-1);
    if (holder === undefined ? this.#root !== null : this.#open.length === DEPTH) {
      throw new FormError("a second root, or too deep");
    }
    const scope = this.#scope.mark;
    for (const attribute of attributes) {
      if (isDeclaration(attribute)) {
        this.#scope.bind(attribute.prefix === "" ? "" : attribute.name, attribute.value);
      }
    }
    this.#count();
    const node = new Node("element", name, this.#scope.space(prefix), holder?.node ?? null, null);
    node.attributes = this.#resolved(attributes, node);
    const open: Open = { node, written, scope, children: [], text: "", hasElements: false };
    this.#put(open, holder);
    this.#open.push(open);
    if (isClosed) {
      this.#close();
    }
  }

  #put(open: Open, holder: Open | undefined): void {
    if (holder === undefined) {
      this.#root = open;
      for (const text of this.#before) {
        open.children.push(new Node("comment", "", "", open.node, text));
      }
      return;
    }
    holder.children.push(open.node);
    if (!holder.hasElements && !isBlank(holder.text)) {
      throw new FormError("text beside elements");
    }
    holder.hasElements = true;
  }

  #endTag(): void {
    this.#at += 2;
    const [written] = this.#name();
    this.#match(WHITE);
    if (this.#text[this.#at] !== ">" || this.#open.at(-1)?.written !== written) {
      throw new FormError("the end of another element");
    }
    this.#at++;
    this.#close();
  }

  #close(): void {
    const last = this.#open.pop()!;
    this.#scope.backTo(last.scope);
    finished(last);
  }

  /** As written up to the end of the tag. */
  #attributes(): { readonly attributes: readonly Attribute[]; readonly isClosed: boolean } {
    const attributes: Attribute[] = [];
    const written = new Set<string>();
    for (;;) {
      const isParted = this.#match(WHITE)![0] !== "";
      const next = this.#text[this.#at];
      if (next === ">" || (next === "/" && this.#text[this.#at + 1] === ">")) {
        this.#at += next === ">" ? 1 : 2;
        return { attributes, isClosed: next === "/" };
      }
      const [whole, prefix, name] = this.#name();
      const value = this.#match(VALUE);
      written.add(whole);
      attributes.push({ prefix, name, value: valueOf(value?.[1] ?? value?.[2] ?? "") });
      if (!isParted || value === null || written.size < attributes.length || attributes.length > ATTRIBUTES) {
        throw new FormError("not an attribute, twice, or too many");
      }
    }
  }

  #resolved(attributes: readonly Attribute[], node: Node): Node[] {
    const nodes: Node[] = [];
    const steps = new Set<string>();
    for (const entry of attributes) {
      if (!isDeclaration(entry)) {
        const space = entry.prefix === "" ? "" : this.#scope.space(entry.prefix);
        const attribute = new Node("attribute", entry.name, space, node, entry.value);
        this.#count();
        nodes.push(attribute);
        steps.add(attribute.step);
      }
    }
    if (steps.size < nodes.length) {
      throw new FormError("an attribute twice");
    }
    return nodes;
  }

  #name(): readonly [whole: string, prefix: string, name: string] {
    const match = this.#match(QUALIFIED_NAME);
    if (match === null || isLonger(match[0], NAME)) {
      throw new FormError("not a name, or too long");
    }
    return [match[0], match[1] ?? "", match[2]!];
  }

  #count(): void {
    this.#nodes++;
    if (this.#nodes > NODES) {
      throw new FormError("too many nodes");
    }
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    this.#at += match?.[0].length ?? 0;
    return match;
  }
}

const isDeclaration = ({ prefix, name }: Attribute): boolean =>
  prefix === "xmlns" || (prefix === "" && name === "xmlns");

function finished({ node, children, text, hasElements }: Open): void {
  node.children = children;
  node.text = hasElements ? null : text;
}

/** The value of an attribute: white that is written as itself is a space. */
const valueOf = (raw: string): string => read(raw.replaceAll(/[\t\n]/g, " "));

/** Text with its references read. */
function read(raw: string): string {
  let at = raw.indexOf("&");
  if (at === -1) {
    return raw;
  }
  const parts: string[] = [];
  let from = 0;
  for (; at !== -1; at = raw.indexOf("&", from)) {
    const reference = raw.slice(at + 1, at + 2 + REFERENCE);
    const end = reference.indexOf(";");
    if (end === -1) {
      throw new FormError("a reference without end");
    }
    parts.push(raw.slice(from, at), character(reference.slice(0, end)));
    from = at + end + 2;
  }
  parts.push(raw.slice(from));
  return parts.join("");
}

function character(reference: string): string {
  const match = /^#(?:([0-9]+)|x([0-9a-fA-F]+))$/.exec(reference);
  if (match === null) {
    const entity = ENTITIES.get(reference);
    if (entity === undefined) {
      throw new FormError("an entity that isn't known");
    }
    return entity;
  }
  const code = match[1] === undefined ? Number.parseInt(match[2]!, 16) : Number.parseInt(match[1], 10);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (code > 0x10ffff || isSurrogate || NO_CHARACTER.test(String.fromCodePoint(code))) {
    throw new FormError("a character that XML doesn't know");
  }
  return String.fromCodePoint(code);
}
