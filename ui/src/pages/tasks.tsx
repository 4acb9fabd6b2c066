import { useState } from 'preact/hooks';
import { percent } from '../lib/format';
import type { TaskNode, Tasks } from '../lib/types';
import { Empty, Segments, Trouble } from '../parts/basics';
import { usePart } from '../parts/runcontext';

function Tree({ nodes, depth }: { nodes: Record<string, TaskNode>; depth: number }) {
  const names = Object.entries(nodes).sort(([, a], [, b]) => b.ratio - a.ratio);
  return (
    <ul class="tree">
      {names.map(([name, node]) => (
        <li key={name}>
          <div class={`tree-row depth-${Math.min(depth, 5)}`}>
            <span class="tree-name">{name}</span>
            <svg class="tree-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
              <rect width={100 * Math.min(1, node.ratio)} height="6" />
            </svg>
            <span class="num tree-share">{percent(node.ratio)}</span>
          </div>
          {node.tasks && Object.keys(node.tasks).length > 0 && <Tree nodes={node.tasks} depth={depth + 1} />}
        </li>
      ))}
    </ul>
  );
}

export function TasksPage() {
  const [which, setWhich] = useState<'per_class' | 'total'>('per_class');
  const tasks = usePart<Tasks>('tasks', {}, 5000);
  const nodes = tasks.data?.[which];
  if (tasks.error && !tasks.data)
    return (
      <div class="page">
        <Trouble error={tasks.error} retry={tasks.reload} />
      </div>
    );
  return (
    <div class="page narrow">
      {!nodes || Object.keys(nodes).length === 0 ? (
        <Empty title={tasks.data ? 'No tasks' : 'Reading…'}>
          {tasks.data && 'A Locust file’s user classes and tasks come here with the share in which they are chosen. k6 scripts have none.'}
        </Empty>
      ) : (
        <>
          <div class="toolbar">
            <Segments
              value={which}
              label="Shares"
              onChange={setWhich}
              all={
                [
                  ['per_class', 'Within each class'],
                  ['total', 'Of all users'],
                ] as const
              }
            />
          </div>
          <section class="card pad">
            <Tree nodes={nodes} depth={0} />
          </section>
        </>
      )}
    </div>
  );
}
