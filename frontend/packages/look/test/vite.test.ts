import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { hostTokens, shapes } from "../vite.ts";

const TOKENS = readFileSync(new URL("../tokens.css", import.meta.url), "utf8");

test("a shadow tree has the tokens that it uses, including nested ones, light and dark", () => {
  const css = hostTokens(TOKENS, "p{box-shadow:var(--ms-focus)}");
  expect(css).toContain(":host{--ms-surface:#ffffff;--ms-brand:#0b5d5e;--ms-focus:");
  expect(css).toContain("{:host{--ms-surface:light-dark(#ffffff,#141d1b);--ms-brand:light-dark(#0b5d5e,#62cabf);}}");
  expect(css).toContain(':host([theme="dark"]){color-scheme:dark;--ms-surface:#141d1b;--ms-brand:#62cabf;}');
  expect(css).not.toContain("--ms-bad");
});

test("refuses a token that is not a colour and differs in the dark", () => {
  expect(() => hostTokens(TOKENS, "p{box-shadow:var(--ms-e2)}")).toThrow("--ms-e2");
});

test("dark is the same by system preference and when forced", () => {
  const [, system] = /:root:not\(\.light\) (\{.+\})/.exec(TOKENS)!;
  const [, forced] = /^html\.dark (\{.+\})/m.exec(TOKENS)!;
  expect(forced).toBe(system);
  expect(TOKENS.split("prefers-color-scheme")).toHaveLength(2);
});

test("refuses an unknown token", () => {
  expect(() => hostTokens(TOKENS, "p{color:var(--ms-nothing)}")).toThrow("--ms-nothing");
});

test("shapes are an icon's elements", () => {
  expect(shapes('<circle class="t" cx="12"/><path d="M1 2"/>')).toEqual([
    ["circle", { class: "t", cx: "12" }],
    ["path", { d: "M1 2" }],
  ]);
});
