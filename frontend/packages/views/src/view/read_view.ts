/** Parses a view (views, "Grammar"); any broken rule is `bad_view`. */

import { canonicalText, FormError } from "@mshield/forms";
import { hex, sm3, utf8 } from "@mshield/gm";

import { type Json, readJson } from "../content/json_reader.ts";
import { VIEW_OCTETS } from "../limits.ts";
import { trimmed } from "../text.ts";
import type { List, Part, Steps, View } from "./view.ts";
import { badView, entriesOf, type Members, membersOf, textOf, wordOf } from "./members.ts";
import { Paths } from "./paths.ts";
import { type Body, BodyReader } from "./body.ts";
import { XML_NAMESPACE, XMLNS_NAMESPACE } from "@mshield/forms/xml_names.ts";

const TYPE = "mshield-view/v1";
const ID = /^[a-z0-9./-]{1,80}$/;
const PREFIX = /^(?!xml)(?:[a-z][a-z0-9]{0,19})?$/;
const LONG = 200;
const MEMBERS =
  "type! id! version! content! title! root namespaces require amount body! checks ignore unlisted lists";

/** Parses the view in these octets, which need not be canonical. */
export function readView(octets: Uint8Array): View {
  const value = read(octets);
  const members = membersOf(value, MEMBERS);
  const isXml = members.choice("content", ["xml", "json"]) === "xml";
  const id = members.text("id");
  const version = members.integer("version");
  if (members.text("type") !== TYPE || !ID.test(id) || version < 1) {
    throw badView();
  }
  if (members.has("root") !== isXml || (members.has("namespaces") && !isXml)) {
    throw badView();
  }
  const spaces = namespaces(members);
  const paths = new Paths(isXml ? spaces : null);
  const body = new BodyReader(paths, lists(members)).read(members);
  const canonical = utf8(canonicalText(plain(value)));
  return {
    octets: canonical,
    digest: hex(sm3(canonical)),
    id,
    version,
    content: isXml ? "xml" : "json",
    title: members.word("title"),
    root: isXml ? root(members.text("root"), paths) : null,
    prefixes: new Map([...spaces].map(([prefix, space]) => [space, prefix])),
    require: members.items("require", 0, 20).map((entry) => {
      const required = membersOf(entry, "path! is!");
      return { path: paths.read(required.text("path")), is: trimmed(wordOf(required.text("is"), LONG)) };
    }),
    ...body,
    ignore: ignored(members, paths, body),
    refusesUnlisted: members.choice("unlisted", ["show", "refuse"]) === "refuse",
  };
}

function read(octets: Uint8Array): Json {
  if (octets.length > VIEW_OCTETS) {
    throw badView();
  }
  try {
    return readJson(octets);
  } catch (error) {
    throw error instanceof FormError ? badView() : error;
  }
}

function root(path: string, paths: Paths): string {
  const [first, ...others] = paths.read(path, {});
  if (others.length > 0) {
    throw badView();
  }
  return first!;
}

function namespaces(members: Members): ReadonlyMap<string, string> {
  const spaces = new Map<string, string>();
  for (const [prefix, value] of members.entries("namespaces", 20)) {
    const space = wordOf(textOf(value), LONG);
    if (!PREFIX.test(prefix) || space === XML_NAMESPACE || space === XMLNS_NAMESPACE) {
      throw badView();
    }
    spaces.set(prefix, space);
  }
  if (new Set(spaces.values()).size < spaces.size) {
    throw badView();
  }
  return spaces;
}

function lists(members: Members): ReadonlyMap<string, List> {
  return new Map(
    members.entries("lists", 40).map(([name, value]) => [
      wordOf(name),
      new Map(
        entriesOf(value, 1, 2000).map(([code, said]) => {
          if (trimmed(code) !== code) {
            throw badView();
          }
          return [wordOf(code), wordOf(textOf(said))];
        }),
      ),
    ]),
  );
}

/** Reads the ignored paths; none may hide what the view renders. */
function ignored(members: Members, paths: Paths, { amount, body }: Body): readonly Steps[] {
  const shown = [...(amount === null ? [] : [amount.path]), ...body.flatMap(pathsOf)];
  return members.items("ignore", 0, 200).map((entry) => {
    const steps = paths.read(textOf(entry), { isAttribute: true, isComment: true });
    if (shown.some((path) => steps.every((step, n) => step === path[n]))) {
      throw badView();
    }
    return steps;
  });
}

function pathsOf(part: Part): Steps[] {
  return "rows" in part
    ? part.rows.map(({ path }) => path)
    : part.columns.map(({ path }) => [...part.table, ...path]);
}

/**
 * Converts a value for `canonicalText`: numbers are integers of at most nine digits, and there is no null.
 */
function plain(value: Json): unknown {
  switch (value.kind) {
    case "object":
      return new Map([...value.members].map(([name, member]) => [name, plain(member)]));
    case "array":
      return value.items.map(plain);
    case "string":
      return value.text;
    default:
      return JSON.parse(value.text) as unknown;
  }
}
