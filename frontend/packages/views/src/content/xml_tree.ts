/** XML content as a tree: XML 1.0 with namespaces, except what section 3 of views refuses; no recursion. */

import { FormError, utf8Text } from "@mshield/forms";

import { ATTRIBUTES, DEPTH, NODES } from "../limits.ts";
import { isBlank } from "../text.ts";
import { Node } from "./tree.ts";
import { type Name, Names } from "./xml_names.ts";
import { Scope } from "./xml_scope.ts";
import { hasOther, textOf, valueOf } from "./xml_text.ts";

const DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.0"|'1\.0')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"[uU][tT][fF]-8"|'[uU][tT][fF]-8'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;
const TAB = 0x09;
const LINE = 0x0a;
const SPACE = 0x20;
const MARK = 0x21;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const BOM = "\ufeff";

/** Parses XML content. Throws: FormError for what section 3 refuses. */
export function xmlTree(octets: Uint8Array): Node {
  const text = utf8Text(octets);
  if (hasOther(text)) {
    throw new FormError("a character that XML doesn't know");
  }
  return new Reader(text.startsWith(BOM) ? text.slice(1) : text).read();
}

/** An element that is still open. */
interface Open {
  readonly node: Node;
  readonly name: Name;
  readonly scope: number;
  readonly children: Node[];
  text: string;
  hasElements: boolean;
}

interface Attribute {
  readonly name: Name;
  readonly value: string;
}

const NO_ATTRIBUTES: readonly Attribute[] = [];
const NO_NODES: readonly Node[] = [];

class Reader {
  readonly #text: string;
  readonly #scope = new Scope();
  readonly #elements = new Names("element", this.#scope);
  readonly #attributes = new Names("attribute", this.#scope);
  readonly #open: Open[] = [];
  #at = 0;
  #nodes = 0;
  #tags = 0;
  #root: Open | null = null;
  /** Comments before the root. */
  readonly #before: string[] = [];
  /** The last white space seen between elements: most of it is the same. */
  #white = "";

  constructor(text: string) {
    this.#text = text.includes("\r") ? text.replaceAll(/\r\n?/g, "\n") : text;
  }

