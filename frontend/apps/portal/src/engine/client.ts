/** The portal's calls, by the types of the service's own document. */

import type { components, paths } from "@mshield/api/portal.ts";
import { makeClient } from "@mshield/desk/client.ts";

import { session } from "./session.ts";

type Schemas = components["schemas"];
export type Shield = Schemas["ShieldMessage"];
export type ShieldHistory = Schemas["ShieldHistoryMessage"];
export type StoryEvent = Schemas["EventMessage"];
export type PastAct = Schemas["PastActMessage"];
export type Person = Schemas["FiledPersonMessage"];
export type Outcome = Schemas["OutcomeMessage"];
export type Enterprise = Schemas["EnterpriseMessage"];
export type LoginBegun = Schemas["PortalLoginBegunMessage"];
export type Session = Schemas["PortalSessionMessage"];

export const api = makeClient<paths>(() => session.csrf);
