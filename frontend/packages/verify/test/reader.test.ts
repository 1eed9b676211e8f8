/** Strict DER: one form for each value; any bytes give a value or a FormError. */

import { FormError } from "@mshield/forms";
import { GmError, unhex } from "@mshield/gm";
import { expect, test } from "vitest";

import { parseCertificate, parseCrl } from "../src/index.ts";
import { parseCms } from "../src/cms.ts";
import { parseEvidence } from "../src/evidence.ts";
import { parseOcsp } from "../src/ocsp.ts";
import { optional, Reader, whole } from "../src/reader.ts";
import { bytes } from "./signed.ts";

const read: Readonly<Record<string, (reader: Reader) => unknown>> = {
  integer: (reader: Reader) => reader.integer(),
  oid: (reader: Reader) => reader.oid(),
  bits: (reader: Reader) => reader.bits(),
  named: (reader: Reader) => reader.namedBits(),
  text: (reader: Reader) => reader.text(),
  time: (reader: Reader) => reader.time(),
  default: (reader: Reader) => reader.defaultFalse(),
  set: (reader: Reader) => reader.setOf(),
  raw: (reader: Reader) => reader.raw(),
  optional: (reader: Reader) => optional(reader, 0, (inside) => inside.integer()),
};

test.for([
  ["integer", "0200"],
  ["integer", "02020001"],
  ["integer", "0202ff80"],
  ["integer", "02810101"],
  ["integer", "0280010000"],
  ["integer", "0285000000000101"],
  ["integer", "020101ff"],
  ["oid", "0600"],
  ["oid", "06022a86"],
  ["oid", "06032a8001"],
  ["oid", `068181${"ff".repeat(128)}7f`],
  ["bits", "0300"],
  ["bits", "03020780"],
  ["named", "030208ff"],
  ["named", "03020680"],
  ["named", "03020300"],
  ["text", "0c02c328"],
  ["text", "13012a"],
  ["text", "160180"],
  ["text", "040161"],
  ["time", "170d3236303233303030303030305a"],
  ["time", "170b323630313031303030305a"],
  ["time", "180f32303236303130313030303030305a"],
  ["time", "180f30303030303130313030303030305a"],
  ["default", "010100"],
  ["default", "010101"],
  ["set", "3106020102020101"],
  ["optional", "a0050201000500"],
  ["raw", "1f0100"],
  ["raw", "30"],
  ["raw", "300201"],
] as const)("%s %s is refused", ([name, encoded]) => {
  expect(() => whole(unhex(encoded), read[name]!)).toThrow(FormError);
});

test("reads valid values", () => {
  expect(whole(unhex("0202ff7f"), read["integer"]!)).toBe(-129n);
  expect(whole(unhex("06082a811ccf5501822d"), read["oid"]!)).toBe("1.2.156.10197.1.301");
  expect(whole(unhex("170d3236303232383030303030305a"), read["time"]!)).toBe(Date.UTC(2026, 1, 28));
  expect(whole(unhex("170d3530303130313030303030305a"), read["time"]!)).toBe(Date.UTC(1950, 0));
  expect(whole(unhex("030206c0"), read["named"]!)).toEqual(new Set([0, 1]));
});

test("limits nesting", () => {
  let deep = new Uint8Array();
  for (let depth = 0; depth < 100; depth++) {
    deep = Uint8Array.of(0x30, ...(deep.length < 128 ? [deep.length] : [0x81, deep.length]), ...deep);
  }
  const enter = (reader: Reader): void => {
    if (reader.more) {
      enter(reader.enter());
    }
  };
  expect(() => enter(new Reader(deep))).toThrow("deeply");
});

const PARSERS = [
  ["leaf", parseCertificate],
  ["detached", parseCms],
  ["ocsp", parseOcsp],
  ["crl", parseCrl],
  ["bundle", parseEvidence],
] as const;

/** Yields pseudo-random numbers, the same in each run. */
function* numbers(seed: number): Generator<number> {
  for (let x = seed; ;) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    yield x >>> 8;
  }
}

test.for(PARSERS)("reads or refuses a mutated %s", ([name, parse]) => {
  const good = bytes(name);
  const draw = numbers(7);
  const next = (below: number): number => draw.next().value! % below;
  for (let run = 0; run < 2000; run++) {
    const [at, gone, put] = [
      next(good.length),
      next(4),
      Uint8Array.from({ length: next(4) }, () => next(256)),
    ];
    const changed = Uint8Array.of(...good.subarray(0, at), ...put, ...good.subarray(at + gone));
    try {
      parse(changed);
    } catch (error) {
      if (!(error instanceof FormError) && !(error instanceof GmError)) {
        throw error;
      }
    }
  }
});
