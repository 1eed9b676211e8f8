/** The calls of operations: figures, business systems, certificates, the CA's state, jobs, SMS, acts. */

import type { components, operations } from "@mshield/api/console.ts";
import { answered } from "@mshield/desk/client.ts";

import { api } from "./client.ts";

type Schemas = components["schemas"];
export type Dashboard = Schemas["DashboardMessage"];
export type Point = Schemas["PointMessage"];
export type Alarm = Schemas["AlarmMessage"];
export type System = Schemas["SystemMessage"];
export type SystemWebhook = Schemas["SystemWebhookMessage"];
export type NewSystem = Schemas["NewSystemMessage"];
export type SetLogin = Schemas["SetLoginMessage"];
export type Delivery = Schemas["DeliveryMessage"];
export type OneCertificate = Schemas["CertificateDetailMessage"];
export type CertificateEvent = Schemas["CertificateEventMessage"];
export type CaState = Schemas["CaStateMessage"];
export type Ca = Schemas["CaMessage"];
export type Job = Schemas["JobMessage"];
export type Act = Schemas["ActMessage"];
export type ProvenAct = Schemas["ProvenActMessage"];
export type Span = "day" | "month";

type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
export type CertificateQuery = Query<"searchCertificates">;
export type SmsQuery = Query<"listSms">;
export type ActsQuery = Query<"listActs">;

/** When this reader's day began. */
export function startOfToday(now = Date.now()): number {
  return new Date(now).setHours(0, 0, 0, 0);
}

export const readDashboard = (span: Span) =>
  answered(api.GET("/api/console/dashboard", { params: { query: { today: startOfToday(), span } } }));

export const readSystems = () => answered(api.GET("/api/console/systems"));

const of = (client_id: string) => ({ path: { client_id } });

export const readSystem = (id: string) =>
  answered(api.GET("/api/console/systems/{client_id}", { params: of(id) }));
export const addSystem = (body: NewSystem) => answered(api.POST("/api/console/systems", { body }));
export const changeSystem = (id: string, body: NewSystem) =>
  answered(api.PUT("/api/console/systems/{client_id}", { params: of(id), body }));
export const rotateSecret = (id: string, overlap_hours: number, force: boolean) =>
  answered(
    api.POST("/api/console/systems/{client_id}/secret", { params: of(id), body: { overlap_hours, force } }),
  );
export const endPreviousSecret = (id: string) =>
  answered(api.DELETE("/api/console/systems/{client_id}/previous-secret", { params: of(id) }));
export const setSystemState = (id: string, state: System["state"], reason: string) =>
  answered(api.POST("/api/console/systems/{client_id}/state", { params: of(id), body: { state, reason } }));
export const setLogin = (id: string, body: SetLogin) =>
  answered(api.PUT("/api/console/systems/{client_id}/login", { params: of(id), body }));
export const endLogin = (id: string) =>
  answered(api.DELETE("/api/console/systems/{client_id}/login", { params: of(id) }));

const hook = (endpoint_id: string) => ({ path: { endpoint_id } });

export const addWebhook = (id: string, url: string) =>
  answered(api.POST("/api/console/systems/{client_id}/webhooks", { params: of(id), body: { url } }));
export const rotateWebhook = (id: string, overlap_hours: number, force: boolean) =>
  answered(
    api.POST("/api/console/webhooks/{endpoint_id}/secret", {
      params: hook(id),
      body: { overlap_hours, force },
    }),
  );
export const enableWebhook = (id: string) =>
  answered(api.POST("/api/console/webhooks/{endpoint_id}/enable", { params: hook(id) }));
export const removeWebhook = (id: string) =>
  answered(api.DELETE("/api/console/webhooks/{endpoint_id}", { params: hook(id) }));
export const readDeliveries = (query: Query<"listDeliveries">) =>
  answered(api.GET("/api/console/webhooks/deliveries", { params: { query } }));
export const replay = (target: string) =>
  answered(api.POST("/api/console/webhooks/replays", { body: { target } }));

export const searchCertificates = (query: CertificateQuery) =>
  answered(api.GET("/api/console/certificates", { params: { query } }));
export const readCertificate = (serial: string) =>
  answered(api.GET("/api/console/certificates/{serial}", { params: { path: { serial } } }));

export const readCa = () => answered(api.GET("/api/console/ca"));

export const readJobs = () => answered(api.GET("/api/console/jobs"));
export const runJob = (name: string) =>
  answered(api.POST("/api/console/jobs/{name}/runs", { params: { path: { name } } }));

export const readSms = (query: SmsQuery) => answered(api.GET("/api/console/sms", { params: { query } }));

export const readActs = (query: ActsQuery) => answered(api.GET("/api/console/acts", { params: { query } }));
export const readProof = (act_id: string) =>
  answered(api.GET("/api/console/acts/{act_id}/proof", { params: { path: { act_id } } }));
