// Short messages at the edge of the page; errors stay until they are put away.

import { signal } from '@preact/signals';

export interface Toast {
  id: number;
  text: string;
  tone: 'info' | 'error';
}

export const toasts = signal<Toast[]>([]);
let next = 1;

export function toast(text: string, tone: Toast['tone'] = 'info'): void {
  if (toasts.value.some((t) => t.text === text)) return;
  const id = next++;
  toasts.value = [...toasts.value.slice(-3), { id, text, tone }];
  if (tone === 'info') setTimeout(() => dismiss(id), 4000);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((t) => t.id !== id);
}

/** Runs an action and shows its error as a sentence; true when it went well. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (e) {
    toast(e instanceof Error ? e.message : String(e), 'error');
    return false;
  }
}
