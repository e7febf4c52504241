import assert from 'node:assert/strict';
import { thisMac } from '../../src/agent/host.ts';

const REGISTRY = `+-o J314sAP  <class IOPlatformExpertDevice, id 0x10000021d>
    {
      "IOPlatformSerialNumber" = "XYZ0123456"
      "IOPlatformUUID" = "6C1D9F0A-5B7E-4E57-9D55-2F6B8A3C7E10"
    }
`;

describe('the identity of this Mac', () => {
  const tools = (registry: string) => async (program: string, args: readonly string[]) => {
    if (program === '/usr/sbin/ioreg') return registry;
    return args[0] === '-productVersion' ? '26.1\n' : '25B78\n';
  };

  it('is IOPlatformUUID, with the version and build of the system', async () => {
    const host = await thisMac(tools(REGISTRY));
    assert.equal(host.id, '6C1D9F0A-5B7E-4E57-9D55-2F6B8A3C7E10');
    assert.equal(host.osVersion, '26.1');
    assert.equal(host.osBuild, '25B78');
  });

  it('is an error where ioreg does not tell it: events without a host are worth nothing', async () => {
    await assert.rejects(thisMac(tools('{}')), /IOPlatformUUID/);
  });

  it('is an error that names the tool where one fails', async () => {
    const failing = async (): Promise<string> => {
      throw new Error('spawn ENOENT');
    };
    await assert.rejects(thisMac(failing), /\/usr\/(sbin\/ioreg|bin\/sw_vers).* failed: spawn ENOENT/);
  });
});
