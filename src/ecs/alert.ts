import type { ProcessEntity } from '../process/index.ts';
import { DOCUMENT_ARGUMENT_BYTES } from './arguments.ts';
import { isTrusted, teamOf } from './code-signature.ts';
import { type Document, eventDocument } from './document.ts';
import type { ProcessEvent } from './event.ts';
import { alertId } from './ids.ts';
import { cutList } from './json-text.ts';
import { ECS_VERSION } from './origin.ts';

/** What an alert document takes from the rule that fired. */
export interface AlertRule {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly author: readonly string[];
  readonly license: string | undefined;
  readonly references: readonly string[];
  readonly ruleset: string;
  readonly severity: Severity;
  readonly riskScore: number;
  readonly threat: readonly Threat[];
}

export type Severity = 'low' | 'medium' | 'high' | 'critical';

export interface Threat {
  readonly framework: string;
  readonly tactic: Technique;
  readonly techniques: readonly (Technique & { readonly subtechniques: readonly Technique[] })[];
}

export interface Technique {
  readonly id: string;
  readonly name: string;
  readonly reference: string;
}

/** `event.severity` on Elastic's scale, which Kibana's promotion rules map back to the words. */
const SEVERITY_SCORE: Record<Severity, number> = { low: 21, medium: 47, high: 73, critical: 99 };

/** An event that a rule matched, as its alert holds it. */
export interface AlertSource {
  readonly id: string;
  readonly document: Document;
}

/** @param events how many events the alert will hold; the last one stands in it twice */
export function alertSource(event: ProcessEvent, events = 1): AlertSource {
  return { id: event.id, document: eventDocument(event, DOCUMENT_ARGUMENT_BYTES / (events + 1)) };
}

/** The id of a rule's alert on these events; the rule's version is no part of it. */
export function alertIdOf(sources: readonly AlertSource[], rule: AlertRule): string {
  return alertId(sources.map(({ id }) => id).join('|'), rule.id);
}

/**
 * The alert of a rule on an event or a sequence of them, in the shape in which Elastic Defend reports its own alerts,
 * in a data stream of ours. Its process, user and host are those of the last event. All facts are ECS fields;
 * `kibana.alert` repeats a few for readers that know only that vocabulary.
 *
 * @param createdAt when the agent made the alert, ISO 8601
 */
export function alertDocument(sources: readonly AlertSource[], rule: AlertRule, createdAt: string): Document {
  const source = sources.at(-1)!.document;
  const id = alertIdOf(sources, rule);
  const reason = alertReason(source, rule);
  const { agent, host, user, group, process, data_stream } = source as Record<string, Document>;
  return {
    '@timestamp': source['@timestamp'],
    message: rule.name,
    ecs: { version: ECS_VERSION },
    data_stream: { ...data_stream, dataset: 'exectap.alerts' },
    agent,
    observer: { vendor: 'exectap', product: 'exectap', type: 'edr', version: agent!.version },
    event: alertEvent(source, rule, { id, reason, createdAt }),
    rule: ruleObject(rule),
    threat: threatObject(rule.threat),
    host,
    user,
    group,
    process,
    related: related(source),
    Events: sources.map(({ document }, index) => ({ _label: 'process', _state: index, ...document })),
    kibana: {
      alert: {
        uuid: id,
        reason,
        rule: { rule_id: rule.id, name: rule.name, version: rule.version, type: 'eql' },
        severity: rule.severity,
        risk_score: rule.riskScore,
        original_time: source['@timestamp'],
      },
    },
  } as Document;
}

function alertEvent(
  source: Document,
  rule: AlertRule,
  { id, reason, createdAt }: { id: string; reason: string; createdAt: string },
): Document {
  return {
    kind: 'alert',
    category: ['intrusion_detection', 'process'],
    type: ['info', 'allowed'],
    code: 'behavior',
    action: 'rule_detection',
    outcome: 'success',
    module: 'exectap',
    dataset: 'exectap.alerts',
    id,
    created: createdAt,
    sequence: (source.event as Document).sequence,
    severity: SEVERITY_SCORE[rule.severity],
    risk_score: rule.riskScore,
    reason,
  };
}

