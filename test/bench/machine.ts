// What a run was measured on: figures mean nothing without it.
import { cpus, loadavg } from "node:os";

export function describeMachine() {
  const processors = cpus();
  return { cpu: processors[0]?.model ?? "unknown", cores: processors.length, node: process.version, loadAtStart: loadavg()[0] };
}
