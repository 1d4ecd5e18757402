// Installs the package of the peers where it is missing or older than its lock file. The root's own install knows nothing of it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../peers/", import.meta.url));
/** Says which lock file was installed. */
const stamp = `${folder}node_modules/.installed-lock`;

export function installPeers(progress: (line: string) => void): void {
  const wanted = createHash("sha256")
    .update(readFileSync(`${folder}package-lock.json`))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  progress("installing the peers (test/bench/peers)");
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: ["ignore", 2, 2] }); // stdout is the result's
  writeFileSync(stamp, wanted);
}
