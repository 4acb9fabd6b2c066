// What the numbers of the start form will do: the curve of users, in points to draw and in words to read.

import { clock, count, duration, rate } from './format';

export interface Plan {
  points: [number, number][];
  /** Seconds that the drawing spans; the run itself may have no end. */
  span: number;
  endless: boolean;
  words: string;
}

/** Locust's run times: "300", "20s", "3m", "2h", "1h30m", "1h 30m 5s". Null: not one of them. Empty is no limit: 0. */
export function parseRunTime(text: string): number | null {
  const s = text.trim().toLowerCase();
  if (s === '') return 0;
  if (/^\d+(\.\d+)?$/.test(s)) return Number(s);
  const match = /^(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?$/.exec(s);
  if (!match || match.slice(1).every((part) => part === undefined)) return null;
  const [d = 0, h = 0, m = 0, sec = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return d * 86400 + h * 3600 + m * 60 + sec;
}

/** Users over time for a linear ramp that is then held. `runTime` 0: held until stopped. */
export function planRamp(users: number, spawnRate: number, runTime: number): Plan {
  const ramp = spawnRate > 0 ? Math.max(0, users / spawnRate) : 0;
  const endless = runTime === 0;
  const span = endless ? Math.max(30, ramp * 2) : runTime;
  if (!endless && ramp > span) {
    const reached = Math.floor(spawnRate * span);
    return {
      points: [
        [0, 0],
        [span, reached],
        [span, 0],
      ],
      span,
      endless,
      words:
        `Adds ${rate(spawnRate)} users a second until ${clock(span)}: only ${count(reached)} of ${count(users)} users will have started. ` +
        `For all of them allow ${duration(Math.ceil(ramp))} or start more a second.`,
    };
  }
  const points: [number, number][] = [
    [0, 0],
    [ramp, users],
    [span, users],
  ];
  if (!endless) points.push([span, 0]);
  const up =
    ramp >= 1
      ? `Ramps to ${count(users)} ${users === 1 ? 'user' : 'users'} in ${duration(Math.round(ramp))}`
      : `Starts ${count(users)} ${users === 1 ? 'user' : 'users'} at once`;
  const hold = endless ? 'then holds them until you stop it' : `holds for ${duration(Math.round(span - ramp))}, ends at ${clock(span)}`;
  return { points, span, endless, words: `${up}, ${hold}.` };
}

/** A hint in words where the numbers are likely a mistake; empty when there is nothing to say. */
export function planHint(users: number, spawnRate: number, runTime: number): string {
  const ramp = spawnRate > 0 ? users / spawnRate : 0;
  if (runTime > 0 && ramp <= runTime && runTime - ramp < ramp * 0.25) {
    return 'Most of the run is the ramp. What holds steadily shows only afterwards: give it at least as long again.';
  }
  if (users >= 50 && ramp > 0 && ramp < 2) return 'Everybody arrives within two seconds: a spike test. For a knee, ramp slowly.';
  return '';
}
