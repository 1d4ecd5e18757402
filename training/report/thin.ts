// Fewer points of a curve, dealt out along its length: a report does not grow with the data.
import { extentOf, type Point } from "./chart-spec.ts";

const MAX_POINTS = 200;

/** The first, the last, and others about equally far along the curve, each axis measured by its own range. */
export function thin(points: readonly Point[], maxPoints: number = MAX_POINTS): Point[] {
  if (points.length <= maxPoints) return [...points];
  const [x, y] = [extentOf(points.map(([px]) => px)), extentOf(points.map(([, py]) => py))];
  const walked = new Float64Array(points.length);
  for (let i = 1; i < points.length; i++) {
    const [from, to] = [points[i - 1] as Point, points[i] as Point]; // within the list
    walked[i] = walked[i - 1]! + Math.abs(to[0] - from[0]) / (x[1] - x[0]) + Math.abs(to[1] - from[1]) / (y[1] - y[0]);
  }
  const stride = walked[points.length - 1]! / (maxPoints - 1);
  let next = 0;
  return points.filter((_, index) => {
    const kept = walked[index]! >= next || index === points.length - 1;
    if (kept) next = walked[index]! + stride;
    return kept;
  });
}
