export {
  type AlertRule,
  type AlertSource,
  alertDocument,
  alertIdOf,
  alertSource,
  ancestryOf,
  type ChainLink,
  type Severity,
  type Technique,
  type Threat,
} from './alert.ts';
export { type Document, eventDocument } from './document.ts';
export { ProcessEvent } from './event.ts';
export { FIELDS, type FieldDefinition } from './fields.ts';
export { boundOf, type Gap, type GapCause, gapDocument, gapDocumentId } from './gap.ts';
export { alertId, entityId, eventId, gapId } from './ids.ts';
export { mayBeCut } from './kept-arguments.ts';
export { type KeptEvent, keepEvent, keptBytes, keptResolver, MAX_ALERT_EVENTS } from './kept-event.ts';
export { type HostIdentity, type Origin, UNKNOWN_CAPTURE } from './origin.ts';
export { fieldResolver } from './resolver.ts';
