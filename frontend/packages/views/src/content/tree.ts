/** Content as a tree (views, "Content as a tree"): nodes that are leaves with a text, or have parts. */

import { isBlank } from "../text.ts";

const NONE: readonly Node[] = [];

export type NodeKind = "element" | "attribute" | "comment" | "member";

export class Node {
  readonly kind: NodeKind;
  /** The local name; in JSON the member's, `[]` of an item elsewhere. */
  readonly name: string;
  /** The namespace's name; empty for none. */
  readonly space: string;
  /** The step that leads here from the parent. */
  readonly step: string;
  readonly parent: Node | null;
  /** The text of a leaf; null where there are parts. */
  text: string | null;
  /** JSON's `null`, `{}` or `[]`. */
  readonly isVoid: boolean;
  attributes: readonly Node[] = NONE;
  /** Comments and elements, or members and items, in their order. */
  children: readonly Node[] = NONE;
  isDrawn = false;
  #byStep: Map<string, Node[]> | null = null;
  #beside: Map<readonly string[], readonly Node[]> | null = null;

  constructor(
    kind: NodeKind,
    name: string,
    space: string,
    parent: Node | null,
    text: string | null,
    isVoid = false,
  ) {
    this.kind = kind;
    this.name = name;
    this.space = space;
    this.step = stepOf(kind, name, space);
    this.parent = parent;
    this.text = text;
    this.isVoid = isVoid;
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
    if (this.#byStep === null) {
      this.#byStep = new Map();
      for (const node of this.attributes) {
        add(this.#byStep, node);
      }
      for (const node of this.children) {
        add(this.#byStep, node);
      }
    }
    return this.#byStep.get(wanted) ?? NONE;
  }

  /** As `find`, kept: from here many rows may ask for the same, and each step may pass as many nodes. */
  beside(steps: readonly string[]): readonly Node[] {
    this.#beside ??= new Map();
    let nodes = this.#beside.get(steps);
    if (nodes === undefined) {
      nodes = find(this, steps);
      this.#beside.set(steps, nodes);
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
  let nodes: readonly Node[] = [from];
  for (const step of steps) {
    nodes = nodes.length === 1 ? nodes[0]!.at(step) : nodes.flatMap((node) => node.at(step));
  }
  return nodes;
}

function add(table: Map<string, Node[]>, node: Node): void {
  const { step } = node;
  const held = table.get(step);
  if (held === undefined) {
    table.set(step, [node]);
  } else {
    held.push(node);
  }
}
