/** The Mac that events come from. In replay it is the capture's Mac, never the machine that replays. */
export interface HostIdentity {
  /** IOPlatformUUID on a live Mac; what the capture's `start` line says, else `capture`, in replay. */
  readonly id: string;
  readonly name?: string | undefined;
  readonly architecture?: string | undefined;
  readonly osVersion?: string | undefined;
  readonly osBuild?: string | undefined;
  readonly kernel?: string | undefined;
}

/** What stands in every document beside the event itself: where it comes from and who reports it. */
export interface Origin {
  readonly host: HostIdentity;
  readonly agent: { readonly id: string; readonly version: string };
  /** The last part of the data stream names, `default` unless configured. */
  readonly namespace: string;
}

/** The host of a capture that does not say which Mac it was made on. */
export const UNKNOWN_CAPTURE: HostIdentity = { id: 'capture' };

/** The ECS version whose field names and types the documents follow. */
export const ECS_VERSION = '9.4.0';

/** The system in one line; undefined where its version is not known. */
export function systemName({ osVersion, osBuild }: HostIdentity): string | undefined {
  if (osVersion === undefined) return undefined;
  return osBuild === undefined ? `macOS ${osVersion}` : `macOS ${osVersion} (${osBuild})`;
}
