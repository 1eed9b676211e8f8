/** Calls about views (展示规则) of business systems. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type RegisteredView = Schemas["ViewMessage"];
export type ViewFiles = Schemas["ViewFilesMessage"];
export type ViewDraft = Schemas["ViewDraftMessage"];
export type DrawnSample = Schemas["DrawnSampleMessage"];
export type Drawing = Schemas["DrawingMessage"];

const of = (client_id: string) => ({ path: { client_id } });

export const listViews = async (id: string): Promise<readonly RegisteredView[]> =>
  (await unwrapAnswer(api.GET("/api/console/systems/{client_id}/views", { params: of(id) }))).items;
export const previewView = (id: string, body: ViewFiles) =>
  unwrapAnswer(api.POST("/api/console/systems/{client_id}/view-previews", { params: of(id), body }));
export const handInView = (id: string, files: ViewFiles, reason: string) =>
  unwrapAnswer(
    api.POST("/api/console/systems/{client_id}/views", { params: of(id), body: { ...files, reason } }),
  );
export const withdrawView = (id: string, digest: string, reason: string) =>
  unwrapAnswer(
    api.POST("/api/console/systems/{client_id}/views/{digest}/withdrawal", {
      params: { path: { client_id: id, digest } },
      body: { reason },
    }),
  );
export const readProposedView = (approval_id: string) =>
  unwrapAnswer(api.GET("/api/console/approvals/{approval_id}/view", { params: { path: { approval_id } } }));

/** Returns the address of a version's file. */
export const viewFile = (id: string, digest: string) =>
  `/api/console/systems/${encodeURIComponent(id)}/views/${digest}`;
