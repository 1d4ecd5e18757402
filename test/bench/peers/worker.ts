// The Worker of `npm run bench -- scorer`: our engines and the peers side by side in one isolate.
import { ceilings } from "../scorer/engines/ceiling.ts";
import { oursCached, oursContext, oursDense, oursPlainBuild } from "../scorer/engines/ours.ts";
import { plain } from "../scorer/engines/plain.ts";
import { retrieval } from "../scorer/engines/retrieval.ts";
import { createHandler } from "../scorer/handler.ts";
import { ortF32, ortInt8Dynamic, ortInt8Static } from "./ort.ts";
import { tfjsCpu, tfjsWasm } from "./tfjs.ts";

const ours = { oursDense, oursPlainBuild, oursContext, oursCached };
const peers = { ortF32, ortInt8Dynamic, ortInt8Static, tfjsWasm, tfjsCpu, plain };

export default { fetch: createHandler({ ...ours, ...peers, ...ceilings, ...retrieval }) };
