/** Draws rows of any benchmark as throughput against latency. */
import { writeFile } from 'node:fs/promises';
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

import type { Row } from './benchmark.js';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const WIDTH = 960;
const HEIGHT = 600;
const INK = '#222222';
const FAINT = '#dddddd';
/** Told apart on white, also by those who do not see red and green (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#000000', '#e69f00', '#56b4e9', '#7a5195'];

/** A point is labelled with those of its fields that are not the same throughout its series. */
const POINT_FIELDS = ['callers', 'proposers', 'replicas', 'bytes', 'offeredPerSecond'] as const;

interface Point {
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p85Ms: number;
  /** The text that tells it from the other points of its series. */
  readonly label: string;
}

export interface Series {
  readonly name: string;
  /** In the order of the rows. */
  readonly points: readonly Point[];
}

/**
 * Writes an SVG of operations a second against p50 (solid) and p85 (dashed), both axes logarithmic; see `seriesOf` for what
 * makes a line.
 * @throws Error where no row has what a point needs, or the file cannot be written
 */
export async function plotLatency(rows: readonly Row[], file: string, title: string): Promise<void> {
  const series = seriesOf(rows);
  if (series.length === 0) {
    throw new Error(`There is nothing to plot in ${file}: no row has operations a second with their p50 and p85.`);
  }
  await writeFile(file, svgOf(series, title));
}

/**
 * A series for each distinct `system`, `mode`, `phase` and `sweep`, as far as rows have them. Rows without a throughput or
 * a latency are left out, and so are the single runs of a series that has medians.
 */
export function seriesOf(rows: readonly Row[]): Series[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows.filter(isPoint)) {
    const name = nameOf(row);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].map(([name, all]) => {
    const medians = all.filter((row) => row['run'] === 'median');
    const shown = medians.length > 0 ? medians : all;
    const varying = POINT_FIELDS.filter((field) => new Set(shown.map((row) => row[field] ?? null)).size > 1);
    return { name, points: shown.map((row) => pointOf(row, varying)) };
  });
}

function nameOf({ system, mode, phase, sweep }: Row): string {
  const by = (sweep ?? null) === null ? null : `by ${String(sweep)}`;
  return [system, mode, phase, by].filter((part) => (part ?? null) !== null).join(' ');
}

/** A logarithmic axis has no place for what is not above 0. */
function isPoint(row: Row): boolean {
  return [row['opsPerSecond'], row['p50Ms'], row['p85Ms']].every(
    (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
  );
}

function pointOf(row: Row, varying: readonly string[]): Point {
  return {
    opsPerSecond: Number(row['opsPerSecond']),
    p50Ms: Number(row['p50Ms']),
    p85Ms: Number(row['p85Ms']),
    label: varying.map((field) => `${field} ${row[field] ?? '-'}`).join(', '),
  };
}

function svgOf(series: readonly Series[], title: string): string {
  // No DOM: text is measured by a table of widths.
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption({
      animation: false,
      // The viewer's page may be dark.
      backgroundColor: '#ffffff',
      textStyle: { color: INK, fontFamily: 'Arial, Helvetica, sans-serif' },
      title: {
        text: title,
        subtext: 'solid: p50, dashed: p85',
        left: 'center',
        top: 10,
        textStyle: { color: INK, fontSize: 16 },
        subtextStyle: { color: INK },
      },
      legend: { top: 62, left: 60, right: 60, itemGap: 24, textStyle: { color: INK } },
      grid: { left: 80, right: 60, top: 125, bottom: 60 },
      xAxis: axis('operations a second', 34),
      yAxis: axis('latency, ms', 54),
      series: series.flatMap(({ name, points }, at) => {
        const color = COLOURS[at % COLOURS.length] ?? INK;
        return [line(name, 'solid', color, points, 'p50Ms'), line(name, 'dashed', color, points, 'p85Ms')];
      }),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function axis(name: string, nameGap: number) {
  const stroke = { lineStyle: { color: FAINT } };
  return {
    type: 'log',
    name,
    nameLocation: 'middle',
    nameGap,
    nameTextStyle: { color: INK },
    axisLabel: { color: INK },
    axisLine: { show: true, onZero: false, lineStyle: { color: INK } },
    splitLine: stroke,
  };
}

function line(
  name: string,
  type: 'solid' | 'dashed',
  color: string,
  points: readonly Point[],
  latency: 'p50Ms' | 'p85Ms',
) {
  return {
    type: 'line',
    name,
    symbol: 'circle',
    symbolSize: 7,
    itemStyle: { color },
    lineStyle: { color, width: 2, type },
    data: points.map((point) => ({
      value: [point.opsPerSecond, point[latency]],
      label: { show: latency === 'p50Ms' && point.label !== '', formatter: point.label },
    })),
    label: { position: 'bottom', color: INK, fontSize: 10 },
    labelLayout: { hideOverlap: true },
  };
}
