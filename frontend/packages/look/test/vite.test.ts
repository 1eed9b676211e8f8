import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { hostTokens, shapes } from "../vite.ts";

const TOKENS = readFileSync(new URL("../tokens.css", import.meta.url), "utf8");

function lines(text: string): string[] {
  return text.slice(0, text.indexOf("}")).trim().split(/\s*\n\s*/);
}

test("a shadow tree has the tokens that it uses, those within them, light and dark", () => {
  const css = hostTokens(TOKENS, "p{box-shadow:var(--ms-focus)}");
  expect(css).toContain(":host{--ms-surface:#ffffff;--ms-brand:#0b5d5e;--ms-focus:");
  expect(css).toContain("{:host{--ms-surface:light-dark(#ffffff,#141d1b);--ms-brand:light-dark(#0b5d5e,#62cabf);}}");
  expect(css).toContain(':host([theme="dark"]){color-scheme:dark;--ms-surface:#141d1b;--ms-brand:#62cabf;}');
  expect(css).not.toContain("--ms-bad");
});

test("a token that is no colour and differs in the dark is an error", () => {
  expect(() => hostTokens(TOKENS, "p{box-shadow:var(--ms-e2)}")).toThrow("--ms-e2");
});

test("the forced dark tokens are those of the system's dark", () => {
  const [, system] = TOKENS.split(":root:not(.light) {");
  const [, forced] = TOKENS.split("html.dark {");
  expect(lines(forced!)).toEqual(lines(system!));
});

test("a token that there is not is an error", () => {
  expect(() => hostTokens(TOKENS, "p{color:var(--ms-nothing)}")).toThrow("--ms-nothing");
});

test("shapes are an icon's elements", () => {
  expect(shapes('<circle class="t" cx="12"/><path d="M1 2"/>')).toEqual([
    ["circle", { class: "t", cx: "12" }],
    ["path", { d: "M1 2" }],
  ]);
});
