// Pictures of probes that stand under the overview's charts, too: kept in this browser, for all runs that have the same series.

import { signal } from '@preact/signals';

const PLACE = 'pins';
const PINS_MAX = 12;

function recall(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '[]');
    return Array.isArray(kept) ? kept.filter((k) => typeof k === 'string') : [];
  } catch {
    return [];
  }
}

export const pins = signal<string[]>(recall());

export function togglePin(key: string): void {
  const on = pins.value.includes(key);
  pins.value = on ? pins.value.filter((k) => k !== key) : [...pins.value, key].slice(-PINS_MAX);
  localStorage.setItem(PLACE, JSON.stringify(pins.value));
}
