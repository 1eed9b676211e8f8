/** Types of the console's calls, from the service's OpenAPI document. */

import type { components, operations } from "@mshield/api/console.ts";

type Schemas = components["schemas"];
export type Session = Schemas["ConsoleSessionMessage"];
export type Role = Session["roles"][number];
export type LoginStart = Schemas["ConsoleLoginBegunMessage"];
export type FactorChallenge = Schemas["SecondFactorAskedMessage"];
export type Token = Schemas["TokenMessage"];
export type CreatedToken = Schemas["MadeTokenMessage"];
export type NewToken = Schemas["NewTokenMessage"];
export type ProposedLegalPerson = Schemas["ProposedLegalPersonMessage"];
export type SetUpStart = Schemas["SetUpBegunMessage"];
export type FactorOffer = Schemas["FactorOfferMessage"];
export type Confirmation = Schemas["ConfirmationMessage"];
export type KeyOffer = Schemas["KeyOfferMessage"];
export type KeyRequest = Schemas["KeyRequestMessage"];
export type Registration = Schemas["RegistrationMessage"];
export type Assertion = Schemas["AssertionMessage"];
export type MyLogin = Schemas["MyLoginMessage"];
export type Factor = Schemas["FactorMessage"];
export type Member = Schemas["MemberMessage"];
/** Rows changed outside of the service. */
export type ChangedRows = readonly Schemas["ChangedRowMessage"][];
export type Approval = Schemas["ApprovalMessage"];
export type ActivationCode = Schemas["FilingCodeMessage"];
export type Decision = Schemas["DecidedMessage"];

/** Query parameters of a call. */
export type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
