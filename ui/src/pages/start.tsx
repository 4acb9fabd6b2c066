import { useState } from 'preact/hooks';
import { send } from '../lib/api';
import { plural } from '../lib/format';
import { adopt, state, statesTold } from '../lib/live';
import { parseRunTime, planHint, planRamp } from '../lib/plan';
import { go } from '../lib/router';
import type { CustomArg, StartForm, State, UserClass } from '../lib/types';
import { Banner, Button, Empty } from '../parts/basics';
import { ShapePreview } from '../parts/shape';

export type ArgValue = string | number | boolean | string[];

export interface Draft {
  users: string;
  spawnRate: string;
  host: string;
  runTime: string;
  classes: string[];
  args: Record<string, ArgValue>;
}

export function draftOf(form: StartForm): Draft {
  return {
    users: String(form.users ?? 1),
    spawnRate: String(form.spawn_rate ?? 1),
    host: form.host ?? '',
    runTime: form.run_time ?? '',
    classes: form.classes.map((c) => c.name),
    args: Object.fromEntries(form.args.map((a) => [a.name, a.default ?? (a.kind === 'flag' ? false : a.kind === 'multiple' ? [] : '')])),
  };
}

/** What is wrong with each field, in words; nothing when it may start. */
export function faults(draft: Draft, form: StartForm): Partial<Record<string, string>> {
  const out: Record<string, string> = {};
  if (!form.shape && !form.hide_common_options) {
    if (!/^\d+$/.test(draft.users.trim()) || Number(draft.users) < 1) out.users = 'A whole number of at least 1.';
    if (!(Number(draft.spawnRate) > 0)) out.spawnRate = 'A number above 0, as 10 or 0.5.';
  }
  const host = draft.host.trim();
  if (host && !/^https?:\/\/[^/\s]/.test(host)) out.host = 'An address with http:// or https:// before it.';
  if (!host && form.host_required) out.host = 'The script names no host: write the address of the server to be tested.';
  if (parseRunTime(draft.runTime) === null) out.runTime = 'As 300, 90s, 5m, 1h30m. Empty: until you stop it.';
  if (form.class_picker && form.classes.length > 0 && draft.classes.length === 0) out.classes = 'Choose at least one user class.';
  for (const arg of form.args) {
    const value = draft.args[arg.name];
    if (arg.required && (value === '' || (Array.isArray(value) && value.length === 0))) out[arg.name] = 'This is needed.';
    else if (arg.kind === 'number' && value !== '' && !Number.isFinite(Number(value))) out[arg.name] = 'A number.';
  }
  return out;
}

/** The body of POST /start. Only what the form shows is sent. */
export function request(draft: Draft, form: StartForm): Record<string, unknown> {
  const body: Record<string, unknown> = { host: draft.host.trim(), run_time: draft.runTime.trim() };
  if (!form.shape && !form.hide_common_options) {
    body.users = Number(draft.users);
    body.spawn_rate = Number(draft.spawnRate);
  }
  if (form.class_picker) body.classes = draft.classes;
  if (form.args.length > 0) {
    body.args = Object.fromEntries(
      form.args.map((a) => {
        const value = draft.args[a.name];
        return [a.name, a.kind === 'number' && value !== '' ? Number(value) : value];
      }),
    );
  }
  return body;
}

interface FieldProps {
  name: string;
  label: string;
  value: string;
  onInput: (text: string) => void;
  hint?: string;
  error?: string;
  numeric?: boolean;
  secret?: boolean;
  placeholder?: string;
  disabled?: boolean;
}

function Field({ name, label, value, onInput, hint, error, numeric, secret, placeholder, disabled }: FieldProps) {
  const common = {
    name,
    value,
    placeholder,
    disabled,
    class: numeric ? 'num' : undefined,
    autocomplete: 'off' as const,
    'aria-invalid': Boolean(error),
    'aria-describedby': `${name}-note`,
    onInput: (e: { currentTarget: HTMLInputElement }) => onInput(e.currentTarget.value),
  };
  return (
    <label class="field">
      <span>{label}</span>
      {secret ? <input type="password" {...common} /> : <input type="text" inputMode={numeric ? 'decimal' : 'text'} {...common} />}
      <small id={`${name}-note`} class={error ? 'field-error' : 'hint'}>
        {error ?? hint ?? ''}
      </small>
    </label>
  );
}

