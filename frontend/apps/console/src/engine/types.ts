/** What the console's calls take and answer, by the service's own document. */

import type { components, operations } from "@mshield/api/console.ts";

type Schemas = components["schemas"];
export type Session = Schemas["ConsoleSessionMessage"];
export type Role = Session["roles"][number];
export type LoginBegun = Schemas["ConsoleLoginBegunMessage"];
export type FactorAsked = Schemas["SecondFactorAskedMessage"];
export type Token = Schemas["TokenMessage"];
export type MadeToken = Schemas["MadeTokenMessage"];
export type NewToken = Schemas["NewTokenMessage"];
export type ProposedLegalPerson = Schemas["ProposedLegalPersonMessage"];
export type SetUpBegun = Schemas["SetUpBegunMessage"];
export type FactorOffer = Schemas["FactorOfferMessage"];
export type Confirmation = Schemas["ConfirmationMessage"];
export type KeyOffer = Schemas["KeyOfferMessage"];
export type KeyRequest = Schemas["KeyRequestMessage"];
export type Registration = Schemas["RegistrationMessage"];
export type Assertion = Schemas["AssertionMessage"];
export type MyLogin = Schemas["MyLoginMessage"];
export type Factor = Schemas["FactorMessage"];
export type Member = Schemas["MemberMessage"];
export type Approval = Schemas["ApprovalMessage"];
export type ActivationCode = Schemas["FilingCodeMessage"];
export type Decided = Schemas["DecidedMessage"];

/** What a call is asked with in its address. */
export type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
