// Is the load generator itself fit to measure? Said in words while the run goes on; the program's own verdict counts at the end.

import { msNumber } from './format';
import type { LiveWorker, Run, Worker } from './types';

export interface Fitness {
  tone: 'good' | 'warn' | 'bad' | 'quiet';
  short: string;
  words: string;
}

const CPU_FULL = 95;
const CPU_HIGH = 80;
const LATE_MS = 100;
/** The exit code of a run whose figures are void. */
export const EXIT_VOID = 90;

type Health = LiveWorker & Partial<Pick<Worker, 'lag_ms' | 'late_ms'>>;

export function fitnessNow(workers: Health[]): Fitness {
  if (workers.length === 0) return { tone: 'quiet', short: 'not known yet', words: 'The workers have not reported yet.' };
  const lost = workers.filter((w) => w.state === 'lost' || w.state === 'missing');
  if (lost.length > 0) {
    const who = lost.map((w) => w.id).join(', ');
    return { tone: 'bad', short: 'worker lost', words: `Worker ${who} was lost, and its users with it: the load is less than what was asked for.` };
  }
  const known = workers.filter((w) => w.cpu !== null);
  const busiest = known.reduce<Health | null>((best, w) => (best && (best.cpu ?? 0) >= (w.cpu ?? 0) ? best : w), null);
  const cpu = busiest?.cpu ?? 0;
  const use = `worker ${busiest?.id} uses ${Math.round(cpu)} % of a core`;
  if (cpu >= CPU_FULL) {
    return {
      tone: 'bad',
      short: 'at its limit',
      words: `The generator itself is the limit (${use}): response times hold its own delays. Use more workers, or fewer users.`,
    };
  }
  const late = Math.max(0, ...workers.map((w) => Math.max(w.late_ms ?? 0, w.lag_ms ?? 0)));
  if (late >= LATE_MS) {
    return {
      tone: 'warn',
      short: 'late',
      words: `The generator runs up to ${msNumber(late)} ms late: something holds a worker up. Look for blocking calls in the script.`,
    };
  }
  if (cpu >= CPU_HIGH)
    return { tone: 'warn', short: 'nearly full', words: `The generator is nearly at its limit: ${use}. Add workers before more users.` };
  if (!busiest) return { tone: 'quiet', short: 'not known yet', words: 'The workers have not reported their use of the processor.' };
  return {
    tone: 'good',
    short: 'has room',
    words: `The generator has room: the busiest, ${use}${late > 0 ? `, at most ${msNumber(late)} ms late` : ''}.`,
  };
}

/** The verdict on a run that is over; null when there is nothing to object. */
export function fitnessThen(run: Run): Fitness | null {
  if (run.exit_code === EXIT_VOID) {
    return { tone: 'bad', short: 'void', words: run.words || 'The load generator itself was the limit: these figures say nothing about the server.' };
  }
  if (run.state === 'lost') {
    return {
      tone: 'warn',
      short: 'cut short',
      words: 'The program was killed during this run. Everything up to its last second is here; set-down and summary are missing.',
    };
  }
  return null;
}
