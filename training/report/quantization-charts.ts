// What serving in integers changes: each example's logit in floats beside the one that is served.
import { centralRange } from "./calibration-charts.ts";
import { type ChartSpec, extentOf, type Point } from "./chart-spec.ts";
import { histogram } from "./histogram.ts";

const DOT_COUNT = 400;
const BAR_COUNT = 48;

/** Raw logits, of the same examples. */
export function quantizationCharts(float: Float32Array, served: Float32Array): ChartSpec[] {
  const differences = served.map((logit, index) => logit - float[index]!);
  const reach = Math.max(...centralRange(differences).map(Math.abs));
  const bars = histogram(differences, [-reach, reach], BAR_COUNT);
  return [
    scatter(float, served),
    {
      id: "differences",
      title: "Difference of the logits",
      caption: "Served in integers, less in floats. Narrow and around zero is good.",
      x: { label: "int8 less float, logits", min: -reach, max: reach, format: "number" },
      y: { label: "share of examples", min: 0, max: Math.max(...bars.map(([, share]) => share)) * 1.08, format: "share" },
      series: [{ name: "examples", tone: "first", mark: "area", points: bars }],
    },
  ];
}

function scatter(float: Float32Array, served: Float32Array): ChartSpec {
  const stride = Math.max(1, Math.ceil(float.length / DOT_COUNT));
  const dots: Point[] = [];
  for (let i = 0; i < float.length; i += stride) dots.push([float[i]!, served[i]!]);
  dots.sort((a, b) => a[0] - b[0]);
  const [min, max] = extentOf(dots.flat());
  const axis = (label: string) => ({ label, min, max, format: "number" as const });
  return {
    id: "quantization",
    title: "Float against int8",
    caption: `Raw logits of ${dots.length.toLocaleString("en")} examples. On the diagonal, integers say what floats say.`,
    x: axis("logit in floats"),
    y: axis("logit as served"),
    series: [
      {
        name: "equal",
        tone: "muted",
        mark: "dashed",
        points: [
          [min, min],
          [max, max],
        ],
      },
      { name: "examples", tone: "first", mark: "dots", points: dots },
    ],
  };
}
