/** Types of the portal's calls, from the service's OpenAPI document. */

import type { components } from "@mshield/api/portal.ts";

type Schemas = components["schemas"];
export type Shield = Schemas["ShieldMessage"];
export type ShieldsPage = Schemas["ShieldsMessage"];
export type ShieldCount = Schemas["ShieldCountMessage"];
export type ShieldHistory = Schemas["ShieldHistoryMessage"];
export type StoryEvent = Schemas["EventMessage"];
export type PastAct = Schemas["PastActMessage"];
export type PersonProof = Schemas["PersonProofMessage"];
export type Person = Schemas["FiledPersonMessage"];
export type Application = Schemas["ApplicationMessage"];
export type ApplicationCounts = Required<Schemas["CountsMessage"]>;
export type ActivationCode = Schemas["ActivationCodeMessage"];
export type Outcome = Schemas["OutcomeMessage"];
export type Enterprise = Schemas["EnterpriseMessage"];
export type LoginStart = Schemas["PortalLoginBegunMessage"];
export type Session = Schemas["PortalSessionMessage"];
