/** Calls about business systems: their data, secrets, logins, webhooks. */

import type { components } from "@mshield/api/console.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";

import { ask } from "../../engine/approvals.ts";
import { api } from "../../engine/client.ts";

type Schemas = components["schemas"];
export type System = Schemas["SystemMessage"];
export type SystemWebhook = Schemas["SystemWebhookMessage"];
export type NewSystem = Schemas["NewSystemMessage"];
export type SetLogin = Schemas["SetLoginMessage"];

const of = (client_id: string) => ({ path: { client_id } });

export const readSystems = () => unwrapAnswer(api.GET("/api/console/systems"));
export const readSystem = (id: string) =>
  unwrapAnswer(api.GET("/api/console/systems/{client_id}", { params: of(id) }));
export const addSystem = (body: NewSystem) => unwrapAnswer(api.POST("/api/console/systems", { body }));
export const changeSystem = (id: string, body: NewSystem) =>
  unwrapAnswer(api.PUT("/api/console/systems/{client_id}", { params: of(id), body }));
export const rotateSecret = (id: string, overlap_hours: number, force: boolean) =>
  unwrapAnswer(
    api.POST("/api/console/systems/{client_id}/secret", { params: of(id), body: { overlap_hours, force } }),
  );
export const endPreviousSecret = (id: string) =>
  unwrapAnswer(api.DELETE("/api/console/systems/{client_id}/previous-secret", { params: of(id) }));
export const setSystemState = (id: string, state: System["state"], reason: string) =>
  unwrapAnswer(
    api.POST("/api/console/systems/{client_id}/state", { params: of(id), body: { state, reason } }),
  );
export const setLogin = (id: string, body: SetLogin) =>
  unwrapAnswer(api.PUT("/api/console/systems/{client_id}/login", { params: of(id), body }));
export const endLogin = (id: string) =>
  unwrapAnswer(api.DELETE("/api/console/systems/{client_id}/login", { params: of(id) }));

/** Requests the permission from another officer. */
export const allowUnshown = (id: string, reason: string) =>
  ask({ act: "system.allow_unshown", subject: id, reason });
export const endUnshown = (id: string, reason: string) =>
  unwrapAnswer(
    api.POST("/api/console/systems/{client_id}/unshown-end", { params: of(id), body: { reason } }),
  );

const hook = (endpoint_id: string) => ({ path: { endpoint_id } });

export const addWebhook = (id: string, url: string) =>
  unwrapAnswer(api.POST("/api/console/systems/{client_id}/webhooks", { params: of(id), body: { url } }));
export const rotateWebhook = (id: string, overlap_hours: number, force: boolean) =>
  unwrapAnswer(
    api.POST("/api/console/webhooks/{endpoint_id}/secret", {
      params: hook(id),
      body: { overlap_hours, force },
    }),
  );
export const enableWebhook = (id: string) =>
  unwrapAnswer(api.POST("/api/console/webhooks/{endpoint_id}/enable", { params: hook(id) }));
export const removeWebhook = (id: string) =>
  unwrapAnswer(api.DELETE("/api/console/webhooks/{endpoint_id}", { params: hook(id) }));
