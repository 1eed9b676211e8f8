/** All calls of this page to the service, with a record of what was fetched and what that revealed. */

import type { Answer } from "@mshield/verify";
import { reactive } from "vue";

import type { StatusQuestion } from "./messages.ts";

export type CallKind = "root" | "ca" | "crl" | "checkpoint" | "witnesses" | "status";

/** One call. Only `status` reveals something about a file: the serial number of its certificate. */
export interface ServiceCall {
  readonly what: CallKind;
  readonly address: string;
  readonly serial: string | null;
  readonly at: number;
  state: "asking" | "answered" | "failed";
}

/** Data that everybody fetches who opens the page. */
export interface Published {
  readonly root: Uint8Array | null;
  readonly crls: readonly Uint8Array[];
  readonly checkpoint: string | null;
  /** Keys (vkeys) of the witnesses that cosign the service's log at its request. */
  readonly witnessKeys: readonly string[];
}

const PATIENCE_MS = 15_000;
const MAX_ANSWER = 4 * 1024 * 1024;

export const serviceCalls = reactive<ServiceCall[]>([]);

export async function fetchPublished(): Promise<Published> {
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

/** Returns the keys in a text, one per line, without blank lines. */
export function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Fetches the certificate of one of the service's CAs, or null. */
export async function caCertificate(name: string): Promise<Uint8Array | null> {
  return await get("ca", `/pki/${name}.cer`);
}

/** Fetches the present status of a certificate. */
export async function status({ serial, request }: StatusQuestion): Promise<Answer> {
  const ocsp = await call("status", "/pki/ocsp", serial, {
    method: "POST",
    headers: { "Content-Type": "application/ocsp-request" },
    body: request as Uint8Array<ArrayBuffer>,
  });
  return ocsp === null ? { state: "no_answer" } : { state: "answered", ocsp };
}

async function get(what: CallKind, address: string): Promise<Uint8Array | null> {
  return await call(what, address, null, {});
}

async function call(
  what: CallKind,
  address: string,
  serial: string | null,
  more: RequestInit,
): Promise<Uint8Array | null> {
  const entry = reactive<ServiceCall>({ what, address, serial, at: Date.now(), state: "asking" });
  serviceCalls.push(entry);
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
