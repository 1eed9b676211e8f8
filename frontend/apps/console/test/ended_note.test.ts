// @vitest-environment happy-dom
/**
 * The note on an ended record states who can stop its shields: for a legal representative's own, two members
 * of staff.
 */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { mount, RouterLinkStub } from "@vue/test-utils";
import { beforeEach, expect, test } from "vitest";

import { session } from "../src/engine/session.ts";
import EndedNote from "../src/screens/filing/EndedNote.vue";

const NUMBER = "MS10533917748";
beforeEach(() => {
  settings.language = "zh";
  session.roles = ["customer_service"];
});

function noteOf(role: "legal_person" | "operator", shields: readonly string[] = [NUMBER]) {
  return mount(EndedNote, {
    props: { person: { name: "顾承岳", role }, shields },
    global: { plugins: [i18n], stubs: { RouterLink: RouterLinkStub } },
  });
}

test("an operator's shields are for the legal representative to revoke", () => {
  const note = noteOf("operator");
  expect(note.text()).toContain("请通知法人作废");
  expect(note.text()).toContain("3391");
});

test("for a legal representative who has left, it leads to the hold", () => {
  const note = noteOf("legal_person");
  expect(note.text()).not.toContain("请通知法人");
  expect(note.text()).toContain("紧急暂停");
  expect(note.findComponent(RouterLinkStub).props("to")).toBe(`/certificates?words=${NUMBER}`);
  session.roles = ["filing_officer"];
  const other = noteOf("legal_person");
  expect(other.findComponent(RouterLinkStub).exists()).toBe(false);
  expect(other.text()).toContain("紧急暂停");
});

test("without shields nothing remains to do", () => {
  expect(noteOf("legal_person", []).classes()).toContain("ok");
});
