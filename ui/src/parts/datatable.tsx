// A table that draws only the rows in sight: 10,000 endpoints scroll like ten. Rows have one height and columns fixed widths, so that
// neither new figures nor sorting moves anything.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSize } from '../lib/hooks';

export interface Column<R> {
  key: string;
  head: string;
  hint?: string;
  width: number;
  /** Takes the room that is left. */
  grow?: boolean;
  number?: boolean;
  sortable?: boolean;
  cell: (row: R) => ComponentChildren;
  tone?: (row: R) => string;
}

interface Props<R> {
  label: string;
  columns: Column<R>[];
  rows: R[];
  rowKey: (row: R) => string;
  /** All rows there are; more than `rows` when only the first have been loaded. */
  total?: number;
  onNeed?: (rows: number) => void;
  sort?: string;
  onSort?: (sort: string) => void;
  onRow?: (row: R) => void;
  selected?: string | null;
  foot?: R;
  busy?: boolean;
  empty?: ComponentChildren;
  /** As high as its rows: for a handful inside a page that scrolls. */
  flat?: boolean;
  /** Columns that stay at the left when the rest scrolls sideways. */
  rowHeight?: number;
}

export const ROW_HEIGHT = 32;
const OVERSCAN = 12;

/** The sort after a click on a column: figures begin with the largest, names with A; a second click turns it round. */
export function nextSort(current: string, key: string, number: boolean): string {
  if (current === key) return `-${key}`;
  if (current === `-${key}`) return key;
  return number ? `-${key}` : key;
}

function Head<R>({ columns, sort, onSort }: Pick<Props<R>, 'columns' | 'sort' | 'onSort'>) {
  return (
    <thead>
      <tr>
        {columns.map((c) => {
          const up = sort === c.key;
          const down = sort === `-${c.key}`;
          const can = onSort && c.sortable !== false;
          return (
            <th
              key={c.key}
              scope="col"
              class={c.number ? 'num' : undefined}
              aria-sort={up ? 'ascending' : down ? 'descending' : undefined}
              title={c.hint}
            >
              {can ? (
                <button type="button" class="sort" onClick={() => onSort(nextSort(sort ?? '', c.key, Boolean(c.number)))}>
                  {c.head}
                  <span class={`arrow${up ? ' up' : down ? ' down' : ''}`} aria-hidden="true" />
                </button>
              ) : (
                c.head
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function Line<R>({
  row,
  columns,
  onRow,
  selected,
  index,
  name,
}: {
  row: R;
  columns: Column<R>[];
  onRow?: (row: R) => void;
  selected: boolean;
  index?: number;
  name?: string;
}) {
  const open = (e: Event) => {
    if (!(e.target instanceof Element) || !e.target.closest('a,button,input,textarea,select,label')) onRow?.(row);
  };
  const key = (e: KeyboardEvent) => {
    const tr = e.currentTarget as HTMLElement;
    if (e.target !== tr) return;
    if (e.key === 'Enter') open(e);
    const next = e.key === 'ArrowDown' ? tr.nextElementSibling : e.key === 'ArrowUp' ? tr.previousElementSibling : null;
    if (next instanceof HTMLElement && next.tabIndex === 0) {
      e.preventDefault();
      next.focus();
    }
  };
  return (
    <tr
      class={`${onRow ? 'opens' : ''}${selected ? ' selected' : ''}`}
      aria-rowindex={index}
      onClick={onRow ? open : undefined}
      onKeyDown={onRow ? key : undefined}
      tabIndex={onRow ? 0 : undefined}
      data-row={name}
    >
      {columns.map((c) => (
        <td key={c.key} class={`${c.number ? 'num ' : ''}${c.tone?.(row) ?? ''}`}>
          {c.cell(row)}
        </td>
      ))}
    </tr>
  );
}

/** On a phone the name that stays at the left leaves room for figures beside it. */
const NARROW_PX = 600;
const NARROW_NAME_PX = 168;

function Columns<R>({ columns }: { columns: Column<R>[] }) {
  return (
    <colgroup>
      {columns.map((c) => (
        <col key={c.key} style={c.grow ? undefined : { width: `${c.width}px` }} />
      ))}
    </colgroup>
  );
}

export function DataTable<R>(props: Props<R>) {
  const { rows, flat, onNeed, rowHeight = ROW_HEIGHT } = props;
  const [box, size] = useSize<HTMLDivElement>();
  const narrow = size.width > 0 && size.width < NARROW_PX;
  const columns = narrow ? props.columns.map((c, i) => (i === 0 && c.grow ? { ...c, width: Math.min(c.width, NARROW_NAME_PX) } : c)) : props.columns;
  const [top, setTop] = useState(0);
  const total = props.total ?? rows.length;
  const height = size.height || 600;
  const from = flat ? 0 : Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  const to = flat ? rows.length : Math.min(total, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  const asked = useRef(0);
  useEffect(() => {
    if (to > rows.length && rows.length < total && asked.current !== to) {
      asked.current = to;
      onNeed?.(to);
    }
  }, [to, rows.length, total]);
  useEffect(() => {
    if (box.current && !flat) box.current.scrollTop = 0;
  }, [props.sort]);

  const shown = rows.slice(from, to);
  const minimum = columns.reduce((sum, c) => sum + c.width, 0);
  const below = (total - from - shown.length) * rowHeight;
  return (
    <div
      class={`table-box${flat ? ' flat' : ''}${props.busy ? ' busy' : ''}`}
      ref={box}
      tabIndex={flat ? undefined : 0}
      role="region"
      aria-label={props.label}
      onScroll={flat ? undefined : (e) => setTop(e.currentTarget.scrollTop)}
    >
      <table aria-rowcount={total + 1} style={{ minWidth: `${minimum}px` }}>
        <Columns columns={columns} />
        <Head columns={columns} sort={props.sort} onSort={props.onSort} />
        <tbody>
          {from > 0 && (
            <tr class="spacer" aria-hidden="true">
              <td style={{ height: `${from * rowHeight}px` }} colSpan={columns.length} />
            </tr>
          )}
          {shown.map((row, i) => {
            const key = props.rowKey(row);
            return (
              <Line key={key} name={key} row={row} columns={columns} onRow={props.onRow} selected={props.selected === key} index={from + i + 2} />
            );
          })}
          {below > 0 && (
            <tr class="spacer" aria-hidden="true">
              <td style={{ height: `${below}px` }} colSpan={columns.length} />
            </tr>
          )}
        </tbody>
        {props.foot && rows.length > 0 && (
          <tfoot>
            <Line row={props.foot} columns={columns} selected={false} />
          </tfoot>
        )}
      </table>
      {total === 0 && props.empty}
    </div>
  );
}
