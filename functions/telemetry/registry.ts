// Counters, gauges and histograms of one isolate, written out in the Prometheus text format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/).

/** Most label combinations of one metric. What comes after is counted together, under `OVERFLOW`, so that no caller can grow memory. */
export const MAX_SERIES = 500;
export const OVERFLOW = "overflow";

type Labels<Name extends string> = Readonly<Record<Name, string>>;

export interface Counter<Name extends string> {
  add(labels: Labels<Name>, by?: number): void;
}
export interface Gauge<Name extends string> {
  set(labels: Labels<Name>, value: number): void;
  /** Forgets every series: for gauges that are set anew at each scrape. */
  clear(): void;
}
export interface Histogram<Name extends string> {
  observe(labels: Labels<Name>, value: number): void;
}

interface Metric {
  render(): string[];
}

export class Registry {
  readonly #metrics: Metric[] = [];

  counter<Name extends string>(name: string, help: string, labelNames: readonly Name[]): Counter<Name> {
    const series = new SeriesMap<Name, { value: number }>(labelNames, () => ({ value: 0 }));
    this.#metrics.push({ render: () => [...heading(name, help, "counter"), ...series.lines(name)] });
    return { add: (labels, by = 1) => void (series.get(labels).value += by) };
  }

  gauge<Name extends string>(name: string, help: string, labelNames: readonly Name[]): Gauge<Name> {
    const series = new SeriesMap<Name, { value: number }>(labelNames, () => ({ value: 0 }));
    this.#metrics.push({ render: () => [...heading(name, help, "gauge"), ...series.lines(name)] });
    return { set: (labels, value) => void (series.get(labels).value = value), clear: () => series.clear() };
  }

  /** `bounds` are the upper limits of the buckets, ascending; the last bucket, without a limit, is added. */
  histogram<Name extends string>(
    name: string,
    help: string,
    labelNames: readonly Name[],
    bounds: readonly number[],
  ): Histogram<Name> {
    const series = new SeriesMap<Name, { counts: number[]; sum: number }>(labelNames, () => ({
      counts: [...bounds, Number.POSITIVE_INFINITY].map(() => 0),
      sum: 0,
    }));
    const render = () =>
      series.entries().flatMap(([labels, { counts, sum }]) => {
        let total = 0;
        const buckets = counts.map((count, index) => {
          total += count;
          return `${name}_bucket${labelText([...labels, ["le", numberText(bounds[index] ?? Number.POSITIVE_INFINITY)]])} ${total}`;
        });
        return [...buckets, `${name}_sum${labelText(labels)} ${numberText(sum)}`, `${name}_count${labelText(labels)} ${total}`];
      });
    this.#metrics.push({ render: () => [...heading(name, help, "histogram"), ...render()] });
    return {
      observe(labels, value) {
        const one = series.get(labels);
        const found = bounds.findIndex((bound) => value <= bound);
        const index = found === -1 ? bounds.length : found;
        one.counts[index] = (one.counts[index] ?? 0) + 1;
        one.sum += value;
      },
    };
  }

  /** Every metric in the order of its declaration, ending in a line feed. */
  render(): string {
    return `${this.#metrics.flatMap((metric) => metric.render()).join("\n")}\n`;
  }
}

/** Values by label combination, at most `MAX_SERIES`. */
class SeriesMap<Name extends string, Value> {
  readonly #labelNames: readonly Name[];
  readonly #create: () => Value;
  readonly #series = new Map<string, { readonly labels: [string, string][]; readonly value: Value }>();

  constructor(labelNames: readonly Name[], create: () => Value) {
    this.#labelNames = labelNames;
    this.#create = create;
  }

  get(labels: Labels<Name>): Value {
    const key = this.#keyOf(labels);
    const known = this.#series.get(key);
    if (known) return known.value;
    if (this.#series.size >= MAX_SERIES && this.#labelNames.some((name) => labels[name] !== OVERFLOW)) {
      return this.get(Object.fromEntries(this.#labelNames.map((name) => [name, OVERFLOW])) as Labels<Name>); // has every name
    }
    const value = this.#create();
    this.#series.set(key, { labels: this.#labelNames.map((name) => [name, labels[name]]), value });
    return value;
  }

  /** Most metrics have one label, which a decision counts by dozens of times. */
  #keyOf(labels: Labels<Name>): string {
    const [only, second] = this.#labelNames;
    if (only !== undefined && second === undefined) return labels[only];
    return JSON.stringify(this.#labelNames.map((name) => labels[name]));
  }

  clear(): void {
    this.#series.clear();
  }

  entries(): [[string, string][], Value][] {
    return [...this.#series.values()].map(({ labels, value }) => [labels, value]);
  }

  /** One line a series, for values that are one number. */
  lines(this: SeriesMap<Name, { value: number }>, name: string): string[] {
    return this.entries().map(([labels, { value }]) => `${name}${labelText(labels)} ${numberText(value)}`);
  }
}

function heading(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`, `# TYPE ${name} ${type}`];
}

function labelText(labels: readonly (readonly [string, string])[]): string {
  if (labels.length === 0) return "";
  const escaped = (value: string) => value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(",")}}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
