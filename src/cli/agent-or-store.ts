import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type AgentStatus,
  type GapSituation,
  gapSituation,
  type Health,
  healthOf,
  type RunCounters,
} from '../agent/index.ts';
import { ControlClient, DAEMON_SOCKET, MAX_SOCKET_PATH_BYTES, SOCKET_NAME } from '../control/index.ts';
import { ExectapError } from '../errors.ts';
import {
  type AlertFilter,
  type AlertStatus,
  type AlertStore,
  DATABASE_FILE,
  isLocked,
  openStore,
  type RunRow,
  type StoreCounts,
  type StoredAlert,
} from '../store/index.ts';
import { dropToOwner } from '../trust/index.ts';
import type { Place } from './options.ts';

/** A person waits two seconds, and opening the database is a part of it. */
const BUSY_MS = 1_000;

/** What `status` shows, from a running agent or from what the last one left. */
export interface Situation {
  readonly state: string;
  /** The agent that was asked; null where none runs. */
  readonly agent: Pick<AgentStatus, 'version' | 'control'> | null;
  readonly run: RunRow | null;
  readonly counts: StoreCounts;
  readonly gaps: GapSituation;
}

/** Alerts and status of this host, wherever they come from. */
export interface Holdings {
  situation(): Promise<Situation>;
  health(): Promise<Health>;
  list(filter: AlertFilter): Promise<StoredAlert[]>;
  /** @throws ExectapError where no alert fits */
  get(id: string): Promise<StoredAlert>;
  /** Gives the alert as it is then. */
  setStatus(id: string, status: Exclude<AlertStatus, 'open'>, comment: string | null): Promise<StoredAlert>;
  close(): Promise<void>;
}

/**
 * The agent that runs for this place, else its database. A running agent is asked, since it alone knows what is not
 * written down yet.
 */
export async function openHoldings(place: Place, use: 'read' | 'write'): Promise<Holdings> {
  const client = await connectAgent(place);
  if (client !== null) return new AgentHoldings(client);
  return new StoreHoldings(await openDatabase(place, use), place.state);
}

/**
 * The database of a state beside which no agent runs.
 *
 * @throws ExectapError where one does that could not be asked: behind its back its database is half the truth
 */
export async function openDatabase(place: Place, use: 'read' | 'write'): Promise<AlertStore> {
  const database = join(place.state, DATABASE_FILE);
  // What the database holds came from a process with fewer rights: root must not be root when it opens it.
  if (existsSync(place.state)) dropToOwner(existsSync(database) ? database : place.state);
  if (existsSync(database)) {
    // Where the path is too long for a socket there is no other way to ask.
    if (hasRoomForSocket(place.state) && (await isLocked(place.state)))
      throw new ExectapError(
        `an agent works on the state in ${place.state}, and is not behind the socket there`,
        {
          remedy: 'Name its socket: --socket PATH.',
        },
      );
  }
  const options = { readOnly: use === 'read', createIfMissing: false, busyMs: BUSY_MS };
  return openStore(place.state, options);
}

/** @throws ExectapError where no agent runs */
export async function requireAgent(place: Place): Promise<ControlClient> {
  const client = await connectAgent(place);
  if (client !== null) return client;
  throw new ExectapError('no agent runs here', {
    remedy: 'exectap status tells what the last one left; sudo exectap run starts one by hand',
  });
}

/** Null where no agent runs. @throws ExectapError where the one that was named does not */
export async function connectAgent({ socket, state, stateAsked }: Place): Promise<ControlClient | null> {
  if (socket !== undefined) {
    const client = await ControlClient.connect(socket);
    if (client !== null) return client;
    throw new ExectapError(`no agent is behind ${socket}`, {
      remedy: 'Check the path, and that the agent runs.',
    });
  }
  const own = join(state, SOCKET_NAME);
  for (const path of stateAsked ? [own] : [DAEMON_SOCKET, own]) {
    const client = await ControlClient.connect(path);
    if (client !== null) return client;
  }
  return null;
}

function hasRoomForSocket(state: string): boolean {
  return Buffer.byteLength(join(resolve(state), SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES;
}

/** A worker that was taken over may answer anything: what is read of an answer must be there. */
function expected<T extends object>(answer: T, ...keys: readonly (keyof T)[]): T {
  if (typeof answer === 'object' && answer !== null && keys.every((key) => answer[key] !== undefined))
    return answer;
  throw garbledAnswer();
}

function garbledAnswer(): ExectapError {
  return new ExectapError('the agent has answered what an agent does not', {
    remedy: 'Use the exectap that belongs to it, and look at its log.',
  });
}

class AgentHoldings implements Holdings {
  readonly #client: ControlClient;

  constructor(client: ControlClient) {
    this.#client = client;
  }

  async situation(): Promise<Situation> {
    const status = expected((await this.#client.call('status')) as AgentStatus, 'run', 'counts', 'gaps');
    const { state, version, control, run, counts, gaps } = status;
    return {
      state,
      agent: { version, control },
      run: { ...run, counters: JSON.stringify(run.counters) },
      counts,
      gaps,
    };
  }

  async health(): Promise<Health> {
    return expected((await this.#client.call('health')) as Health, 'verdict', 'reasons');
  }

  async list(filter: AlertFilter): Promise<StoredAlert[]> {
    const alerts: StoredAlert[] = [];
    const done = await this.#client.call('alerts.list', filter, {
      onItem: (item) => void alerts.push(expected(item as StoredAlert, 'id', 'document', 'detail')),
    });
    const { alerts: number } = expected(done as { alerts: number }, 'alerts');
    if (number !== alerts.length) throw garbledAnswer();
    return alerts;
  }

  async get(id: string): Promise<StoredAlert> {
    return expected(
      (await this.#client.call('alerts.get', { id })) as StoredAlert,
      'id',
      'document',
      'detail',
    );
  }

  async setStatus(id: string, status: AlertStatus, comment: string | null): Promise<StoredAlert> {
    const changed = await this.#client.call('alerts.set-status', { id, status, comment });
    return expected(changed as StoredAlert, 'id', 'status');
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

class StoreHoldings implements Holdings {
  readonly #store: AlertStore;
  readonly #state: string;

  constructor(store: AlertStore, state: string) {
    this.#store = store;
    this.#state = state;
  }

  async situation(): Promise<Situation> {
    return {
      state: this.#state,
      agent: null,
      run: await this.#store.lastRun(),
      counts: await this.#store.counts(),
      gaps: await gapSituation(this.#store, Date.now()),
    };
  }

  async health(): Promise<Health> {
    const run = await this.#store.lastRun();
    const counters = run === null ? {} : (JSON.parse(run.counters) as Partial<RunCounters>);
    const left =
      counters.tap === undefined
        ? { reasons: [], muted: 0 }
        : healthOf(counters as RunCounters, await this.#store.counts(), Date.now());
    return { ...left, verdict: 'degraded', reasons: ['no agent runs here', ...left.reasons] };
  }

  list(filter: AlertFilter): Promise<StoredAlert[]> {
    return this.#store.list(filter);
  }

  async get(id: string): Promise<StoredAlert> {
    const alert = await this.#store.get(id);
    if (alert !== null) return alert;
    throw new ExectapError(`no alert fits ${JSON.stringify(id)}`, {
      remedy: 'exectap alerts list shows their ids',
    });
  }

  async setStatus(id: string, status: AlertStatus, comment: string | null): Promise<StoredAlert> {
    const alert = await this.get(id);
    await this.#store.setStatus(alert.id, status, comment, Date.now());
    return { ...alert, status };
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
