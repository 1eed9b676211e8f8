/** Registration records: search, import, removal. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { FilingQuery } from "./query.ts";

type Schemas = components["schemas"];
export type FiledPerson = Schemas["FiledPersonMessage"];
export type Report = Schemas["ImportMessage"];
export type Line = Schemas["LineMessage"];

const TYPES: Record<string, string> = {
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  csv: "text/csv",
};
const HEADERS = ["企业名称", "统一社会信用代码", "姓名", "证件类型", "证件号码", "用户类型"];

export async function readFiled(query: FilingQuery): Promise<Schemas["FiledPeopleMessage"]> {
  return unwrapAnswer(api.GET("/api/console/filing/people", { params: { query } }));
}

/** Ends a record; returns the shields issued from it, which the legal representative has to revoke. */
export async function endFiling(id: string, reason: string): Promise<readonly string[]> {
  const call = api.POST("/api/console/filing/people/{person_id}/end", {
    params: { path: { person_id: id } },
    body: { reason },
  });
  return (await unwrapAnswer(call)).shield_numbers;
}

/** Stops another filed number that waits. */
export async function stopFiledPhone(id: string, reason: string): Promise<void> {
  const path = "/api/console/filing/people/{person_id}/phone-change/stop";
  await unwrapAnswer(api.POST(path, { params: { path: { person_id: id } }, body: { reason } }));
}

/** Imports a list, or only reports in a dry run. Throws: Problem, also for a bad line outside a dry run. */
export async function importList(
  file: Blob,
  name: string,
  isDryRun: boolean,
  progress: string,
): Promise<Report> {
  const type = TYPES[name.split(".").pop()?.toLowerCase() ?? ""] ?? "application/octet-stream";
  const call = api.POST("/api/console/filing/imports", {
    params: { query: { dry_run: isDryRun ? "true" : "false", progress, file: name.slice(0, 255) } },
    body: file as never, // the OpenAPI document declares a file as text
    bodySerializer: (body: unknown) => body as Blob,
    headers: { "Content-Type": type },
  });
  return unwrapAnswer(call as Promise<{ data?: Report; error?: unknown; response: Response }>);
}

export type Progress = Schemas["ProgressMessage"];

/** Returns the progress of an import, by the name that it was started with. */
export async function readProgress(progress: string): Promise<Progress> {
  return unwrapAnswer(api.GET("/api/console/filing/imports/{progress}", { params: { path: { progress } } }));
}

/** Returns an empty list with the known headings; its byte order mark makes spreadsheets read UTF-8. */
export function template(): Blob {
  return new Blob(["\uFEFF", HEADERS.join(","), "\r\n"], { type: "text/csv" });
}

/**
 * Exports all registered people, or one enterprise's. It is a call, since it may require the second factor
 * again.
 */
export async function exportList(kind: "xlsx" | "csv", { credit_code: code }: FilingQuery): Promise<Blob> {
  const query = { format: kind, ...(code ? { credit_code: code } : {}) };
  const call = api.GET("/api/console/filing/export", { params: { query }, parseAs: "blob" });
  return unwrapAnswer(call as unknown as Promise<{ data?: Blob; error?: unknown; response: Response }>);
}