  read(): Node {
    DECLARATION.lastIndex = 0;
    this.#at = DECLARATION.exec(this.#text)?.[0].length ?? 0;
    while (this.#at < this.#text.length) {
      if (this.#text.charCodeAt(this.#at) === LESS) {
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
    const next = this.#text.charCodeAt(this.#at + 1);
    if (next === SLASH) {
      this.#endTag();
    } else if (next !== MARK) {
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
    const last = this.#open.at(-1);
    if (raw === this.#white && (last === undefined || last.hasElements)) {
      return;
    }
    this.#add(textOf(raw), raw);
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

  /** Adds text to the open element; outside the root, only literal white space is allowed. */
  #add(text: string, raw = text): void {
    const last = this.#open.at(-1);
    if (last?.hasElements === false) {
      last.text += text;
    } else if (!isBlank(last === undefined ? raw : text)) {
      throw new FormError("text beside elements");
    } else if (raw === text) {
      this.#white = raw;
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
    const text = this.#text;
    const start = this.#at + 1;
    const end = text.indexOf(">", start);
    if (end === -1) {
      throw new FormError("a tag without end");
    }
    // Most tags are just a name that was parsed before.
    const known = this.#elements.known(text.slice(start, end));
    if (known !== undefined) {
      this.#at = end + 1;
      this.#begin(known, NO_ATTRIBUTES, false);
      return;
    }
    this.#at = start;
    const name = this.#elements.read(this.#word());
    const attributes: Attribute[] = [];
    this.#tags++;
    for (;;) {
      const isParted = this.#skipWhite();
      const next = text.charCodeAt(this.#at);
      const isClosed = next === SLASH && text.charCodeAt(this.#at + 1) === GREATER;
      if (isClosed || next === GREATER) {
        this.#at += isClosed ? 2 : 1;
        this.#begin(name, attributes, isClosed);
        return;
      }
      attributes.push(this.#attribute());
      if (!isParted || attributes.length > ATTRIBUTES) {
        throw new FormError("not an attribute, or too many");
      }
    }
  }

  #attribute(): Attribute {
    const text = this.#text;
    const name = this.#attributes.read(this.#word());
    this.#skipWhite();
    const isEqual = text.charCodeAt(this.#at) === EQUALS;
    this.#at++;
    this.#skipWhite();
    const quote = text.charCodeAt(this.#at);
    const isQuote = quote === QUOTE || quote === APOSTROPHE;
    const start = this.#at + 1;
    const end = text.indexOf(quote === QUOTE ? '"' : "'", start);
    if (name.tag === this.#tags || !isEqual || !isQuote || end === -1) {
      throw new FormError("not an attribute, or twice");
    }
    name.tag = this.#tags;
    this.#at = end + 1;
    const raw = text.slice(start, end);
    if (raw.includes("<")) {
      throw new FormError("a tag in an attribute");
    }
    return { name, value: valueOf(raw) };
  }

  /** Begins an element whose tag has been consumed. */
  #begin(name: Name, attributes: readonly Attribute[], isClosed: boolean): void {
    const holder = this.#open.at(-1);
    if (holder === undefined ? this.#root !== null : this.#open.length === DEPTH) {
      throw new FormError("a second root, or too deep");
    }
    const scope = this.#scope.mark;
    for (const { name: declared, value } of attributes) {
      if (declared.isDeclaration) {
        this.#scope.bind(declared.prefix === "" ? "" : declared.local, value);
      }
    }
    this.#count();
    const { local, space, step } = this.#elements.resolved(name);
    const node = new Node("element", local, space, holder?.node ?? null, null, false, step);
    if (attributes.length > 0) {
      node.attributes = this.#resolved(attributes, node);
    }
    const leaf = holder === undefined || isClosed ? null : this.#leafText(name);
    if (holder !== undefined && (isClosed || leaf !== null)) {
      hold(holder, node);
      node.text = leaf ?? "";
      this.#scope.backTo(scope);
      return;
    }
    const open: Open = { node, name, scope, children: [], text: "", hasElements: false };
    this.#put(open, holder);
    this.#open.push(open);
    if (isClosed) {
      this.#close();
    }
  }

  /** If the element contains only text, returns it and moves past its end; otherwise returns null. */
  #leafText({ written }: Name): string | null {
    const text = this.#text;
    const start = this.#at;
    const end = text.indexOf("<", start);
    const after = end + 2 + written.length;
    const isEnd =
      end !== -1 &&
      text.charCodeAt(end + 1) === SLASH &&
      text.charCodeAt(after) === GREATER &&
      text.startsWith(written, end + 2);
    if (!isEnd) {
      return null;
    }
    this.#at = after + 1;
    return textOf(text.slice(start, end));
  }

  #put(open: Open, holder: Open | undefined): void {
    if (holder === undefined) {
      this.#root = open;
      for (const text of this.#before) {
        open.children.push(new Node("comment", "", "", open.node, text));
      }
      return;
    }
    hold(holder, open.node);
  }

  #endTag(): void {
    const { written } = this.#open.at(-1)?.name ?? NO_NAME;
    const isSame = this.#text.startsWith(written, this.#at + 2);
    this.#at += 2 + written.length;
    this.#skipWhite();
    if (written === "" || !isSame || this.#text.charCodeAt(this.#at) !== GREATER) {
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

  #resolved(attributes: readonly Attribute[], node: Node): readonly Node[] {
    const nodes: Node[] = [];
    let prefixed = 0;
    for (const { name, value } of attributes) {
      if (!name.isDeclaration) {
        const { local, space, step, prefix } = this.#attributes.resolved(name);
        this.#count();
        nodes.push(new Node("attribute", local, space, node, value, false, step));
        prefixed += prefix === "" ? 0 : 1;
      }
    }
    // Attributes that are written differently can be equal only if they have prefixes.
    if (prefixed > 1 && new Set(nodes.map(({ step }) => step)).size < nodes.length) {
      throw new FormError("an attribute twice");
    }
    return nodes.length === 0 ? NO_NODES : nodes;
  }

  /** Reads up to white space, a markup character or the end. */
  #word(): string {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    while (at < text.length && !endsWord(text.charCodeAt(at))) {
      at++;
    }
    this.#at = at;
    return text.slice(start, at);
  }

  /** Skips white space and reports whether there was any. */
  #skipWhite(): boolean {
    const start = this.#at;
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== SPACE && unit !== LINE && unit !== TAB) {
        return this.#at > start;
      }
      this.#at++;
    }
  }

  #count(): void {
    this.#nodes++;
    if (this.#nodes > NODES) {
      throw new FormError("too many nodes");
    }
  }
}

const NO_NAME = { written: "" };

const endsWord = (unit: number): boolean =>
  unit === SPACE || unit === LINE || unit === TAB || unit === SLASH || unit === EQUALS || unit === GREATER;

function hold(holder: Open, node: Node): void {
  holder.children.push(node);
  if (!holder.hasElements && holder.text !== "" && !isBlank(holder.text)) {
    throw new FormError("text beside elements");
  }
  holder.hasElements = true;
}

function finished({ node, children, text, hasElements }: Open): void {
  node.children = children;
  node.text = hasElements ? null : text;
}
