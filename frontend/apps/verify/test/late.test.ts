// @vitest-environment happy-dom
/** Late results on the page: removed files, roots, and verdicts while the user types. */

import { flushPromises, mount } from "@vue/test-utils";
import { makeWords } from "@mshield/look/vue/words.ts";
import { expect, test, vi } from "vitest";

import { Bench } from "../src/engine/bench.ts";

const call = vi.fn();
vi.mock("../src/engine/bridge.ts", () => ({
  Bridge: class {
    call = call;
  },
}));
const part = { template: "<i />" };
for (const name of ["DocumentPanel", "SignerPanel", "ReportSheet", "SentPanel", "FilesPanel", "TrustPanel"])
  vi.doMock(`../src/parts/${name}.vue`, () => ({ default: part }));
const { files, verifyResult, ownRoot, trust } = await import("../src/engine/verification.ts");
const { default: VerifyScreen } = await import("../src/VerifyScreen.vue");

const verdict = {
  template: '<h1 ref="heading" tabindex="-1" />',
  methods: {
    focus(this: { $refs: { heading: HTMLElement } }) {
      this.$refs.heading.focus();
    },
  },
};
const later = <T>() => Promise.withResolvers<T>();
const result = (caseId: string, name: string) => ({
  caseId,
  name,
  kind: "p7",
  verdict: "valid",
  checks: [],
  said: [],
  timeStamps: [],
  document: null,
  shown: null,
  holder: null,
  signer: null,
  log: null,
  witnesses: null,
  status: { state: "not_asked" },
});

const file = (octets: Promise<ArrayBuffer>) => ({ arrayBuffer: () => octets }) as unknown as File;

test("doesn't verify a file that is removed while it is read", async () => {
  const bench = new Bench(() => undefined);
  const octets = later<ArrayBuffer>();
  const signature = { name: "a.sig", size: 128, arrayBuffer: () => octets.promise } as unknown as File;
  const taking = bench.take("1", signature, false);
  bench.drop("1");
  octets.resolve(new TextEncoder().encode("11".repeat(64)).buffer as ArrayBuffer);
  await taking.catch(() => undefined);
  const ground = { serviceCas: [], serviceRoot: null, roots: [], crls: [], logKeys: [], witnessKeys: [] };
  const all = await bench.verify({ ...ground, tsaRoots: [], checkpoint: null, answers: {}, now: 0 } as never);
  expect(all).toEqual({ results: [], unused: [] });
});

test("trusts the root chosen last", async () => {
  const slow = later<ArrayBuffer>();
  call.mockImplementation(async (_name: string, bytes: Uint8Array) => [
    { name: `${bytes.length}`, sha256: "" },
  ]);
  const first = trust(file(slow.promise));
  await trust(file(Promise.resolve(new ArrayBuffer(2))));
  slow.resolve(new ArrayBuffer(1));
  await first;
  expect(ownRoot.value?.shown[0]?.name).toBe("2");
  const again = later<ArrayBuffer>();
  const last = trust(file(again.promise));
  await trust(null);
  again.resolve(new ArrayBuffer(3));
  await last;
  expect(ownRoot.value).toBeNull();
});

test("a verdict doesn't take the focus from typing, and verifying again keeps the selected signature", async () => {
  files.push({
    id: "1",
    file: new File([""], "a"),
    asDocument: false,
    done: 0,
    taken: null,
    hasFailed: true,
  });
  await flushPromises();
  const plugins = [makeWords(() => "zh", { zh: {}, en: {} })];
  const screen = mount(VerifyScreen, {
    attachTo: document.body,
    global: { plugins, stubs: { VerdictPanel: verdict } },
  });
  const key = document.body.appendChild(document.createElement("textarea"));
  key.focus();
  const results = [result("a", "a.p7"), result("b", "b.p7")];
  verifyResult.value = { results, unused: [] } as never;
  await flushPromises();
  expect(document.activeElement).toBe(key);
  const shown = (): number =>
    screen.findAll("[aria-pressed]").findIndex((one) => one.attributes("aria-pressed") === "true");
  await screen.findAll("[aria-pressed]")[1]!.trigger("click");
  verifyResult.value = { results: [result("0", "0.p7"), ...results], unused: [] } as never;
  await flushPromises();
  expect(shown()).toBe(2);
  screen.unmount();
  key.remove();
});
