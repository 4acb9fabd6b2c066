// Keyboard shortcuts: single keys and pairs ("g s"), never while something is typed.

export interface Shortcut {
  keys: string;
  does: string;
  group: 'Go to' | 'Run' | 'View';
  run: () => void;
  /** False: not shown and not heard now. */
  when?: () => boolean;
}

const PAIR_MS = 1200;
let table: () => Shortcut[] = () => [];
let first = '';
let firstAt = 0;

export function useTable(of: () => Shortcut[]): void {
  table = of;
}

export function shortcuts(): Shortcut[] {
  return table().filter((s) => s.when?.() ?? true);
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function hear(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector('dialog[open]')) return;
  const pair = first && Date.now() - firstAt < PAIR_MS ? `${first} ${event.key}` : '';
  first = '';
  const known = shortcuts();
  const found = known.find((s) => s.keys === pair) ?? known.find((s) => s.keys === event.key);
  if (found) {
    event.preventDefault();
    found.run();
  } else if (known.some((s) => s.keys.startsWith(`${event.key} `))) {
    first = event.key;
    firstAt = Date.now();
  }
}

export function listenKeys(): void {
  addEventListener('keydown', hear);
}
