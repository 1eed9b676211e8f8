/**
 * The look for code that can't link its files: Vite modules made from tokens.css, icons.svg and logo.svg.
 *
 * `virtual:look/host` has the tokens used by the importer's `style.css`, on `:host` instead of `:root`;
 * `virtual:look/marks` has the logo and the named icons as lists of elements.
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

const HOST = "virtual:look/host";
const MARKS = "virtual:look/marks";
const HERE = dirname(fileURLToPath(import.meta.url));
const DECLARATION = /(--ms-[\w-]+):\s*([^;]+);/g;
const EITHER = /^var\(--ms-day, (.+)\) var\(--ms-night, (.+)\)$/;
const SWITCHES = new Set(["--ms-day", "--ms-night"]);
const USE = /var\((--ms-[\w-]+)/g;
const ELEMENT = /<(path|circle)\s([^>]*)\/>/g;
const COLOUR = /^(#|rgb\()/;
const ATTRIBUTE = /([\w-]+)="([^"]*)"/g;

/** An SVG element: its name and attributes. */
export type Shape = [name: string, attributes: Record<string, string>];
/** Tokens by name; `night` is null if dark is the same. */
type Tokens = Map<string, { readonly day: string; readonly night: string | null }>;

function read(name: string): string {
  return readFileSync(join(HERE, name), "utf8");
}

function declarations(css: string): Tokens {
  const start = css.indexOf(":root {");
  const root = css.slice(start, css.indexOf("}", start));
  const tokens: Tokens = new Map();
  for (const [, name, text] of root.matchAll(DECLARATION)) {
    const value = text!.replace(/\s+/g, " ");
    const [, day = value, night = null] = EITHER.exec(value) ?? [];
    if (!SWITCHES.has(name!)) tokens.set(name!, { day, night });
  }
  return tokens;
}

function used(css: string, tokens: Tokens): Set<string> {
  const names = new Set<string>();
  const follow = (text: string) => {
    for (const [, name] of text.matchAll(USE)) {
      if (!names.has(name!)) {
        names.add(name!);
        const token = tokens.get(name!);
        if (token) follow(`${token.day} ${token.night ?? ""}`);
      }
    }
  };
  follow(css);
  return names;
}

function block(tokens: Iterable<readonly [string, string]>): string {
  return `{${[...tokens].map(([name, value]) => `${name}:${value};`).join("")}}`;
}

/**
 * Returns the tokens that `style` uses, on `:host`: light or dark as the surrounding page, or as the
 * attribute `theme`.
 *
 * A page without dark mode stays light on a dark system, and so does its content. Browsers without
 * light-dark() get the light look. Throws if `style` uses an unknown token.
 */
export function hostTokens(css: string, style: string): string {
  const tokens = declarations(css);
  const kept = used(style, tokens);
  const unknown = [...kept].filter((name) => !tokens.has(name));
  if (unknown.length > 0) throw new Error(`no such token: ${unknown.join(", ")}`);
  const own = [...tokens].filter(([name]) => kept.has(name));
  const both = own.flatMap(([name, { day, night }]) => (night === null ? [] : [{ name, day, night }]));
  const mixed = both.filter(({ day }) => !COLOUR.test(day));
  if (mixed.length > 0) {
    throw new Error(`light-dark() takes colours only: ${mixed.map(({ name }) => name).join(", ")}`);
  }
  const day = own.map(([name, token]) => [name, token.day] as const);
  const light = both.map((token) => [token.name, token.day] as const);
  const dark = both.map((token) => [token.name, token.night] as const);
  const either = both.map((token) => [token.name, `light-dark(${token.day},${token.night})`] as const);
  return (
    `:host${block(day)}` +
    `@supports (color:light-dark(#000,#fff)){:host${block(either)}}` +
    `:host([theme="light"])${block([["color-scheme", "light"], ...light])}` +
    `:host([theme="dark"])${block([["color-scheme", "dark"], ...dark])}`
  );
}

/** Returns the shapes in a piece of SVG. */
export function shapes(markup: string): Shape[] {
  return [...markup.matchAll(ELEMENT)].map(([, name, rest]) => [
    name!,
    Object.fromEntries([...rest!.matchAll(ATTRIBUTE)].map(([, key, value]) => [key!, value!])),
  ]);
}

function symbol(icons: string, name: string): Shape[] {
  const start = icons.indexOf(`id="i-${name}"`);
  if (start < 0) throw new Error(`no such icon: ${name}`);
  return shapes(icons.slice(start, icons.indexOf("</symbol>", start)));
}

interface Wanted {
  /** Names of icons in `virtual:look/marks`. */
  readonly icons?: readonly string[];
  /** Files of the look to include among the built files, under their own names in the manifest. */
  readonly files?: readonly string[];
}

/** Returns the plugin. */
export function look({ icons = [], files = [] }: Wanted = {}): Plugin {
  return {
    name: "mshield-look",
    buildStart() {
      for (const name of files) {
        this.emitFile({ type: "asset", name, originalFileName: name, source: read(name) });
      }
    },
    resolveId(source, importer) {
      if (source === MARKS) return `\0${MARKS}`;
      return source === HOST && importer ? `\0${HOST}?${dirname(importer)}` : null;
    },
    load(id) {
      if (id === `\0${MARKS}`) {
        const all = read("icons.svg");
        const kept = Object.fromEntries(icons.map((name) => [name, symbol(all, name)]));
        return `export const logo=${JSON.stringify(shapes(read("logo.svg")))};export const icons=${JSON.stringify(kept)};`;
      }
      if (!id.startsWith(`\0${HOST}?`)) return null;
      const style = join(id.slice(HOST.length + 2), "style.css");
      this.addWatchFile(style);
      return `export default ${JSON.stringify(hostTokens(read("tokens.css"), readFileSync(style, "utf8")))}`;
    },
  };
}

/** Inserts the icons into the document at `<!--icons-->`: no requests for them, and none missing offline. */
export function iconSprite(): Plugin {
  // Its style element would be an inline style, which the policies forbid; base.css has the same rules.
  const sprite = read("icons.svg")
    .replace(/<style>.*?<\/style>\s*/s, "")
    .trim();
  return {
    name: "mshield-icons",
    transformIndexHtml: (html) =>
      html.replace(
        "<!--icons-->",
        sprite.replace("<svg ", '<svg width="0" height="0" class="sprite" aria-hidden="true" '),
      ),
  };
}
