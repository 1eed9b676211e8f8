/** Filing records: looked up, imported as lists, taken off the file. */

import type { components } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { FilingQuery } from "./query.ts";

type Schemas = components["schemas"];
export type FiledPerson = Schemas["FiledPersonMessage"];
export type EarlierProof = Schemas["EarlierMessage"];
export type Report = Schemas["ImportMessage"];
export type Line = Schemas["LineMessage"];

const TYPES: Record<string, string> = {
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  csv: "text/csv",
};
const HEADERS = ["企业名称", "统一社会信用代码", "姓名", "证件类型", "证件号码", "用户类型"];

export async function readFiled(query: FilingQuery): Promise<Schemas["FiledPeopleMessage"]> {
  return answered(api.GET("/api/console/filing/people", { params: { query } }));
}

/** The shields issued from the record that the legal person has to revoke. */
export async function endFiling(id: string, reason: string): Promise<readonly string[]> {
  const call = api.POST("/api/console/filing/people/{person_id}/end", {
    params: { path: { person_id: id } },
    body: { reason },
  });
  return (await answered(call)).shield_numbers;
}

/** Accounts that nothing proves but an earlier application. */
export async function readEarlier(after: string): Promise<Schemas["EarlierPageMessage"]> {
  return answered(api.GET("/api/console/identity/earlier", { params: { query: { after } } }));
}

/** The report of a list; nothing changes in a dry run. Throws Problem, also where a line is bad and it is none. */
export async function importList(
  file: Blob,
  name: string,
  isDryRun: boolean,
  progress: string,
): Promise<Report> {
  const type = TYPES[name.split(".").pop()?.toLowerCase() ?? ""] ?? "application/octet-stream";
  const call = api.POST("/api/console/filing/imports", {
    params: { query: { dry_run: isDryRun ? "true" : "false", progress } },
    body: file as never, // the document calls a file a text
    bodySerializer: (body: unknown) => body as Blob,
    headers: { "Content-Type": type },
  });
  return answered(call as Promise<{ data?: Report; error?: unknown; response: Response }>);
}

export type Progress = Schemas["ProgressMessage"];

/** How far an import is, by the name that it was started with. */
export async function readProgress(progress: string): Promise<Progress> {
  return answered(api.GET("/api/console/filing/imports/{progress}", { params: { path: { progress } } }));
}

/** An empty list with the headings that an import knows; spreadsheets read it by its mark as UTF-8. */
export function template(): Blob {
  return new Blob(["\uFEFF", HEADERS.join(","), "\r\n"], { type: "text/csv" });
}

/** Everybody on file, or of one enterprise, as a list. By a call, since it may ask for the second factor again. */
export async function exportList(kind: "xlsx" | "csv", { credit_code: code }: FilingQuery): Promise<Blob> {
  const query = { format: kind, ...(code ? { credit_code: code } : {}) };
  const call = api.GET("/api/console/filing/export", { params: { query }, parseAs: "blob" });
  return answered(call as unknown as Promise<{ data?: Blob; error?: unknown; response: Response }>);
}
