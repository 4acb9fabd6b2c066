// The small parts that every page is made of.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { dismiss, toast, toasts } from '../lib/toast';
import { Icon, type IconName } from './icons';

interface ButtonProps {
  children?: ComponentChildren;
  icon?: IconName;
  label?: string;
  onClick?: (() => void) | undefined;
  kind?: 'plain' | 'primary' | 'danger' | 'ghost';
  type?: 'button' | 'submit';
  disabled?: boolean;
  shortcut?: string;
  pressed?: boolean;
  small?: boolean;
}

export function Button({ children, icon, label, onClick, kind = 'plain', type = 'button', disabled, shortcut, pressed, small }: ButtonProps) {
  const title = label ? (shortcut ? `${label} (${shortcut})` : label) : shortcut ? `Shortcut: ${shortcut}` : undefined;
  return (
    <button
      type={type}
      class={`button ${kind}${small ? ' small' : ''}${children ? '' : ' icon-only'}`}
      onClick={onClick}
      disabled={disabled}
      title={title}
      aria-label={children ? undefined : label}
      aria-pressed={pressed}
    >
      {icon && <Icon name={icon} />}
      {children && <span>{children}</span>}
    </button>
  );
}

export type Tone = 'good' | 'bad' | 'warn' | 'accent' | 'quiet';

export function Pill({ tone, children, pulse, title }: { tone: Tone; children: ComponentChildren; pulse?: boolean; title?: string }) {
  return (
    <span class={`pill ${tone}`} title={title}>
      <i class={pulse ? 'dot pulse' : 'dot'} aria-hidden="true" />
      {children}
    </span>
  );
}

export function Banner({ tone, title, children }: { tone: Tone; title?: string; children?: ComponentChildren }) {
  return (
    <div class={`banner ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={tone === 'good' ? 'check' : 'warn'} />
      <div>
        {title && <strong>{title}</strong>} {children}
      </div>
    </div>
  );
}

/** What an empty place says: what will be here, and how to get it there. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h3>{title}</h3>
      {children && <p>{children}</p>}
    </div>
  );
}

export function Trouble({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div class="banner bad" role="alert">
      <Icon name="warn" />
      <div>{error.message}</div>
      {retry && (
        <Button small onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function Search({ value, onInput, label, hint }: { value: string; onInput: (text: string) => void; label: string; hint?: string }) {
  return (
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        value={value}
        placeholder={label}
        aria-label={label}
        title={hint}
        data-search
        onInput={(e) => onInput(e.currentTarget.value)}
      />
    </label>
  );
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  side?: boolean;
  wide?: boolean;
}

export function Dialog({ title, onClose, children, side, wide }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => (before instanceof HTMLElement ? before.focus() : undefined);
  }, []);
  const outside = (e: MouseEvent) => {
    if (e.target === ref.current) onClose();
  };
  return (
    <dialog ref={ref} class={`dialog${side ? ' side' : ''}${wide ? ' wide' : ''}`} aria-label={title} onClose={onClose} onClick={outside}>
      <div class="dialog-body">
        <header class="dialog-head">
          <h2>{title}</h2>
          <Button kind="ghost" icon="close" label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

export function Confirm({
  title,
  children,
  action,
  onYes,
  onClose,
}: {
  title: string;
  children: ComponentChildren;
  action: string;
  onYes: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="dialog-text">{children}</div>
      <footer class="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          kind="danger"
          onClick={() => {
            onYes();
            onClose();
          }}
        >
          {action}
        </Button>
      </footer>
    </Dialog>
  );
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((t) => (
        <div class={`toast ${t.tone}`} key={t.id}>
          <span>{t.text}</span>
          <Button kind="ghost" small icon="close" label="Dismiss" onClick={() => dismiss(t.id)} />
        </div>
      ))}
    </div>
  );
}

/** Text that becomes a field when it is clicked. Enter or leaving it keeps, Escape does not. */
export function InlineEdit({
  value,
  label,
  placeholder,
  onSave,
  lines = 1,
}: {
  value: string;
  label: string;
  placeholder: string;
  onSave: (text: string) => void;
  lines?: number;
}) {
  const [editing, setEditing] = useState(false);
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const cancelled = useRef(false);
  useEffect(() => {
    if (editing) field.current?.focus();
  }, [editing]);
  if (!editing) {
    return (
      <button
        type="button"
        class={`inline-edit${value ? '' : ' unset'}`}
        aria-label={`${label}: ${value || 'none'}. Edit`}
        title={value || `Add: ${label.toLowerCase()}`}
        onClick={(e) => {
          e.stopPropagation();
          cancelled.current = false;
          setEditing(true);
        }}
      >
        {value || placeholder}
      </button>
    );
  }
  const keep = () => {
    const text = field.current?.value ?? value;
    setEditing(false);
    if (!cancelled.current && text !== value) onSave(text);
  };
  const key = (e: KeyboardEvent) => {
    e.stopPropagation();
    if (e.key === 'Escape') cancelled.current = true;
    if (e.key === 'Escape' || (e.key === 'Enter' && (lines === 1 || !e.shiftKey))) {
      e.preventDefault();
      field.current?.blur();
    }
  };
  const common = {
    ref: field,
    class: 'inline-field',
    defaultValue: value,
    'aria-label': label,
    onBlur: keep,
    onKeyDown: key,
    onClick: (e: Event) => e.stopPropagation(),
  };
  return lines === 1 ? <input {...common} /> : <textarea {...common} rows={lines} />;
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => toast(`Copied the ${what}.`),
      () => toast(`The browser does not let the page copy. Mark the ${what} and copy it by hand.`, 'error'),
    );
  };
  return <Button kind="ghost" small icon="copy" label={`Copy ${what}`} onClick={copy} />;
}

export function Segments<T extends string>({
  value,
  all,
  label,
  onChange,
}: {
  value: T;
  all: readonly (readonly [T, string])[];
  label: string;
  onChange: (value: T) => void;
}) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {all.map(([key, text]) => (
        <button type="button" key={key} aria-pressed={key === value} onClick={() => onChange(key)}>
          {text}
        </button>
      ))}
    </div>
  );
}
