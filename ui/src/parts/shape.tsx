// The curve of users that a start form describes, drawn before anything starts.

import { clock, compact } from '../lib/format';
import { useSize } from '../lib/hooks';
import type { Plan } from '../lib/plan';

const H = 170;
const LEFT = 40;
const FOOT = 22;
const TOP = 12;

interface Props {
  plan: Plan;
  users: number;
}

export function ShapePreview(props: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  return (
    <div class="shape-box" ref={box}>
      {size.width > 0 && <Drawing {...props} width={size.width} />}
    </div>
  );
}

function Drawing({ plan, users, width }: Props & { width: number }) {
  const most = Math.max(1, users, ...plan.points.map(([, u]) => u));
  const x = (t: number) => LEFT + ((width - LEFT - 12) * t) / plan.span;
  const y = (u: number) => TOP + (H - TOP - FOOT) * (1 - u / most);
  const line = plan.points.map(([t, u]) => `${x(t).toFixed(1)},${y(u).toFixed(1)}`).join(' ');
  const base = y(0);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(plan.span * part));
  return (
    <svg class="shape" viewBox={`0 0 ${width} ${H}`} role="img" aria-label={`Users over time: ${plan.words}`}>
      {[0, 0.5, 1].map((part) => (
        <g key={part}>
          <line class="shape-grid" x1={LEFT} x2={width - 12} y1={y(most * part)} y2={y(most * part)} />
          <text class="shape-text" x={LEFT - 8} y={y(most * part) + 4} text-anchor="end">
            {compact(Math.round(most * part))}
          </text>
        </g>
      ))}
      {plan.endless && <line class="shape-endless" x1={x(plan.span * 0.82)} x2={width - 12} y1={y(users)} y2={y(users)} />}
      <polygon class="shape-fill" points={`${LEFT},${base} ${line} ${x(plan.span)},${base}`} />
      <polyline class="shape-line" points={line} />
      {ticks.map((t, i) => (
        <text key={i} class="shape-text" x={x(t)} y={H - 5} text-anchor={i === 0 ? 'start' : i === 4 ? 'end' : 'middle'}>
          {i === 4 && plan.endless ? '…' : clock(t)}
        </text>
      ))}
    </svg>
  );
}
