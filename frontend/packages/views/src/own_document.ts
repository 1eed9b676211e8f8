/**
 * Words of the service's own documents: a consent for another account, or a legal representative's act at the
 * portal. Title and lines are in the content itself, so they are what is signed. Only known forms are read
 * so, member by member; anything else is shown as raw JSON, since no part of it may be hidden.
 */

import { FormError } from "@mshield/forms";

import { type Json, readJson } from "./content/json_reader.ts";

export interface OwnLine {
  readonly label: string;
  readonly value: string;
}

export interface OwnDocument {
  readonly title: string;
  readonly lines: readonly OwnLine[];
}

type Members = Map<string, Json>;

/** Additional members of a form by type. The values of those in `said` must also appear in the lines. */
const FORMS: ReadonlyMap<string, { readonly members: readonly string[]; readonly said: readonly string[] }> =
  new Map([
    ["mshield-consent/v1", { members: ["account", "record"], said: [] }],
    [
      "mshield-portal-operator/v1",
      { members: ["application", "credit_code", "name", "person"], said: ["name"] },
    ],
    [
      "mshield-portal-revocation/v1",
      { members: ["cause", "credit_code", "reason", "shield_numbers"], said: ["reason", "shield_numbers"] },
    ],
  ]);
const COMMON = ["issued_at", "nonce", "shown", "type"];

/** Reads a document; null for content of any other form. */
export function ownDocument(content: Uint8Array): OwnDocument | null {
  try {
    return read(readJson(content));
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

function read(content: Json): OwnDocument | null {
  const members = membersOf(content);
  const form = FORMS.get(textOf(members?.get("type")) ?? "");
  if (members === null || form === undefined || !hasJust(members, [...form.members, ...COMMON])) {
    return null;
  }
  const shown = membersOf(members.get("shown"));
  const title = textOf(shown?.get("title"));
  const lines = linesOf(shown?.get("lines"));
  if (shown === null || !hasJust(shown, ["lines", "title"]) || title === null || lines === null) {
    return null;
  }
  const words = lines.map(({ value }) => value.replaceAll(" ", ""));
  const isSaid = (text: string | null): boolean =>
    text !== null && words.some((line) => line.includes(text.replaceAll(" ", "")));
  return form.said.flatMap((name) => itemsOf(members.get(name))).every((item) => isSaid(textOf(item)))
    ? { title, lines }
    : null;
}

function linesOf(value: Json | undefined): OwnLine[] | null {
  if (value?.kind !== "array") {
    return null;
  }
  const lines = value.items.map((item) => {
    const line = membersOf(item);
    const [label, text] = [textOf(line?.get("label")), textOf(line?.get("value"))];
    return line === null || !hasJust(line, ["label", "value"]) || label === null || text === null
      ? null
      : { label, value: text };
  });
  return lines.every((line) => line !== null) && lines.length > 0 ? lines : null;
}

const itemsOf = (value: Json | undefined): readonly (Json | undefined)[] =>
  value?.kind === "array" ? value.items : [value];

const membersOf = (value: Json | undefined): Members | null =>
  value?.kind === "object" ? value.members : null;

const textOf = (value: Json | undefined): string | null => (value?.kind === "string" ? value.text : null);

const hasJust = (members: Members, names: readonly string[]): boolean =>
  members.size === names.length && names.every((name) => members.has(name));
