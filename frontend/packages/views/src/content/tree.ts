/** Content as a tree (views, "Content as a tree"): a node is a leaf with a text, or has parts. */

import { isBlank } from "../text.ts";

const NONE: readonly Node[] = [];

export type NodeKind = "element" | "attribute" | "comment" | "member";

/** Maximum number of parts that are searched one by one; for more, a table by step is built. */
const FEW = 16;

/** A node. Its fields are only declared, so that they are set once and not defined before that. */
export class Node {
  declare readonly kind: NodeKind;
  /** The local name; in JSON the member's name, or `[]` for other items. */
  declare readonly name: string;
  /** The namespace's name; empty for none. */
  declare readonly space: string;
  /** The step from the parent to this node. */
  declare readonly step: string;
  declare readonly parent: Node | null;
  /** The text of a leaf; null if there are parts. */
  declare text: string | null;
  /** True if it is JSON's `null`, `{}` or `[]`. */
  declare readonly isVoid: boolean;
  declare attributes: readonly Node[];
  /** Comments and elements, or members and items, in document order. */
  declare children: readonly Node[];
  declare isDrawn: boolean;
  declare private byStep: Map<string, Node[]> | null;
  declare private kept: Map<readonly string[], readonly Node[]> | null;

  constructor(
    kind: NodeKind,
    name: string,
    space: string,
    parent: Node | null,
    text: string | null,
    isVoid = false,
    step = stepOf(kind, name, space),
  ) {
    this.kind = kind;
    this.name = name;
    this.space = space;
    this.step = step;
    this.parent = parent;
    this.text = text;
    this.isVoid = isVoid;
    this.attributes = NONE;
    this.children = NONE;
    this.isDrawn = false;
    this.byStep = null;
    this.kept = null;
  }

  get isLeaf(): boolean {
    return this.text !== null;
  }

  /** True if a leaf is treated as missing. */
  get isEmpty(): boolean {
    return this.isVoid || isBlank(this.text!);
  }

  /** Returns the parts and attributes that a step leads to, in document order. */
  at(wanted: string): readonly Node[] {
    const { attributes, children } = this;
    if (this.byStep === null && attributes.length + children.length > FEW) {
      this.byStep = byStep(attributes, children);
    }
    return this.byStep === null
      ? looked(children, wanted, looked(attributes, wanted, NONE))
      : (this.byStep.get(wanted) ?? NONE);
  }

  /**
   * Like `find`, but cached: many rows may need the same nodes from here, and each step may visit as many
   * nodes.
   */
  beside(steps: readonly string[]): readonly Node[] {
    this.kept ??= new Map();
    let nodes = this.kept.get(steps);
    if (nodes === undefined) {
      nodes = find(this, steps);
      this.kept.set(steps, nodes);
    }
    return nodes;
  }
}

/**
 * Builds a step as text; in XML, name, namespace and kind are separated by characters that no name contains.
 */
export function stepOf(kind: NodeKind, name: string, space: string): string {
  if (kind === "comment") {
    return "#comment";
  }
  const whole = space === "" ? name : `${name} ${space}`;
  return kind === "attribute" ? `@${whole}` : whole;
}

/** Returns all nodes that the steps lead to, in document order. */
export function find(from: Node, steps: readonly string[]): readonly Node[] {
  let nodes: readonly Node[] | null = null;
  for (const step of steps) {
    if (nodes === null) {
      nodes = from.at(step);
    } else if (nodes.length === 1) {
      nodes = nodes[0]!.at(step);
    } else {
      nodes = together(nodes, step);
    }
  }
  return nodes ?? [from];
}

function together(nodes: readonly Node[], step: string): readonly Node[] {
  const all: Node[] = [];
  for (const node of nodes) {
    for (const part of node.at(step)) {
      all.push(part);
    }
  }
  return all;
}

/** Returns the nodes of `before`, followed by those of the parts that the step leads to. */
function looked(parts: readonly Node[], wanted: string, before: readonly Node[]): readonly Node[] {
  let nodes: Node[] | null = null;
  for (let n = 0; n < parts.length; n++) {
    const part = parts[n]!;
    if (part.step === wanted) {
      if (nodes === null) {
        nodes = [...before, part];
      } else {
        nodes.push(part);
      }
    }
  }
  return nodes ?? before;
}

function byStep(attributes: readonly Node[], children: readonly Node[]): Map<string, Node[]> {
  const table = new Map<string, Node[]>();
  for (const parts of [attributes, children]) {
    for (const node of parts) {
      const held = table.get(node.step);
      if (held === undefined) {
        table.set(node.step, [node]);
      } else {
        held.push(node);
      }
    }
  }
  return table;
}
