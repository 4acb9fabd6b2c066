// The buttons of a run that is under way: only those that the program says are possible now.

import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import * as control from '../lib/control';
import { count } from '../lib/format';
import { connection, state } from '../lib/live';
import { href } from '../lib/router';
import { Button, Confirm, Dialog } from './basics';
import { Icon } from './icons';

export type ControlDialog = 'users' | 'mark' | 'reset' | null;
/** Which dialog is open; shortcuts open them from anywhere. */
export const controlDialog = signal<ControlDialog>(null);

const close = () => {
  controlDialog.value = null;
};

function UsersDialog() {
  const now = state.value;
  const byRate = Boolean(now?.can.rate && !now.can.users);
  const [users, setUsers] = useState(String(byRate ? Math.round(now?.rate ?? 0) : (now?.users.target ?? now?.users.active ?? 1)));
  const [spawn, setSpawn] = useState(String(now?.spawn_rate ?? ''));
  const n = Number(users);
  const wrong = !/^\d+(\.\d+)?$/.test(users.trim()) ? 'Write a number.' : spawn && !(Number(spawn) > 0) ? 'Users per second must be above 0.' : '';
  const submit = async (e: Event) => {
    e.preventDefault();
    if (wrong) return;
    const good = byRate ? await control.setRate(n) : await control.setUsers(Math.round(n), spawn ? Number(spawn) : null);
    if (good) close();
  };
  const step = (factor: number) => setUsers(String(Math.max(0, Math.round(n * factor))));
  return (
    <Dialog title={byRate ? 'Rate' : 'Users'} onClose={close}>
      <form class="stack" onSubmit={submit}>
        <p class="hint">
          {byRate
            ? 'Iterations per second of the arrival-rate scenarios.'
            : `${count(now?.users.active)} are active. The change takes effect at once, at the pace given.`}
        </p>
        <div class="field-row">
          <label class="field">
            <span>{byRate ? 'Iterations per second' : 'Users'}</span>
            <input class="num" inputMode="numeric" value={users} onInput={(e) => setUsers(e.currentTarget.value)} autofocus />
          </label>
          {!byRate && now?.spawn_rate !== null && (
            <label class="field">
              <span>Started per second</span>
              <input class="num" inputMode="decimal" value={spawn} onInput={(e) => setSpawn(e.currentTarget.value)} />
            </label>
          )}
        </div>
        <div class="preset-row">
          <Button small onClick={() => step(0.5)}>
            half
          </Button>
          <Button small onClick={() => step(1.1)}>
            +10 %
          </Button>
          <Button small onClick={() => step(1.5)}>
            +50 %
          </Button>
          <Button small onClick={() => step(2)}>
            double
          </Button>
        </div>
        <p class="field-error" role="alert">
          {wrong}
        </p>
        <footer class="dialog-foot">
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={Boolean(wrong)}>
            Apply
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

function MarkDialog() {
  const [text, setText] = useState('');
  const submit = async (e: Event) => {
    e.preventDefault();
    if (text.trim() && (await control.mark(text.trim().slice(0, 200)))) close();
  };
  return (
    <Dialog title="Mark this moment" onClose={close}>
      <form class="stack" onSubmit={submit}>
        <label class="field">
          <span>What happened</span>
          <input
            value={text}
            maxLength={200}
            placeholder="deployed 1.4, cache warm, pooler restarted …"
            onInput={(e) => setText(e.currentTarget.value)}
            autofocus
          />
        </label>
        <p class="hint">It stands in all charts of this run, now and later.</p>
        <footer class="dialog-foot">
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={!text.trim()}>
            Mark
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

export function ControlDialogs() {
  const can = state.value?.can;
  if (controlDialog.value === 'users' && (can?.users || can?.rate)) return <UsersDialog />;
  if (controlDialog.value === 'mark' && can?.mark) return <MarkDialog />;
  if (controlDialog.value === 'reset' && can?.reset) {
    return (
      <Confirm title="Reset the statistics?" action="Reset" onYes={control.reset} onClose={close}>
        Tables and figures begin anew from this moment. The ledger keeps all that was measured: any window of the run can still be looked at.
      </Confirm>
    );
  }
  return null;
}

export function Controls() {
  const now = state.value;
  if (!now || connection.value === 'lost') return null;
  const { can } = now;
  return (
    <div class="controls" role="group" aria-label="Control of the run">
      {can.users && (
        <Button
          icon="users"
          shortcut="u"
          onClick={() => {
            controlDialog.value = 'users';
          }}
        >
          Users
        </Button>
      )}
      {can.rate && !can.users && (
        <Button
          icon="users"
          shortcut="u"
          onClick={() => {
            controlDialog.value = 'users';
          }}
        >
          Rate
        </Button>
      )}
      {can.mark && (
        <Button
          icon="flag"
          shortcut="m"
          onClick={() => {
            controlDialog.value = 'mark';
          }}
        >
          Mark
        </Button>
      )}
      {can.reset && (
        <Button
          icon="reset"
          shortcut="x"
          onClick={() => {
            controlDialog.value = 'reset';
          }}
        >
          Reset
        </Button>
      )}
      {can.pause && (
        <Button icon={now.paused ? 'play' : 'pause'} shortcut="p" onClick={control.togglePause}>
          {now.paused ? 'Go on' : 'Pause'}
        </Button>
      )}
      {can.stop && (
        <Button kind="danger" icon="stop" shortcut="S" onClick={control.stop}>
          Stop
        </Button>
      )}
      {now.phase === 'stopping' && (
        <Button disabled icon="stop">
          Stopping…
        </Button>
      )}
      {can.start && (
        <a class="button primary" href={href(['start'])}>
          <Icon name="play" />
          <span>New run</span>
        </a>
      )}
    </div>
  );
}
