import { basename } from 'node:path/posix';
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

/**
 * The alert of a rule on an event, in the shape in which Elastic Defend reports its own alerts, in a data stream of
 * ours. All facts are ECS fields; `kibana.alert` repeats a few for readers that know only that vocabulary.
 *
 * @param createdAt when the agent made the alert, ISO 8601
 */
export function alertDocument(event: ProcessEvent, rule: AlertRule, createdAt: string): Document {
  // The event stands in it twice: as the alert's own process, and verbatim.
  const source = eventDocument(event, DOCUMENT_ARGUMENT_BYTES / 2);
  const id = alertId(event.id, rule.id);
  const reason = alertReason(event, rule);
  const { host, user, group, process } = source;
  return {
    '@timestamp': event.record.time,
    message: rule.name,
    ecs: { version: ECS_VERSION },
    data_stream: { type: 'logs', dataset: 'exectap.alerts', namespace: event.origin.namespace },
    agent: source.agent,
    observer: { vendor: 'exectap', product: 'exectap', type: 'edr', version: event.origin.agent.version },
    event: alertEvent(event, rule, { id, reason, createdAt }),
    rule: ruleObject(rule),
    threat: threatObject(rule.threat),
    host,
    user,
    group,
    process,
    related: related(source),
    Events: [{ _label: 'process', _state: 0, ...source }],
    kibana: {
      alert: {
        uuid: id,
        reason,
        rule: { rule_id: rule.id, name: rule.name, version: rule.version, type: 'eql' },
        severity: rule.severity,
        risk_score: rule.riskScore,
        original_time: event.record.time,
      },
    },
  } as Document;
}

function alertEvent(
  event: ProcessEvent,
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
    sequence: Number.isNaN(event.record.globalSeqNum) ? undefined : event.record.globalSeqNum,
    severity: SEVERITY_SCORE[rule.severity],
    risk_score: rule.riskScore,
    reason,
  };
}

/** The sentence that Kibana writes for its own alerts, with the parts that are known. */
export function alertReason(event: ProcessEvent, rule: AlertRule): string {
  const { parent, origin, subject } = event;
  const words = ['process event with process', basename(subject.executable)];
  if (parent.entity !== null) words[1] += `, parent process ${basename(parent.entity.image.executable)},`;
  words.push(`by ${subject.euid === 0 ? 'root' : `user ${subject.euid}`}`);
  words.push(`on ${origin.host.name ?? origin.host.id}`, 'created', rule.severity, 'alert', `${rule.name}.`);
  return words.join(' ');
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
