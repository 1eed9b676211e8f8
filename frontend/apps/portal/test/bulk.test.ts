// @vitest-environment happy-dom
/** A bulk act lists every shield with its effect, allows removing one, and reports a result for each. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { type Translator, useWords } from "@mshield/look/vue/words.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { defineComponent, h } from "vue";
import { beforeEach, expect, test, vi } from "vitest";

import { skipReason } from "../src/acts/bulk.ts";
import { headline } from "../src/acts/headline.ts";
import { reportAct } from "../src/acts/useActs.ts";
import { enter } from "../src/engine/session.ts";
import type { Outcome, Shield } from "../src/engine/types.ts";
import { actWords } from "../src/words/acts.ts";
import { shieldWords } from "../src/words/shields.ts";

const { doAct } = vi.hoisted(() => ({ doAct: vi.fn() }));
vi.mock("../src/engine/acts.ts", async (original) => ({ ...(await original<object>()), doAct }));
const { default: HoldDialog } = await import("../src/acts/HoldDialog.vue");

function shield(end: string, name: string, state = "active", holds: string[] = []): Shield {
  return {
    shield_number: `MS1053391${end}`,
    name,
    state,
    holds,
    role: "operator",
    expiring: false,
  } as unknown as Shield;
}

const THREE = [
  shield("7748", "许静姝"),
  shield("6619", "韩以宁"),
  shield("4025", "顾明澈", "pin_locked"),
] as const;

beforeEach(() => {
  settings.language = "zh";
  doAct.mockReset();
  enter({
    name: "沈若琪",
    csrf_token: "x",
    enterprises: [{ credit_code: "91330200MA2AGH4X6Q", name: "云帆" }],
  } as never);
});

function dialogOf(shields: readonly Shield[]) {
  const ElDialog = defineComponent({
    setup:
      (_, { slots }) =>
      () =>
        h("div", slots["default"]?.()),
  });
  const ElInput = defineComponent({
    props: ["modelValue"],
    emits: ["update:modelValue"],
    setup:
      (props, { emit }) =>
      () =>
        h("input", {
          value: props.modelValue,
          onInput: (event: Event) => emit("update:modelValue", (event.target as HTMLInputElement).value),
        }),
  });
  return mount(HoldDialog, {
    props: { act: "freeze", shields },
    global: { plugins: [i18n], stubs: { ElDialog, ElInput } },
  });
}

test("lists each with number, name and effect, and doesn't send removed ones", async () => {
  doAct.mockResolvedValue([]);
  const dialog = dialogOf(THREE);
  const rows = dialog.findAll(".chosen > li");
  expect(rows.map((row) => row.find(".num").attributes("aria-label"))).toEqual(
    THREE.map((one) => one.shield_number),
  );
  expect(rows.map((row) => row.text()).join("|")).toMatch(
    /许静姝.*冻结.*\|.*韩以宁.*冻结.*\|.*顾明澈.*跳过：锁死的只能作废/,
  );
  expect(dialog.find("h2").text()).toBe("冻结 2 个手机盾？");
  expect(rows[2]!.find("button").exists()).toBe(false);
  expect(dialog.find("[type=submit]").text()).toBe("冻结这 2 个");

  await rows[0]!.find("button").trigger("click");
  expect(rows[0]!.text()).toContain("这次不办");
  expect(dialog.find("[type=submit]").text()).toBe("冻结这 1 个");
  await dialog.find("input").setValue("外派");
  await dialog.find("form").trigger("submit");
  await flushPromises();
  expect(doAct).toHaveBeenCalledWith("91330200MA2AGH4X6Q", "freeze", [THREE[1].shield_number], "外派");
});

test("disables the act if all are removed", async () => {
  const dialog = dialogOf(THREE);
  await dialog.find("input").setValue("外派");
  for (const row of dialog.findAll(".chosen > li").slice(0, 2)) await row.find("button").trigger("click");
  expect(dialog.find("[type=submit]").attributes("disabled")).toBeDefined();
});

test("shows no list for one shield", () => {
  expect(dialogOf([THREE[0]]).find(".chosen").exists()).toBe(false);
});

test.each([
  ["freeze", "active", [], null],
  ["freeze", "active", ["frozen"], "frozenAlready"],
  ["report_loss", "active", ["lost"], "lostAlready"],
  ["lift_loss", "active", ["frozen"], "notLost"],
  ["unfreeze", "expired", [], "notFrozen"],
  ["freeze", "pin_locked", [], "pin_locked"],
  ["report_loss", "expired", [], "expired"],
  ["report_loss", "issued", [], "issued"],
  ["revoke", "revoked", [], "revoked"],
  ["freeze", "superseded", [], "superseded"],
  ["revoke", "expired", [], null],
] as const)("%s skips %s %j: %s", (act, state, holds, why) => {
  expect(skipReason(act, { state, holds: [...holds] } as Shield)).toBe(why);
  for (const words of [actWords.zh, actWords.en]) if (why) expect(words.bulk.why[why]).toBeTruthy();
});

/** Returns a component's text with these words. */
function saidWith(words: { zh: object; en: object }, say: (t: Translator["t"]) => string): string {
  const Speaker = defineComponent({
    setup() {
      const { t } = useWords(words);
      return () => h("p", say(t));
    },
  });
  return mount(Speaker, { global: { plugins: [i18n] } }).text();
}

test("titles have spaces", () => {
  expect(saidWith(actWords, (t) => headline(t, "unfreeze", THREE))).toBe("解除 3 个手机盾的冻结？");
  expect(saidWith(actWords, (t) => headline(t, "freeze", THREE.slice(0, 1)))).toBe("冻结许静姝的手机盾？");
});

test("reports a result for each shield", () => {
  const [one, two, three] = THREE.map(({ shield_number }) => ({ shield_number, refusal: null }));
  const outcomes = [
    { ...one, outcome: "changed" },
    { ...two, outcome: "unchanged" },
    { ...three, outcome: "refused", refusal: { zh: "已作废", en: "Revoked" } },
  ] as unknown as Outcome[];
  const said = saidWith(shieldWords, (t) =>
    reportAct(t, { act: "freeze", shields: THREE }, outcomes)
      .perShield.map((line) => `${line.name} ${line.kind} ${line.says}`)
      .join("|"),
  );
  expect(said).toBe("许静姝 changed 已冻结|韩以宁 unchanged 本来就是这样|顾明澈 refused 已作废");
});