function Multiple({ arg, value, onChange }: { arg: CustomArg; value: string[]; onChange: (v: string[]) => void }) {
  const toggle = (choice: string) => onChange(value.includes(choice) ? value.filter((v) => v !== choice) : [...value, choice]);
  return (
    <fieldset class="field choices">
      <legend>{arg.name}</legend>
      {(arg.choices ?? []).map((c) => (
        <label key={c} class="tick">
          <input type="checkbox" checked={value.includes(c)} onChange={() => toggle(c)} />
          {c}
        </label>
      ))}
      <small class="hint">{arg.help}</small>
    </fieldset>
  );
}

function Argument({ arg, value, error, onChange }: { arg: CustomArg; value: ArgValue; error?: string; onChange: (v: ArgValue) => void }) {
  if (arg.kind === 'flag') {
    return (
      <label class="field tick-field">
        <span class="tick">
          <input type="checkbox" checked={Boolean(value)} onChange={(e) => onChange(e.currentTarget.checked)} />
          {arg.name}
        </span>
        <small class="hint">{arg.help}</small>
      </label>
    );
  }
  if (arg.kind === 'multiple' && arg.choices) return <Multiple arg={arg} value={value as string[]} onChange={onChange} />;
  if (arg.kind === 'choice') {
    return (
      <label class="field">
        <span>{arg.name}</span>
        <select value={String(value)} onChange={(e) => onChange(e.currentTarget.value)}>
          {(arg.choices ?? []).map((c) => (
            <option key={c} value={c}>
              {c}
            </option>
          ))}
        </select>
        <small class="hint">{arg.help}</small>
      </label>
    );
  }
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  const take = (t: string) =>
    onChange(
      arg.kind === 'multiple'
        ? t
            .split(',')
            .map((p) => p.trim())
            .filter(Boolean)
        : t,
    );
  return (
    <Field
      name={`arg-${arg.name}`}
      label={arg.name}
      value={text}
      onInput={take}
      hint={arg.help}
      error={error}
      numeric={arg.kind === 'number'}
      secret={arg.secret}
    />
  );
}

function Classes({ all, chosen, error, onChange }: { all: UserClass[]; chosen: string[]; error?: string; onChange: (names: string[]) => void }) {
  const weights = all.filter((c) => chosen.includes(c.name) && !c.fixed_count).reduce((sum, c) => sum + c.weight, 0);
  const toggle = (name: string) => onChange(chosen.includes(name) ? chosen.filter((n) => n !== name) : [...chosen, name]);
  return (
    <fieldset class="classes">
      <legend>User classes</legend>
      <ul>
        {all.map((c) => {
          const on = chosen.includes(c.name);
          const share = !on
            ? 'not run'
            : c.fixed_count
              ? `${plural(c.fixed_count, 'user')}, fixed`
              : `${Math.round((100 * c.weight) / Math.max(1, weights))} % of users`;
          return (
            <li key={c.name} class={on ? 'on' : ''}>
              <label class="tick">
                <input type="checkbox" checked={on} onChange={() => toggle(c.name)} />
                <b>{c.name}</b>
              </label>
              <span class="hint class-tasks">{c.tasks.join(', ')}</span>
              <span class="num hint">{share}</span>
            </li>
          );
        })}
      </ul>
      <p class="field-error" role="alert">
        {error ?? ''}
      </p>
    </fieldset>
  );
}

function Preview({ draft, form, wrong }: { draft: Draft; form: StartForm; wrong: Partial<Record<string, string>> }) {
  if (form.shape) {
    return (
      <aside class="card pad preview" aria-label="What will happen">
        <h2>Shape: {form.shape}</h2>
        <p class="words">
          The class <code>{form.shape}</code> of the script decides how many users there are at each moment. Number of users and ramp are its own.
        </p>
      </aside>
    );
  }
  const ok = !wrong.users && !wrong.spawnRate && !wrong.runTime;
  const users = ok ? Number(draft.users) : 0;
  const plan = ok ? planRamp(users, Number(draft.spawnRate), parseRunTime(draft.runTime) ?? 0) : null;
  const hint = ok ? planHint(users, Number(draft.spawnRate), parseRunTime(draft.runTime) ?? 0) : '';
  return (
    <aside class="card pad preview" aria-label="What will happen">
      <h2>Users over time</h2>
      {plan ? <ShapePreview plan={plan} users={users} /> : <div class="shape-missing">Fill in users, ramp and run time to see the curve.</div>}
      <p class="words" aria-live="polite">
        {plan?.words ?? ''}
      </p>
      <p class="hint">{hint}</p>
    </aside>
  );
}

