/** All that this page asks of the service, and a record of it: what was fetched, and what that told the service. */

import type { Answer } from "@mshield/verify";
import { reactive } from "vue";

import type { Question } from "./messages.ts";

export type What = "root" | "ca" | "crl" | "checkpoint" | "witnesses" | "status";

/** One call. Only `status` tells the service something of a file: the serial number of its certificate. */
export interface Asked {
  readonly what: What;
  readonly address: string;
  readonly serial: string | null;
  readonly at: number;
  state: "asking" | "answered" | "failed";
}

/** What anyone fetches who opens the page. */
export interface Published {
  readonly root: Uint8Array | null;
  readonly crls: readonly Uint8Array[];
  readonly checkpoint: string | null;
  /** Keys (vkeys) of the witnesses that the service has asked to cosign its log. */
  readonly witnessKeys: readonly string[];
}

const PATIENCE_MS = 15_000;
const MAX_ANSWER = 4 * 1024 * 1024;

export const asked = reactive<Asked[]>([]);

export async function published(): Promise<Published> {
  const [root, crl, checkpoint, witnesses] = await Promise.all([
    get("root", "/pki/root.cer"),
    get("crl", "/pki/root.crl"),
    get("checkpoint", "/log/checkpoint"),
    get("witnesses", "/log/witnesses"),
  ]);
  return {
    root,
    crls: crl === null ? [] : [crl],
    checkpoint: checkpoint === null ? null : new TextDecoder().decode(checkpoint),
    witnessKeys: linesOf(new TextDecoder().decode(witnesses ?? new Uint8Array())),
  };
}

/** The keys in a text, one in each line; what is blank is none. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The certificate of one of the service's CAs, or null. */
export async function caCertificate(name: string): Promise<Uint8Array | null> {
  return await get("ca", `/pki/${name}.cer`);
}

/** How a certificate stands now. */
export async function status({ serial, request }: Question): Promise<Answer> {
  const ocsp = await call("status", "/pki/ocsp", serial, {
    method: "POST",
    headers: { "Content-Type": "application/ocsp-request" },
    body: request as Uint8Array<ArrayBuffer>,
  });
  return ocsp === null ? { state: "no_answer" } : { state: "answered", ocsp };
}

async function get(what: What, address: string): Promise<Uint8Array | null> {
  return await call(what, address, null, {});
}

async function call(
  what: What,
  address: string,
  serial: string | null,
  more: RequestInit,
): Promise<Uint8Array | null> {
  const entry = reactive<Asked>({ what, address, serial, at: Date.now(), state: "asking" });
  asked.push(entry);
  try {
    const answer = await fetch(address, {
      ...more,
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const body = answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
    const isGood = body !== null && body.length <= MAX_ANSWER;
    entry.state = isGood ? "answered" : "failed";
    return isGood ? body : null;
  } catch {
    entry.state = "failed";
    return null;
  }
}
