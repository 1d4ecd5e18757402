// The Prometheus text format, version 0.0.4, and that no label can grow memory.
import { describe, expect, it } from "vitest";
import { MAX_SERIES, Registry } from "../../../functions/telemetry/registry.ts";

describe("the registry writes", () => {
  it("counters, with label values and help escaped", () => {
    const registry = new Registry();
    const counter = registry.counter("requests_total", "All\\requests\nthere are.", ["code"]);
    counter.add({ code: 'a"b\\c\nd' });
    counter.add({ code: "ok" }, 2);
    counter.add({ code: "ok" });
    expect(registry.render()).toBe(
      [
        "# HELP requests_total All\\\\requests\\nthere are.",
        "# TYPE requests_total counter",
        'requests_total{code="a\\"b\\\\c\\nd"} 1',
        'requests_total{code="ok"} 3',
        "",
      ].join("\n"),
    );
  });

  it("gauges, which can be set anew", () => {
    const registry = new Registry();
    const gauge = registry.gauge("info", "Version.", ["version"]);
    gauge.set({ version: "a" }, 1);
    gauge.clear();
    gauge.set({ version: "b" }, 1.5);
    expect(registry.render()).toContain('# TYPE info gauge\ninfo{version="b"} 1.5\n');
    expect(registry.render()).not.toContain('"a"');
  });

  it("histograms, cumulative, limits included, with sum and count", () => {
    const registry = new Registry();
    const histogram = registry.histogram("seconds", "Time.", ["route"], [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe({ route: "/" }, value);
    expect(registry.render().split("\n").slice(1, -1)).toEqual([
      "# TYPE seconds histogram",
      'seconds_bucket{route="/",le="0.1"} 2',
      'seconds_bucket{route="/",le="1"} 3',
      'seconds_bucket{route="/",le="+Inf"} 4',
      'seconds_sum{route="/"} 7.65',
      'seconds_count{route="/"} 4',
    ]);
  });

  it("metrics without labels", () => {
    const registry = new Registry();
    registry.counter("plain_total", "Plain.", []).add({});
    expect(registry.render()).toContain("\nplain_total 1\n");
  });
});

it("takes no two label combinations for one, wherever their texts meet", () => {
  const registry = new Registry();
  const counter = registry.counter("loads_total", "Loads.", ["name", "channel"]);
  const combinations = [
    ["a", "b"],
    ["ab", ""],
    ["", "ab"],
    ["a1:", "b"],
    ["a", "1:b"],
    ["1:a", "b"],
  ];
  for (const [name = "", channel = ""] of combinations) counter.add({ name, channel });
  const counts = registry.render().trim().split("\n").slice(2);
  expect(counts).toEqual(combinations.map(([name, channel]) => `loads_total{name="${name}",channel="${channel}"} 1`));
});

it("counts what is over the limit of series together", () => {
  const registry = new Registry();
  const counter = registry.counter("names_total", "Names.", ["name"]);
  for (let index = 0; index < MAX_SERIES + 10; index++) counter.add({ name: `n${index}` });
  const lines = registry.render().trim().split("\n").slice(2);
  expect(lines).toHaveLength(MAX_SERIES + 1);
  expect(lines.at(-1)).toBe('names_total{name="overflow"} 10');
});
