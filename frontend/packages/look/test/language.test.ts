// @vitest-environment happy-dom
/** The language of who has chosen none, and of who has. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";

import { languageFor } from "../language.ts";
import { useKeptSettings } from "../vue/kept_settings.ts";

const settingsOf = () => useKeptSettings("mshield-test", { appearance: "auto" });

function browserReads(...languages: string[]): void {
  vi.stubGlobal("navigator", { languages });
}

beforeEach(() => localStorage.clear());
afterEach(() => vi.unstubAllGlobals());

test.each([
  [["zh-CN", "en"], "zh"],
  [["en-GB", "zh"], "en"],
  [["fr-FR", "ZH-Hant-TW", "en"], "zh"],
  [["fr-FR", "EN", "zh"], "en"],
  [["fr-FR", "zha", "enm"], "en"],
  [[], "zh"],
] as const)("who reads %j is spoken to in %s", (tags, language) => {
  expect(languageFor(tags)).toBe(language);
});

test("who has chosen nothing gets the browser's language, also after they chose something else", async () => {
  browserReads("en-US");
  const settings = settingsOf();
  expect(settings.language).toBe("en");
  settings.appearance = "dark";
  await nextTick();
  expect(JSON.parse(localStorage.getItem("mshield-test")!)).toEqual({ appearance: "dark" });
  browserReads("zh-CN");
  expect({ ...settingsOf() }).toEqual({ appearance: "dark", language: "zh" });
});

test("a chosen language stays, whatever the browser reads", async () => {
  browserReads("en-US");
  const settings = settingsOf();
  settings.language = "zh";
  await nextTick();
  expect(settings.language).toBe("zh");
  expect(settingsOf().language).toBe("zh");
});
