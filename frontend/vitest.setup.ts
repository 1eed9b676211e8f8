/** A test in which Vue warns fails: a part got what it can't show, or isn't there. Its browser is a Chinese one. */

import { afterEach } from "vitest";

Object.defineProperty(navigator, "languages", { value: ["zh-CN"], configurable: true });

const warnings: string[] = [];
const { warn } = console;

console.warn = (...words: unknown[]) => {
  if (String(words[0]).startsWith("[Vue warn]")) {
    warnings.push(String(words[0]));
  }
  warn(...words);
};

afterEach(() => {
  const [first] = warnings.splice(0);
  if (first !== undefined) {
    throw new Error(first);
  }
});
