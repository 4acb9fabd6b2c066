// Dark or light: as the system says, until the switch is used.

import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

export const theme = signal<Theme>((localStorage.getItem('theme') as Theme | null) ?? 'system');
/** Counts up when colours change: what is drawn on a canvas must be drawn again. */
export const colours = signal(0);
const system = matchMedia('(prefers-color-scheme: dark)');

export function isDark(): boolean {
  return theme.value === 'dark' || (theme.value === 'system' && system.matches);
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.value;
  colours.value++;
}

export function toggleTheme(): void {
  theme.value = isDark() ? 'light' : 'dark';
  localStorage.setItem('theme', theme.value);
  applyTheme();
}

export function watchSystem(): void {
  system.addEventListener('change', applyTheme);
}

/** The colour behind a custom property as a canvas understands it. */
export function colour(name: string, alpha = 1): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const rgb = getComputedStyle(probe).color;
  probe.remove();
  return alpha === 1 ? rgb : rgb.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*\)$/, `rgba($1,$2,$3, ${alpha})`);
}
