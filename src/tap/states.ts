/** Why a tap does not run, by its own words, and what to do about it. */
export interface TapState {
  readonly name:
    | 'not root'
    | 'no full disk access'
    | 'too many clients'
    | 'not entitled'
    | 'refused'
    | 'ended';
  /** Whether somebody must do something before it can run. */
  readonly needsPermission: boolean;
  readonly remedy: string;
}

/** The results of es_new_client as eslogger prints them, wherever in its sentence they stand [ESTypes.h]. */
const STATES: Readonly<Record<string, TapState>> = {
  ES_NEW_CLIENT_RESULT_ERR_NOT_PRIVILEGED: {
    name: 'not root',
    needsPermission: true,
    remedy: 'run exectap as root',
  },
  ES_NEW_CLIENT_RESULT_ERR_NOT_PERMITTED: {
    name: 'no full disk access',
    needsPermission: true,
    remedy:
      'give Full Disk Access to the program that is responsible for exectap (exectapd as a daemon, else the terminal) in ' +
      'System Settings › Privacy & Security; it is tried again by itself',
  },
  ES_NEW_CLIENT_RESULT_ERR_TOO_MANY_CLIENTS: {
    name: 'too many clients',
    needsPermission: false,
    remedy: 'end other Endpoint Security clients',
  },
  ES_NEW_CLIENT_RESULT_ERR_NOT_ENTITLED: {
    name: 'not entitled',
    needsPermission: true,
    remedy: 'the program lacks the Endpoint Security entitlement: use eslogger',
  },
};

const REFUSED: TapState = {
  name: 'refused',
  needsPermission: false,
  remedy: 'look for the name in ESTypes.h; it is tried again by itself',
};

const ENDED: TapState = { name: 'ended', needsPermission: false, remedy: 'it is started again by itself' };

/** What the words that a tap left say about its state. */
export function tapStateOf(words: string | undefined): TapState {
  if (words === undefined) return ENDED;
  const token = Object.keys(STATES).find((each) => words.includes(each));
  if (token !== undefined) return STATES[token]!;
  return words.includes('ES_NEW_CLIENT_RESULT_') ? REFUSED : ENDED;
}
