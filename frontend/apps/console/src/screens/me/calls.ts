/** The user's own login: second factors, password, sessions. */

import { unwrapAnswer } from "@mshield/desk/client.ts";

import { api } from "../../engine/client.ts";
import type { Confirmation, FactorOffer, MyLogin } from "../../engine/types.ts";

export async function read(): Promise<MyLogin> {
  return unwrapAnswer(api.GET("/api/console/me/login"));
}

/** Changes the password; returns how many other sessions ended. */
export async function changePassword(password: string, newPassword: string): Promise<number> {
  const body = { password, new_password: newPassword };
  return (await unwrapAnswer(api.POST("/api/console/me/password", { body }))).sessions_ended;
}

export async function offer(password: string): Promise<FactorOffer> {
  return unwrapAnswer(api.POST("/api/console/me/factors/offers", { body: { password } }));
}

export async function add(confirmation: Confirmation): Promise<void> {
  await unwrapAnswer(api.POST("/api/console/me/factors", { body: confirmation }));
}

export async function remove(id: string, password: string): Promise<void> {
  const params = { path: { factor_id: id } };
  await unwrapAnswer(api.POST("/api/console/me/factors/{factor_id}/removal", { params, body: { password } }));
}

export async function endSession(id: string): Promise<void> {
  const params = { path: { session_id: id } };
  await unwrapAnswer(api.DELETE("/api/console/me/sessions/{session_id}", { params }));
}
