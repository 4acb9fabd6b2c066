// What can be done to the run that is under way.

import { send } from './api';
import { adopt, state, statesTold } from './live';
import { attempt, toast } from './toast';
import type { State } from './types';

async function command(path: string, body: unknown): Promise<boolean> {
  const before = statesTold();
  return attempt(async () => adopt(await send<State>('POST', path, body), before));
}

export async function stop(): Promise<void> {
  if (await command('stop', {})) toast('Stopping: users finish what they are at.');
}

export async function togglePause(): Promise<void> {
  const paused = !state.value?.paused;
  await command('pause', { paused });
}

export async function reset(): Promise<void> {
  if (await command('reset', {})) toast('Statistics begin anew. The ledger keeps all that was measured.');
}

export async function mark(text: string): Promise<boolean> {
  return command('mark', { text });
}

export async function setUsers(users: number, spawnRate: number | null): Promise<boolean> {
  return command('users', spawnRate === null ? { users } : { users, spawn_rate: spawnRate });
}

export async function setRate(rate: number): Promise<boolean> {
  return command('rate', { rate });
}
