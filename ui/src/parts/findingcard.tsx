// A finding: what broke, how sure that is, what speaks for it and where to see it, and what to do.

import { useEffect, useState } from 'preact/hooks';
import { get } from '../lib/api';
import { CANNOT_TELL, confidenceWord, contextOf, spanOfEvidence } from '../lib/findings';
import { clock, plural } from '../lib/format';
import { useResource, useSeen } from '../lib/hooks';
import { groupsOf, hasSeries } from '../lib/probes';
import type { Evidence, Finding, Probes } from '../lib/types';
import { Pill, type Tone } from './basics';
import { Icon } from './icons';
import { ProbeChart } from './probepanels';
import { useRun } from './runcontext';

const SHOT_POINTS = 200;
const LIVE_MS = 5000;

export function toneOf(finding: Finding): Tone {
  if (finding.kind === CANNOT_TELL || finding.level === 'note') return 'quiet';
  return finding.level === 'error' ? 'bad' : 'warn';
}

function sentenceCase(text: string): string {
  return text ? text[0]!.toUpperCase() + text.slice(1) : text;
}

/** Its address: the probe's picture, or the charts of the load, with the window at that interval. */
function EvidenceLink({ evidence }: { evidence: Evidence }) {
  const { link } = useRun();
  const span = spanOfEvidence(evidence);
  const window: Record<string, number> = span ? { from: span.from, to: span.to } : {};
  const to = evidence.series ? link('probes', { ...window, source: evidence.source, series: evidence.series }) : link('overview', window);
  const where = evidence.series ? `${evidence.series} · ${evidence.source}` : 'the load';
  return (
    <a class="evidence" href={to} title={`${where}${span ? ': look at that window' : ''}`}>
      <Icon name="chart" />
      <span class="evidence-text">{evidence.text}</span>
      <span class="evidence-where mono">{where}</span>
      {span && (
        <span class="evidence-span num">
          {clock(span.from)}–{clock(span.to)}
        </span>
      )}
    </a>
  );
}

/** The series of the evidence around its interval, which is shaded. */
function EvidenceChart({ evidence }: { evidence: Evidence }) {
  const { id, live, detail, observed } = useRun();
  const [box, seen] = useSeen<HTMLDivElement>();
  const end = Math.max(detail?.span?.to ?? 0, evidence.to_s ?? 0);
  const range = contextOf(evidence, end);
  const panel = groupsOf(observed.data?.series ?? [], [])
    .flatMap((g) => g.panels)
    .find((p) => hasSeries(p, evidence.source, evidence.series));
  const read = useResource<Probes>(
    seen && panel && range ? `${id}/${evidence.source}/${evidence.series}/${range.from}-${range.to}` : null,
    (signal) => get<Probes>(`runs/${id}/probes`, { source: evidence.source, points: SHOT_POINTS, name: familyHead(evidence.series), ...range }, signal),
    live ? LIVE_MS : null,
  );
  const [held, setHeld] = useState(read.data);
  useEffect(() => {
    if (read.data) setHeld(read.data);
  }, [read.data]);
  return (
    <div class="panel-place" ref={box}>
      {panel && range && <ProbeChart panel={panel} probes={read.data ?? held} range={range} chosen={spanOfEvidence(evidence)} />}
    </div>
  );
}

function familyHead(name: string): string {
  const dot = name.indexOf('.');
  return dot > 0 && !name.includes('{') ? name.slice(0, dot + 1) : name;
}

export function FindingCard({ finding, rank, charts }: { finding: Finding; rank: number | null; charts?: boolean }) {
  const tone = toneOf(finding);
  const drawn = charts ? finding.evidence.filter((e, i) => e.series && firstOfItsPanel(finding.evidence, i)).slice(0, 3) : [];
  return (
    <article class={`card finding ${tone}`} aria-label={finding.title}>
      <header class="finding-head">
        {rank !== null && <span class="finding-rank num">{rank}</span>}
        <h3>{sentenceCase(finding.title)}</h3>
        {finding.level !== 'note' && finding.kind !== CANNOT_TELL && (
          <Pill tone={tone} title={`Confidence ${Math.round(finding.confidence * 100)} of 100`}>
            {confidenceWord(finding)}
          </Pill>
        )}
      </header>
      <p class="finding-text">{finding.text}</p>
      {finding.remedy && (
        <p class="finding-remedy">
          <Icon name="arrow" />
          <span>
            <span class="visually-hidden">Remedy: </span>
            {finding.remedy}
          </span>
        </p>
      )}
      {finding.evidence.length > 0 && (
        <ul class={charts ? 'evidence-list' : 'evidence-list brief'} aria-label="Evidence">
          {finding.evidence.map((e, i) => (
            <li key={i}>
              <EvidenceLink evidence={e} />
            </li>
          ))}
        </ul>
      )}
      {drawn.length > 0 && (
        <div class="panels evidence-charts">
          {drawn.map((e) => (
            <EvidenceChart key={`${e.source}|${e.series}`} evidence={e} />
          ))}
        </div>
      )}
      {charts && finding.endpoints.length > 0 && (
        <p class="hint">
          {plural(finding.endpoints.length, 'endpoint')}: <span class="mono">{finding.endpoints.join(', ')}</span>
        </p>
      )}
    </article>
  );
}

/** Two series of one picture are drawn once. */
function firstOfItsPanel(all: Evidence[], i: number): boolean {
  const stem = (e: Evidence) => `${e.source}|${e.series.replace(/\.[a-z_]+$/, '')}`;
  return all.findIndex((e) => e.series && stem(e) === stem(all[i]!)) === i;
}

/** On the overview: the first one whole, of the others how many there are. */
export function FirstFinding({ broke }: { broke: Finding[] }) {
  const { live, link } = useRun();
  const first = broke[0]!;
  return (
    <section class="first-finding" aria-label="What broke first">
      <header class="pinned-head">
        <h3>{first.kind === CANNOT_TELL ? 'Something broke' : 'What broke first'}</h3>
        <a href={link('findings')}>{broke.length > 1 ? `${plural(broke.length - 1, 'more finding')} →` : 'Findings →'}</a>
        {live && <span class="hint">as it looks by now</span>}
      </header>
      <FindingCard finding={first} rank={null} />
    </section>
  );
}
