/** Certificates of all enterprises: search, and one with its history. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { Query } from "../../engine/types.ts";

type Schemas = components["schemas"];
export type OneCertificate = Schemas["CertificateDetailMessage"];
export type CertificateEvent = Schemas["CertificateEventMessage"];
export type CertificateQuery = Query<"searchCertificates">;

export const searchCertificates = (query: CertificateQuery) =>
  unwrapAnswer(api.GET("/api/console/certificates", { params: { query } }));
export const readCertificate = (serial: string) =>
  unwrapAnswer(api.GET("/api/console/certificates/{serial}", { params: { path: { serial } } }));
