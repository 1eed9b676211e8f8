/**
 * Tree of XML that is signed in its canonical form, built from the same parse that was checked. Only section
 * 3's limits are enforced here; a canonical document contains nothing else that section 3 refuses.
 */

import { FormError } from "@mshield/forms";
import type { Start, XmlDocument } from "@mshield/forms/xml.ts";

import { ATTRIBUTES, DEPTH, NAME, NODES } from "../limits.ts";
import { isBlank, isLonger } from "../text.ts";
import { Node } from "./tree.ts";
import { Scope } from "./xml_scope.ts";

/** An element that is still open. */
interface Open {
  readonly node: Node;
  readonly scope: number;
  readonly children: Node[];
  text: string;
}

/** Builds the tree. Throws: FormError for what section 3 refuses. */
export function documentTree(document: XmlDocument): Node {
  return new Builder().built(document);
}

class Builder {
  readonly #scope = new Scope();
  readonly #open: Open[] = [];
  #nodes = 0;

  built({ items, root }: XmlDocument): Node {
    let first: Node | null = null;
    items.forEach((item, place) => {
      if (item.kind === "start") {
        const node = this.#begin(item);
        first = place === root ? node : first;
      } else if (item.kind === "text") {
        this.#open.at(-1)!.text += item.text;
      } else if (item.kind === "end") {
        this.#close();
      } else {
        throw new FormError("a processing instruction");
      }
    });
    return first!;
  }

  #begin({ prefix, local, declared, attributes }: Start): Node {
    if (this.#open.length === DEPTH || attributes.length + declared.length > ATTRIBUTES) {
      throw new FormError("too deep, or too many attributes");
    }
    requireShort(prefix, local);
    const scope = this.#scope.mark;
    for (const [name, uri] of declared) {
      requireShort(name === "" ? "" : "xmlns", name === "" ? "xmlns" : name);
      this.#scope.bind(name, uri);
    }
    const holder = this.#open.at(-1);
    const node = this.#counted(
      new Node("element", local, this.#scope.space(prefix), holder?.node ?? null, null),
    );
    node.attributes = attributes.map((one) => {
      requireShort(one.prefix, one.local);
      const space = one.prefix === "" ? "" : this.#scope.space(one.prefix);
      return this.#counted(new Node("attribute", one.local, space, node, one.value));
    });
    holder?.children.push(node);
    this.#open.push({ node, scope, children: [], text: "" });
    return node;
  }

  #close(): void {
    const { node, scope, children, text } = this.#open.pop()!;
    this.#scope.backTo(scope);
    if (children.length > 0 && !isBlank(text)) {
      throw new FormError("text beside elements");
    }
    node.children = children;
    node.text = children.length > 0 ? null : text;
  }

  #counted(node: Node): Node {
    this.#nodes++;
    if (this.#nodes > NODES) {
      throw new FormError("too many nodes");
    }
    return node;
  }
}

function requireShort(prefix: string, local: string): void {
  if (isLonger(prefix === "" ? local : `${prefix}:${local}`, NAME)) {
    throw new FormError("a name too long");
  }
}
