/** Content as a tree (views, "Content as a tree"): nodes that are leaves with a text, or have parts. */

import { isBlank } from "../text.ts";

const NONE: readonly Node[] = [];

export type NodeKind = "element" | "attribute" | "comment" | "member";

/** So many parts are looked through; of more, a table by step is made. */
const FEW = 16;

/** Its fields are only declared: they are set once, and not defined before that. */
export class Node {
  declare readonly kind: NodeKind;
  /** The local name; in JSON the member's, `[]` of an item elsewhere. */
  declare readonly name: string;
  /** The namespace's name; empty for none. */
  declare readonly space: string;
  /** The step that leads here from the parent. */
  declare readonly step: string;
  declare readonly parent: Node | null;
  /** The text of a leaf; null where there are parts. */
  declare text: string | null;
  /** JSON's `null`, `{}` or `[]`. */
  declare readonly isVoid: boolean;
  declare attributes: readonly Node[];
  /** Comments and elements, or members and items, in their order. */
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

  /** Of a leaf: whether it counts as missing. */
  get isEmpty(): boolean {
    return this.isVoid || isBlank(this.text!);
  }

  /** The parts and attributes to which a step leads, in their order. */
  at(wanted: string): readonly Node[] {
    const { attributes, children } = this;
    if (this.byStep === null && attributes.length + children.length > FEW) {
      this.byStep = byStep(attributes, children);
    }
    return this.byStep === null
      ? looked(children, wanted, looked(attributes, wanted, NONE))
      : (this.byStep.get(wanted) ?? NONE);
  }

  /** As `find`, kept: from here many rows may ask for the same, and each step may pass as many nodes. */
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

/** A step as a text; of XML, what no name contains parts name, namespace and kind. */
export function stepOf(kind: NodeKind, name: string, space: string): string {
  if (kind === "comment") {
    return "#comment";
  }
  const whole = space === "" ? name : `${name} ${space}`;
  return kind === "attribute" ? `@${whole}` : whole;
}

/** All nodes to which the steps lead, in document order. */
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

/** Those before, and of these parts the ones to which the step leads. */
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
