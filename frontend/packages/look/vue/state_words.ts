/** Words for a certificate's state and its holds: the service's own table. */

export { default as stateWords } from "../../../../client/src/mshield/wire/state_words.json";
