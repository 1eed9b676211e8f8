/** Calls about views (展示规则) of business systems. */

import type { components } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type RegisteredView = Schemas["ViewMessage"];
export type ViewFiles = Schemas["ViewFilesMessage"];
export type ViewDraft = Schemas["ViewDraftMessage"];
export type DrawnSample = Schemas["DrawnSampleMessage"];
export type Drawing = Schemas["DrawingMessage"];

const of = (client_id: string) => ({ path: { client_id } });

export const listViews = async (id: string): Promise<readonly RegisteredView[]> =>
  (await answered(api.GET("/api/console/systems/{client_id}/views", { params: of(id) }))).items;
export const previewView = (id: string, body: ViewFiles) =>
  answered(api.POST("/api/console/systems/{client_id}/view-previews", { params: of(id), body }));
export const handInView = (id: string, files: ViewFiles, reason: string) =>
  answered(
    api.POST("/api/console/systems/{client_id}/views", { params: of(id), body: { ...files, reason } }),
  );
export const withdrawView = (id: string, digest: string, reason: string) =>
  answered(
    api.POST("/api/console/systems/{client_id}/views/{digest}/withdrawal", {
      params: { path: { client_id: id, digest } },
      body: { reason },
    }),
  );
export const readProposedView = (approval_id: string) =>
  answered(api.GET("/api/console/approvals/{approval_id}/view", { params: { path: { approval_id } } }));

/** Where the browser saves a version's file from. */
export const viewFile = (id: string, digest: string) =>
  `/api/console/systems/${encodeURIComponent(id)}/views/${digest}`;
