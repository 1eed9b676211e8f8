// @vitest-environment happy-dom
/** A request that this phone has signed, or may have signed, is never reported as unsigned. */

import { ProblemError, type Scan, earlierSignature } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { shallowRef } from "vue";

const SID = "ab".repeat(16);
const OWN = {
  kind: "signature",
  documents: [{ sid: SID, title: "旧标题", mediaType: "application/xml", drawn: "报关单" }],
  businessName: "单一窗口",
  signedAt: 1_764_425_260_000,
};
const engine = vi.hoisted(() => ({
  approve: vi.fn(),
  decline: vi.fn(),
  ownSignature: vi.fn(),
  fetchReturnAddress: vi.fn(async () => null),
  forgetRequest: vi.fn(async () => undefined),
}));
vi.mock("../src/engine/shield.ts", () => ({ shield: engine, getReady: () => undefined }));
vi.mock("../src/engine/phone.ts", async (actual) => ({
  ...(await actual<object>()),
  readStatus: async () => ({ scanned: null }),
}));
vi.mock("../src/engine/pin_entry.ts", async (actual) => ({
  ...(await actual<object>()),
  withPin: async (_: unknown, work: (pin: string) => Promise<unknown>) => await work("246810"),
}));

const { PhoneError } = await import("@mshield/shield");
const { useRequestActions } = await import("../src/screens/request/request_actions.ts");
const { default: RequestEnd } = await import("../src/screens/request/confirm/RequestEnd.vue");
const { default: ScanEnded } = await import("../src/screens/request/scan/ScanEnded.vue");
const { settings } = await import("../src/settings.ts");
const { mounted } = await import("./mounted.ts");

function scan(kind: Scan["kind"]): Scan {
  const requester = { name: "单一窗口", domain: "singlewindow.example", pcAddress: null, pcBrowser: null };
  const tasks = [{ sid: SID, title: "报关单" }];
  return { kind, requester, returnUrl: null, tasks, requestId: "1", expiresAt: Date.now() + 60_000 } as never;
}

/** Returns the text shown when this tab acts on a request that another tab has answered. */
async function after(kind: Scan["kind"], act: "approve" | "decline" | "expire"): Promise<string> {
  const scanned = scan(kind);
  const answering = useRequestActions(shallowRef(scanned));
  await {
    approve: () => answering.approve({} as never, {}),
    decline: () => answering.decline("declined"),
    expire: answering.expire,
  }[act]();
  await flushPromises();
  const props = {
    ending: answering.ending.value,
    settled: answering.settled.value,
    scanned,
    returnAddress: null,
  };
  const { wrapper } = await mounted(RequestEnd, props);
  const links = wrapper.findAll("a").map((link) => link.attributes("href"));
  const text = [wrapper.text(), ...links].join(" ");
  wrapper.unmount();
  return text;
}

beforeEach(() => {
  settings.language = "zh";
  engine.approve.mockRejectedValue(new PhoneError("nothing_scanned"));
  engine.decline.mockRejectedValue(new PhoneError("nothing_scanned"));
});

