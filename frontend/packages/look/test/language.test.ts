// @vitest-environment happy-dom
/** The language with and without the user's choice. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";

import { languageFor } from "../language.ts";
import { useStoredSettings } from "../vue/stored_settings.ts";

const settingsOf = () => useStoredSettings("mshield-test", { appearance: "auto" });

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
] as const)("preferences %j give %s", (tags, language) => {
  expect(languageFor(tags)).toBe(language);
});

test("without a choice the browser's language is used, even after other settings were chosen", async () => {
  browserReads("en-US");
  const settings = settingsOf();
  expect(settings.language).toBe("en");
  settings.appearance = "dark";
  await nextTick();
  expect(JSON.parse(localStorage.getItem("mshield-test")!)).toEqual({ appearance: "dark" });
  browserReads("zh-CN");
  expect({ ...settingsOf() }).toEqual({ appearance: "dark", language: "zh" });
});

test("a chosen language stays, whatever the browser's is", async () => {
  browserReads("en-US");
  const settings = settingsOf();
  settings.language = "zh";
  await nextTick();
  expect(settings.language).toBe("zh");
  expect(settingsOf().language).toBe("zh");
});
