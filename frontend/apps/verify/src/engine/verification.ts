/** State of the page: files, trusted data, permission to contact the service, and results. */

import { makeAnswerOrder } from "@mshield/look/vue/answer_order.ts";
import type { Answer } from "@mshield/verify";
import { computed, reactive, ref, type Ref, shallowRef, watch } from "vue";

import { Bridge } from "./bridge.ts";
import type { TrustData, VerifyResult, Plan, Root, RecognisedFile } from "./messages.ts";
import * as service from "./service.ts";

/** A file in the list; `done` is the number of bytes read, `taken` null until it is recognised. */
export interface InputFile {
  readonly id: string;
  readonly file: File;
  asDocument: boolean;
  done: number;
  taken: RecognisedFile | null;
  hasFailed: boolean;
}

/** Roots from a file. */
interface Trusted {
  readonly bytes: Uint8Array;
  readonly shown: readonly Root[];
}

export const files = reactive<InputFile[]>([]);
/** True if the page may request the certificate's present status from the service. */
export const isOnlineAllowed = ref(true);
/** A root (DER or PEM) that the user trusts instead of the service's. */
export const ownRoot = shallowRef<Trusted | null>(null);
export const logKey = ref("");
/** Keys of witnesses that the user trusts, one per line. */
export const witnessKeys = ref("");
/** Roots (DER or PEM) of time stamping authorities that the user trusts. */
export const tsaRoot = shallowRef<Trusted | null>(null);
export const serviceRoot = shallowRef<Root | null>(null);
export const verifyResult = shallowRef<VerifyResult | null>(null);
export const isWorking = ref(false);
export const isReady = ref(false);
export const hasFailed = ref(false);

/** The roots trusted now. */
export const roots = computed<readonly Root[]>(
  () => ownRoot.value?.shown ?? (serviceRoot.value === null ? [] : [serviceRoot.value]),
);

const bridge = new Bridge((id, done) => {
  const file = files.find((entry) => entry.id === id);
  if (file !== undefined) {
    file.done = done;
  }
});
let published: service.Published = { root: null, crls: [], checkpoint: null, witnessKeys: [] };
const cas = new Map<string, Uint8Array>();
const [rootOrder, tsaOrder] = [makeAnswerOrder(), makeAnswerOrder()];
let run = 0;
let number = 0;

/** Fetches what is the same for everyone: root, its list, the log's checkpoint. */
export async function start(): Promise<void> {
  published = await service.fetchPublished();
  if (published.root !== null) {
    [serviceRoot.value = null] = await bridge.call("fingerprints", published.root);
  }
  isReady.value = true;
}

export function add(more: Iterable<File>): void {
  for (const file of more) {
    const id = `${++number}`;
    files.push({ id, file, asDocument: false, done: 0, taken: null, hasFailed: false });
    void take(files.at(-1)!);
  }
}

/** Treats the file as the signed document, whatever it looks like, or as what it looks like. */
export function setAsDocument(entry: InputFile, asDocument: boolean): void {
  entry.asDocument = asDocument;
  entry.taken = null;
  entry.done = 0;
  void take(entry);
}

export function remove(entry: InputFile): void {
  files.splice(files.indexOf(entry), 1);
  void bridge.call("drop", entry.id);
}

export function clear(): void {
  while (files.length > 0) {
    remove(files[0]!);
  }
  verifyResult.value = null;
}

/**
 * Trusts this root instead of the service's; null restores the service's. Returns false if it isn't a root.
 */
export async function trust(file: File | null): Promise<boolean> {
  return await choose(ownRoot, rootOrder(), "fingerprints", file);
}

/** Returns the document inside a signature's file. */
export async function documentIn(caseId: string): Promise<Uint8Array<ArrayBuffer> | null> {
  return await bridge.call("document", caseId);
}

/**
 * Trusts time stamps of authorities under this root; null trusts only the service's. Returns false if it
 * isn't a root.
 */
