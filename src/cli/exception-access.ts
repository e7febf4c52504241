import { type AddedException, type AskedException, addException } from '../agent/index.ts';
import type { ControlClient } from '../control/index.ts';
import type { AlertStore, StoredException } from '../store/index.ts';
import { connectAgent, openDatabase } from './agent-or-store.ts';
import type { Place } from './options.ts';

export type Asked = Omit<AskedException, 'createdMs' | 'createdBy'>;

/** What came of adding one. Whether there is such a rule only a running agent knows. */
export type Added = Omit<AddedException, 'ruleKnown'> & Partial<AddedException>;

/** The exceptions of this host, wherever they are managed. */
export interface ExceptionAccess {
  list(all: boolean): Promise<StoredException[]>;
  /** @throws ExectapError where the condition cannot be used */
  add(asked: Asked): Promise<Added>;
  /** Gives it as it is then. @throws ExectapError where none with this id stands */
  remove(id: string): Promise<StoredException>;
  close(): Promise<void>;
}

/** Through the agent that runs for this place, which takes changes up at once; else in its database. */
export async function openExceptions(place: Place, use: 'read' | 'write'): Promise<ExceptionAccess> {
  const client = await connectAgent(place);
  if (client !== null) return new AgentExceptions(client);
  // Who asked, before root becomes the owner of the database.
  const uid = process.getuid?.() ?? 0;
  return new StoreExceptions(await openDatabase(place, use), uid);
}

class AgentExceptions implements ExceptionAccess {
  readonly #client: ControlClient;

  constructor(client: ControlClient) {
    this.#client = client;
  }

  async list(all: boolean): Promise<StoredException[]> {
    const found: StoredException[] = [];
    const onItem = (item: unknown): void => void found.push(item as StoredException);
    await this.#client.call('exceptions.list', { all }, { onItem });
    return found;
  }

  async add(asked: Asked): Promise<Added> {
    return (await this.#client.call('exceptions.add', asked)) as AddedException;
  }

  async remove(id: string): Promise<StoredException> {
    return (await this.#client.call('exceptions.remove', { exception: id })) as StoredException;
  }

  async close(): Promise<void> {
    this.#client.close();
  }
}

class StoreExceptions implements ExceptionAccess {
  readonly #store: AlertStore;
  readonly #uid: number;

  constructor(store: AlertStore, uid: number) {
    this.#store = store;
    this.#uid = uid;
  }

  list(all: boolean): Promise<StoredException[]> {
    return this.#store.exceptions(all ? 'all' : 'standing');
  }

  add(asked: Asked): Promise<Added> {
    return addException(this.#store, { ...asked, createdMs: Date.now(), createdBy: this.#uid });
  }

  remove(id: string): Promise<StoredException> {
    return this.#store.removeException(id, Date.now(), this.#uid);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
