/** The look for code that can't link its files: Vite modules made from tokens.css, icons.svg and logo.svg.
 *
 * `virtual:look/host` has the tokens on `:host` in place of `:root`, those alone that the importer's `style.css`
 * uses; `virtual:look/marks` has the logo and the named icons as lists of elements.
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

const HOST = "virtual:look/host";
const MARKS = "virtual:look/marks";
const HERE = dirname(fileURLToPath(import.meta.url));
const DECLARATION = /(--ms-[\w-]+):\s*([^;]+);/g;
const USE = /var\((--ms-[\w-]+)/g;
const ELEMENT = /<(path|circle)\s([^>]*)\/>/g;
const COLOUR = /^(#|rgb\()/;
const ATTRIBUTE = /([\w-]+)="([^"]*)"/g;

/** An SVG element: its name and attributes. */
export type Shape = [name: string, attributes: Record<string, string>];
type Tokens = Map<string, string>;

function read(name: string): string {
  return readFileSync(join(HERE, name), "utf8");
}

function declarations(css: string, head: string): Tokens {
  const start = css.indexOf(head);
  if (start < 0) throw new Error(`tokens.css has no block ${head}`);
  const text = css.slice(start, css.indexOf("}", start));
  return new Map(
    [...text.matchAll(DECLARATION)].map(([, name, value]) => [name!, value!.replace(/\s+/g, " ")]),
  );
}

function used(css: string, tokens: Tokens): Set<string> {
  const found = new Set<string>();
  const follow = (text: string) => {
    for (const [, name] of text.matchAll(USE)) {
      if (!found.has(name!)) {
        found.add(name!);
        follow(tokens.get(name!) ?? "");
      }
    }
  };
  follow(css);
  return found;
}

function block(tokens: Iterable<readonly [string, string]>): string {
  return `{${[...tokens].map(([name, value]) => `${name}:${value};`).join("")}}`;
}

/** The tokens that `style` uses, on `:host`: light or dark as the page around it is, or as its attribute `theme` says.
 *
 * A page that doesn't know dark stays light on a dark system, and so does what stands on it. Browsers without
 * light-dark() get the light look. Throws where `style` uses a token that there is not.
 */
export function hostTokens(css: string, style: string): string {
  const light = declarations(css, ":root {");
  const dark = declarations(css, "html.dark {");
  const kept = used(style, light);
  const unknown = [...kept].filter((name) => !light.has(name));
  if (unknown.length > 0) throw new Error(`no such token: ${unknown.join(", ")}`);
  const day = [...light].filter(([name]) => kept.has(name));
  const both = day.filter(([name]) => dark.has(name));
  const mixed = both.filter(([, value]) => !COLOUR.test(value));
  if (mixed.length > 0) throw new Error(`light-dark() takes colours only: ${mixed.join(", ")}`);
  const either = both.map(([name, value]) => [name, `light-dark(${value},${dark.get(name)!})`] as const);
  const night = both.map(([name]) => [name, dark.get(name)!] as const);
  return (
    `:host${block(day)}` +
    `@supports (color:light-dark(#000,#fff)){:host${block(either)}}` +
    `:host([theme="light"])${block([["color-scheme", "light"], ...both])}` +
    `:host([theme="dark"])${block([["color-scheme", "dark"], ...night])}`
  );
}

/** The shapes in a piece of SVG. */
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
  /** Names of icons to have in `virtual:look/marks`. */
  readonly icons?: readonly string[];
  /** Files of the look to have among the built files, under their own names in the manifest. */
  readonly files?: readonly string[];
}

/** The plugin. */
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

/** The icons stand in the document itself, at `<!--icons-->`: no request for them, none missing without a network. */
export function iconSprite(): Plugin {
  // Its style element would be an inline style, which the policies forbid; base.css says the same.
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
