import type { ChainLink } from '../../ecs/index.ts';
import type { StoredAlert } from '../../store/index.ts';

/** The parts of a stored alert document that the command line reads; written by src/ecs/alert.ts. */
export interface AlertDocument {
  readonly '@timestamp': string;
  readonly host: {
    readonly id: string;
    readonly name?: string;
    readonly os: { readonly full?: string; readonly name: string };
  };
  readonly user: {
    readonly id: string;
    readonly name?: string;
    readonly Ext: { readonly real: { readonly id: string } };
  };
  readonly process: {
    readonly pid: number;
    readonly entity_id: string;
    readonly executable: string;
    readonly args?: readonly string[];
    readonly args_count?: number;
    readonly working_directory?: string;
    readonly interactive: boolean;
    readonly start?: string;
    readonly hash?: { readonly cdhash?: string };
    readonly code_signature: {
      readonly exists: boolean;
      readonly trusted: boolean;
      readonly signing_id?: string;
      readonly team_id?: string;
      readonly flags: string;
    };
    readonly parent: { readonly pid: number; readonly executable?: string };
    readonly previous?: { readonly executable?: string };
    readonly Ext?: {
      readonly command_line_truncated?: boolean;
      readonly effective_parent?: { readonly pid: number; readonly executable?: string };
    };
  };
  readonly event: { readonly reason: string; readonly severity: number; readonly risk_score: number };
  readonly rule: { readonly id: string; readonly version: string; readonly description?: string };
  readonly threat?: {
    readonly tactic: Names;
    readonly technique?: Names & { readonly subtechnique?: Names };
  };
}

export interface Names {
  readonly id: readonly string[];
  readonly name: readonly string[];
}

export interface AlertDetail {
  readonly ancestry: readonly ChainLink[];
  /** The agent has left out other users' arguments: only root sees them. */
  readonly withheld?: boolean;
  readonly rule: {
    readonly note?: string;
    readonly falsePositives: readonly string[];
    readonly references: readonly string[];
  };
}

export interface AlertView {
  readonly document: AlertDocument;
  readonly detail: AlertDetail;
}

export function viewAlert(alert: StoredAlert): AlertView {
  return {
    document: JSON.parse(alert.document) as AlertDocument,
    detail: JSON.parse(alert.detail) as AlertDetail,
  };
}

/**
 * A stored alert for programs: its ECS document as it is sent, and under `exectap` what only this host knows of it.
 */
export function alertJson(alert: StoredAlert): object {
  const { document, detail } = viewAlert(alert);
  return {
    ...document,
    exectap: {
      id: alert.id,
      number: alert.number,
      status: alert.status,
      stored: new Date(alert.storedMs).toISOString(),
      changes: alert.changes.map(({ atMs, status, comment }) => ({
        at: new Date(atMs).toISOString(),
        status,
        comment,
      })),
      ancestry: detail.ancestry,
    },
  };
}
