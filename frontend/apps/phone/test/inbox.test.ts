// @vitest-environment happy-dom
/** A request of an unknown kind is listed in the inbox beside the others, with a note to update the app. */

import { flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const requester = { name: "云帆", domain: "yunfan.example", pcAddress: null, pcBrowser: null };
const of = (requestId: string, kind: string): object => ({
  requestId,
  kind,
  title: "劳动合同",
  documents: 1,
  requester,
  askedAt: Date.now(),
  expiresAt: Date.now() + 600_000,
});
const openTogether = vi.fn(() => new Promise(() => undefined));
vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    status: async () => ({ isLoggedIn: true, scanned: null }),
    inbox: async () => [of("r1", "unknown"), of("r2", "signature"), of("r3", "login")],
    waitingReadings: async () => ({ documents: [], octets: 0 }),
    openTogether,
  },
}));
vi.mock("../src/screens/request/drawn/drawer.ts", () => ({ prepareWorker: () => undefined }));
const { default: InboxScreen } = await import("../src/screens/request/InboxScreen.vue");

test("it can't be opened, and the others can", async () => {
  const { wrapper } = await mounted(InboxScreen, {}, "/inbox");
  await flushPromises();
  const rows = wrapper.findAll<HTMLButtonElement>(".inbox li > button");
  expect(rows.map((row) => [row.get("b").text(), row.element.disabled])).toEqual([
    ["请更新应用后查看", true],
    ["劳动合同", false],
    ["登录云帆", false],
  ]);
  await rows[1]!.trigger("click");
  expect(openTogether).toHaveBeenCalledExactlyOnceWith(["r2"]);
  wrapper.unmount();
});