/** What the sentence about an alert is made of; the field table always gives these, but for those that may be absent. */
interface Told {
  readonly process: { readonly name: string; readonly parent: { readonly name?: string } };
  readonly user: { readonly id: string; readonly name?: string };
  readonly host: { readonly id: string; readonly name?: string };
}

/** The sentence that Kibana writes for its own alerts, with the parts that are known. */
function alertReason(source: Document, rule: AlertRule): string {
  const { process, user, host } = source as unknown as Told;
  const parent = process.parent.name === undefined ? '' : `, parent process ${process.parent.name},`;
  return (
    `process event with process ${process.name}${parent} by ${user.name ?? `user ${user.id}`} ` +
    `on ${host.name ?? host.id} created ${rule.severity} alert ${rule.name}.`
  );
}

function ruleObject(rule: AlertRule): Document {
  return {
    id: rule.id,
    uuid: rule.id,
    name: rule.name,
    version: String(rule.version),
    ruleset: rule.ruleset,
    author: rule.author,
    license: rule.license,
    category: rule.threat[0]?.tactic.name,
    description: rule.description,
    reference: rule.references[0],
  };
}

function threatObject(threat: readonly Threat[]): Document | undefined {
  if (threat.length === 0) return undefined;
  const techniques = threat.flatMap((entry) => entry.techniques);
  const subtechniques = techniques.flatMap((technique) => technique.subtechniques);
  return {
    framework: threat[0]!.framework,
    tactic: columns(threat.map((entry) => entry.tactic)),
    ...(techniques.length > 0 && {
      technique: {
        ...columns(techniques),
        ...(subtechniques.length > 0 && { subtechnique: columns(subtechniques) }),
      },
    }),
  };
}

function columns(entries: readonly Technique[]): Document {
  return {
    id: entries.map((entry) => entry.id),
    name: entries.map((entry) => entry.name),
    reference: entries.map((entry) => entry.reference),
  };
}

function related(source: Document): Document {
  const user = source.user as Document;
  const host = source.host as Document;
  const process = source.process as Document;
  const cdhash = (process.hash as Document | undefined)?.cdhash;
  return {
    user: [user.name ?? user.id] as string[],
    hosts: [host.name ?? host.id] as string[],
    ...(cdhash !== undefined && { hash: [cdhash as string] }),
  };
}

/** Bytes of JSON for the arguments of one process in the chain, of which there can be ANCESTRY_LIMIT. */
const LINK_ARGUMENT_BYTES = 512;

/** One process in the chain that a responder is shown. Local: it is kept with the alert and not sent. */
export interface ChainLink {
  readonly entityId: string;
  readonly pid: number;
  readonly executable: string;
  /** Null when its exec was not seen. */
  readonly args: readonly string[] | null;
  readonly argsCount: number | null;
  readonly signingId: string | null;
  readonly teamId: string | null;
  readonly trusted: boolean;
}

/** The processes that led to this one, nearest first. */
export function ancestryOf(event: ProcessEvent): ChainLink[] {
  return event.entity.ancestors().map((ancestor) => chainLink(event, ancestor));
}

function chainLink(event: ProcessEvent, entity: ProcessEntity): ChainLink {
  const { image } = entity;
  return {
    entityId: event.entityIdOf(entity),
    pid: entity.pid,
    executable: image.executable,
    args: image.arguments === null ? null : cutList(image.arguments.values, LINK_ARGUMENT_BYTES),
    argsCount: image.arguments?.count ?? null,
    signingId: image.signingId,
    teamId: teamOf(image),
    trusted: isTrusted(image),
  };
}
