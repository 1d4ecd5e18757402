// tfjs-node's addon, compiled against the C library inside Python's TensorFlow: for networks that reach package registries only.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { CodedError } from "../../shared/schemas/coded-error.ts";
import { ROOT, runProgram } from "./run-program.ts";

const PACKAGE = join(ROOT, "node_modules/@tensorflow/tfjs-node");

/** What the wheel holds, by the name that it has there. */
const LIBRARY = join(PACKAGE, "deps/tensorflow");

/** Where tfjs-node looks for it: the folder of the newest Node-API that it was written for. */
export const ADDON_FILE = join(PACKAGE, "lib/napi-v8/tfjs_binding.node");

/** Of the wheel, `libtensorflow_cc` and `libtensorflow_framework` export the C API, and the headers are those of the same build. */
const WHEEL = "tensorflow-cpu==2.21.0";
const WHEEL_TAGS = ["--python-version=3.11", "--implementation=cp", "--platform=manylinux_2_27_x86_64"];
const LIBRARY_FILES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

/** `node-api-headers` declares Node-API for C; the Node from npm comes without. */
const HEADERS = "node-api-headers@1.9.0";

const UNPACK = `
import glob, sys, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0])
wanted = tuple("tensorflow/" + name for name in sys.argv[3:])
wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])
`;

const STEP_TIMEOUT_MS = 300_000;
const run = (program: string, ...args: readonly string[]) => runProgram(program, args, STEP_TIMEOUT_MS);

/** Takes Linux on x86-64, Python with pip, g++, and some 900 MB on disk. Throws `addon_not_built`. */
export async function buildAddon(onStage: (stage: string) => void): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), "selvedge-addon-"));
  try {
    if (process.platform !== "linux" || process.arch !== "x64")
      throw new Error(`the library is not for ${process.platform} on ${process.arch}`);
    onStage(`pip download ${WHEEL}`);
    await downloadLibrary(temporary);
    onStage("g++");
    await compile(temporary);
  } catch (cause) {
    await rm(LIBRARY, { recursive: true, force: true });
    const detail = `tfjs-node's addon could not be built (${(cause as Error).message}): it takes python3 with pip, and g++`; // whatever runProgram rejects with
    throw new CodedError("addon_not_built", "device", detail, undefined, { cause });
  } finally {
    await rm(temporary, { recursive: true });
  }
}

async function downloadLibrary(temporary: string): Promise<void> {
  const options = ["--quiet", "--no-deps", "--only-binary=:all:", ...WHEEL_TAGS, `--dest=${temporary}`];
  await run("python3", "-m", "pip", "download", ...options, WHEEL);
  await run("python3", "-c", UNPACK, temporary, join(LIBRARY, ".."), "include/", ...LIBRARY_FILES);
}

/** The addon finds the library by its place beside it. The headers are needed no longer then. */
async function compile(temporary: string): Promise<void> {
  await run("npm", "install", "--no-audit", "--no-fund", `--prefix=${temporary}`, HEADERS);
  await mkdir(dirname(ADDON_FILE), { recursive: true });
  const options = ["-std=c++17", "-O2", "-fPIC", "-shared", "-DNAPI_VERSION=8"];
  const include = [`-I${LIBRARY}/include`, `-I${temporary}/node_modules/node-api-headers/include`];
  const sources = ["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(PACKAGE, "binding", name));
  const place = relative(dirname(ADDON_FILE), LIBRARY);
  const libraries = [`-L${LIBRARY}`, ...LIBRARY_FILES.map((name) => `-l:${name}`), `-Wl,-rpath,$ORIGIN/${place}`];
  await run("g++", ...options, ...include, ...sources, ...libraries, "-o", ADDON_FILE);
  await rm(join(LIBRARY, "include"), { recursive: true });
}
