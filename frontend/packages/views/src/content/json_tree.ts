/** JSON content as a tree: each item of a member's array is a node with the member's name. */

import { FormError } from "@mshield/forms";

import { type Json, readJson } from "./json_reader.ts";
import { NAME } from "../limits.ts";
import { isLonger } from "../text.ts";
import { Node } from "./tree.ts";

const ITEM = "[]";

/** Parses JSON content. Throws: FormError for what section 3 refuses. */
export function jsonTree(octets: Uint8Array): Node {
  const root = nodeOf(readJson(octets), "", null);
  const open = [root];
  for (let last = open.pop(); last !== undefined; last = open.pop()) {
    const { node, value } = last;
    const parts = partsOf(node, value);
    node.children = parts.map((part) => part.node);
    for (const part of parts) {
      open.push(part);
    }
  }
  return root.node;
}

interface Part {
  readonly node: Node;
  readonly value: Json;
}

function partsOf(parent: Node, value: Json): Part[] {
  if (value.kind === "array") {
    return value.items.map((item) => nodeOf(item, ITEM, parent));
  }
  const parts: Part[] = [];
  if (value.kind === "object") {
    for (const [name, member] of value.members) {
      if (name === "" || name === ITEM || isLonger(name, NAME)) {
        throw new FormError("a name that content must not have");
      }
      const isMany = member.kind === "array" && member.items.length > 0;
      for (const item of isMany ? member.items : [member]) {
        parts.push(nodeOf(item, name, parent));
      }
    }
  }
  return parts;
}

function nodeOf(value: Json, name: string, parent: Node | null): Part {
  if ("text" in value) {
    const isNull = value.kind === "word" && value.text === "null";
    return { node: new Node("member", name, "", parent, value.text, isNull), value };
  }
  const isVoid = value.kind === "object" ? value.members.size === 0 : value.items.length === 0;
  const text = value.kind === "object" ? "{}" : "[]";
  return { node: new Node("member", name, "", parent, isVoid ? text : null, isVoid), value };
}