function Form({ form, now }: { form: StartForm; now: State }) {
  const [draft, setDraft] = useState(() => draftOf(form));
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState('');
  const [busy, setBusy] = useState(false);
  const set = (changes: Partial<Draft>) => setDraft((d) => ({ ...d, ...changes }));
  const wrong = faults(draft, form);
  const shown = (key: string) => (tried || key !== 'host' ? wrong[key] : undefined);
  const submit = async (e: Event) => {
    e.preventDefault();
    setTried(true);
    setRefused('');
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    try {
      const before = statesTold();
      adopt(await send<State>('POST', 'start', request(draft, form)), before);
      go(['live', 'overview']);
    } catch (error) {
      setRefused(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <form class="start" onSubmit={submit} noValidate>
      <div class="start-fields">
        {(refused || now.message) && <Banner tone="bad">{refused || now.message}</Banner>}
        {!form.hide_common_options && !form.shape && (
          <div class="field-row">
            <Field
              name="users"
              label="Users"
              numeric
              value={draft.users}
              error={shown('users')}
              hint="at the peak"
              onInput={(users) => set({ users })}
            />
            <Field
              name="spawn_rate"
              label="Started per second"
              numeric
              value={draft.spawnRate}
              error={shown('spawnRate')}
              hint="the ramp"
              onInput={(spawnRate) => set({ spawnRate })}
            />
            <Field
              name="run_time"
              label="Run time"
              value={draft.runTime}
              placeholder="until stopped"
              error={shown('runTime')}
              hint="90s, 5m, 1h30m"
              onInput={(runTime) => set({ runTime })}
            />
          </div>
        )}
        <Field
          name="host"
          label="Host"
          value={draft.host}
          placeholder="http://127.0.0.1:8080"
          error={shown('host')}
          hint="the server under test"
          onInput={(host) => set({ host })}
        />
        {form.class_picker && form.classes.length > 0 && (
          <Classes all={form.classes} chosen={draft.classes} error={shown('classes')} onChange={(classes) => set({ classes })} />
        )}
        {form.args.length > 0 && (
          <fieldset class="args">
            <legend>Arguments of the script</legend>
            <div class="arg-grid">
              {form.args.map((a) => (
                <Argument
                  key={a.name}
                  arg={a}
                  value={draft.args[a.name] ?? ''}
                  error={shown(a.name)}
                  onChange={(v) => set({ args: { ...draft.args, [a.name]: v } })}
                />
              ))}
            </div>
          </fieldset>
        )}
        <div class="start-foot">
          <Button kind="primary" type="submit" icon="play" disabled={busy || !now.can.start}>
            {busy ? 'Starting…' : 'Start'}
          </Button>
          <span class="hint">
            {tried && Object.keys(wrong).length > 0 ? 'Something above is not right yet.' : now.can.start ? '' : 'A run is under way.'}
          </span>
        </div>
      </div>
      <Preview draft={draft} form={form} wrong={wrong} />
    </form>
  );
}

export function StartPage() {
  const now = state.value;
  return (
    <main class="page start-page" id="main">
      {now?.start_form ? (
        <>
          <header class="page-head">
            <h1>Start a run</h1>
            <p class="hint">
              <code>{now.script}</code> with {now.tool}
              {now.start_form.shape ? `, shaped by ${now.start_form.shape}` : ''}
            </p>
          </header>
          <Form key={`${now.script}`} form={now.start_form} now={now} />
        </>
      ) : (
        <Empty title="Nothing can be started from here">
          This page shows {now?.tool ? 'a run whose script decides its own load' : 'the ledger only'}. For a start form:{' '}
          <code>halftime locust -f locustfile.py</code>.
        </Empty>
      )}
    </main>
  );
}