export async function trustTsa(file: File | null): Promise<boolean> {
  return await choose(tsaRoot, tsaOrder(), "tsaFingerprints", file);
}

/** Applies the later of two choices, even if the earlier file is still being read. */
async function choose(
  to: Ref<Trusted | null>,
  isNewest: () => boolean,
  call: "fingerprints" | "tsaFingerprints",
  file: File | null,
): Promise<boolean> {
  if (file === null) {
    to.value = isNewest() ? null : to.value;
    return true;
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const shown = await bridge.call(call, bytes);
  const isOne = shown.length > 0;
  if (isOne && isNewest()) {
    to.value = { bytes, shown };
  }
  return isOne;
}

async function take(entry: InputFile): Promise<void> {
  try {
    entry.taken = await bridge.call("take", entry.id, entry.file, entry.asDocument);
  } catch {
    entry.hasFailed = true;
  }
}

const isTaken = computed(
  () => files.length > 0 && files.every((entry) => entry.taken !== null || entry.hasFailed),
);

watch(
  [() => files.map((entry) => entry.taken), isOnlineAllowed, ownRoot, logKey, witnessKeys, tsaRoot, isReady],
  () => {
    run += 1;
    if (!isReady.value || !isTaken.value) {
      verifyResult.value = null;
      return;
    }
    void verify(run);
  },
  { flush: "post" },
);

/** Checks all files; the result of a superseded run is dropped. */
async function verify(mine: number): Promise<void> {
  isWorking.value = true;
  hasFailed.value = false;
  try {
    const answers = await answered(mine);
    const verdicts = await bridge.call("verify", ground(answers));
    if (mine === run) {
      verifyResult.value = verdicts;
    }
  } catch (error) {
    if (mine === run) {
      console.error(error);
      verifyResult.value = null;
      hasFailed.value = true;
    }
  } finally {
    isWorking.value = mine !== run;
  }
}

/** Returns the service's status of each certificate, except those whose signature is invalid anyway. */
async function answered(mine: number): Promise<Record<string, Answer>> {
  if (!isOnlineAllowed.value) {
    return {};
  }
  const plan = await planned();
  const { results } = await bridge.call("verify", ground({}));
  const hopeless = new Set(
    results.filter(({ verdict }) => verdict === "invalid").map(({ caseId }) => caseId),
  );
  const byId: Record<string, Answer> = {};
  for (const id of plan.foreign) {
    byId[id] = { state: "foreign_ca" };
  }
  for (const question of plan.questions) {
    if (mine === run && !hopeless.has(question.caseId)) {
      byId[question.caseId] = await service.status(question);
    }
  }
  return byId;
}

/** Returns the plan after fetching the CAs that it needs. */
async function planned(): Promise<Plan> {
  const plan = await bridge.call("plan", ground({}));
  const missing = plan.wantedCas.filter((name) => !cas.has(name));
  for (const name of missing) {
    const certificate = await service.caCertificate(name);
    if (certificate !== null) {
      cas.set(name, certificate);
    }
  }
  return missing.some((name) => cas.has(name)) ? await bridge.call("plan", ground({})) : plan;
}

function ground(answers: Record<string, Answer>): TrustData {
  const own = ownRoot.value;
  const trusted = own === null ? published.root : own.bytes;
  return {
    now: Date.now(),
    roots: trusted === null ? [] : [trusted],
    serviceRoot: published.root,
    serviceCas: [...cas.values()],
    crls: own === null ? published.crls : [],
    checkpoint: published.checkpoint,
    logKeys: logKey.value.trim() === "" ? [] : [logKey.value.trim()],
    serviceWitnesses: published.witnessKeys,
    witnessKeys: service.linesOf(witnessKeys.value),
    tsaRoots: tsaRoot.value === null ? [] : [tsaRoot.value.bytes],
    answers,
  };
}