describe("a request that another tab has answered", () => {
  test.for(["approve", "decline", "expire"] as const)("%s reports that it was signed here", async (act) => {
    engine.ownSignature.mockResolvedValue(OWN);
    const said = await after("signature", act);
    expect(said).toMatch(/已在这部手机上签好 .*\d{1,2}:\d{2}/u);
    expect(said).toContain(`/me/signatures/${SID}`);
    expect(said).not.toMatch(/没有签|没有登录|没有同意/u);
  });
  test("all documents of a batch are listed, also those of several requests answered together", async () => {
    const documents = ["合同", "补充协议"].map((title, n) => ({
      sid: `${n}`.repeat(32),
      title,
      mediaType: "application/json",
      drawn: title,
    }));
    engine.ownSignature.mockResolvedValue({ ...OWN, documents });
    const said = await after("signature", "approve");
    expect(said).toContain("已在这部手机上签好 2 份");
    for (const { sid, title } of documents) {
      expect(said).toContain(title);
      expect(said).toContain(`/me/signatures/${sid}`);
    }
  });
  test("the request is removed before a batch is queried document by document, and shown as being checked", async () => {
    const { promise, resolve } = Promise.withResolvers();
    engine.ownSignature.mockReturnValue(promise);
    engine.forgetRequest.mockClear();
    const answering = useRequestActions(shallowRef(scan("signature")));
    const over = answering.expire();
    await flushPromises();
    expect([answering.settled.value, engine.forgetRequest.mock.calls]).toEqual([{ kind: "asking" }, [["1"]]]);
    resolve(OWN);
    await over;
    expect(answering.settled.value).toEqual({ kind: "signed", own: OWN });
  });
  test("a login is reported as done", async () => {
    engine.ownSignature.mockResolvedValue({ ...OWN, kind: "login" });
    expect(await after("login", "approve")).toContain("已登录单一窗口");
  });
  test("a request not signed here is reported as such only for this phone", async () => {
    engine.ownSignature.mockResolvedValue(null);
    expect(await after("signature", "approve")).toContain("请求已结束，这部手机没有签名");
    expect(await after("login", "expire")).toContain("请求已失效，这部手机没有登录");
  });
  test.for(["zh", "en"] as const)(
    "nothing is claimed if the service can't be reached: %s",
    async (language) => {
      settings.language = language;
      engine.ownSignature.mockRejectedValue(new Error("offline"));
      const said = await after("signature", "approve");
      expect(said).not.toMatch(/没有签名|Nothing was signed|did not sign/u);
      expect(said).toContain("/me/signatures");
    },
  );
});

const refusal = (own: object | undefined): ProblemError =>
  new ProblemError("request_closed", 409, undefined, {
    zh: "这项请求已经结束，这次没有执行",
    extra: own === undefined ? {} : { own_signature: own },
  });
const WIRE = {
  kind: "login",
  business_name: "单一窗口",
  signed_at: OWN.signedAt,
  documents: [{ sid: SID, title: "登录", media_type: "application/octet-stream", drawn: null }],
};

describe("the code of a finished request", () => {
  test("shows when this phone signed it, with a link to the signature", async () => {
    const { wrapper } = await mounted(ScanEnded, { problem: refusal(WIRE) });
    expect(wrapper.text()).toMatch(/已登录单一窗口 .*\d{1,2}:\d{2}/u);
    expect(wrapper.get("a").attributes("href")).toBe(`/me/signatures/${SID}`);
    wrapper.unmount();
  });
  test("lists all signed documents of a batch, each with a link", async () => {
    const others = ["cd", "ef"].map((octet) => octet.repeat(16));
    const documents = [SID, ...others].map((sid, n) => ({
      sid,
      title: "报关单 12,800.00",
      media_type: "application/xml",
      drawn: n === 2 ? null : `报关单 ${n + 1}`,
    }));
    const { wrapper } = await mounted(ScanEnded, {
      problem: refusal({ ...WIRE, kind: "signature", documents }),
    });
    expect(wrapper.text()).toMatch(/已在这部手机上签好 3 份 .*\d{1,2}:\d{2}/u);
    const rows = wrapper.findAll("li a");
    expect(rows.map((row) => [row.text(), row.attributes("href")])).toEqual(
      documents.map(({ sid }, n) => [
        ["报关单 1", "报关单 2", "XML 文件对方称：报关单 12,800.00"][n],
        `/me/signatures/${sid}`,
      ]),
    );
    wrapper.unmount();
  });
  test("says nothing of the kind if another phone signed it", () => {
    expect(earlierSignature(refusal(undefined))).toBeNull();
    expect(
      earlierSignature(
        new ProblemError("expired_request", 410, undefined, { extra: { own_signature: WIRE } }),
      ),
    ).toBeNull();
  });
  test("has no link for a consent, which isn't among the user's signatures", async () => {
    const { wrapper } = await mounted(ScanEnded, {
      problem: refusal({
        ...WIRE,
        kind: "signature",
        documents: [{ ...WIRE.documents[0], sid: null, title: "同意" }],
      }),
    });
    expect(wrapper.text()).toContain("已在这部手机上签好");
    expect(wrapper.findAll("a")).toHaveLength(0);
    wrapper.unmount();
  });
});
