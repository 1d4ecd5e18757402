// workerd compiles no wasm from bytes. Emscripten's loaders insist on bytes, so they get a placeholder of a module that workerd
// compiled when it started, and `WebAssembly.instantiate` takes placeholders for what they stand for.

const modules = new WeakMap<ArrayBufferLike, WebAssembly.Module>();

/** Bytes that stand for a compiled module. */
export function placeholderOf(module: WebAssembly.Module): ArrayBuffer {
  const placeholder = new ArrayBuffer(8);
  modules.set(placeholder, module);
  return placeholder;
}

const instantiate = WebAssembly.instantiate;

WebAssembly.instantiate = (async (source: WebAssembly.Module | ArrayBuffer | ArrayBufferView, imports: WebAssembly.Imports) => {
  if (source instanceof WebAssembly.Module) return instantiate(source, imports);
  const module = modules.get(ArrayBuffer.isView(source) ? source.buffer : source);
  if (module === undefined) throw new Error("these bytes stand for no module that workerd compiled");
  return { module, instance: await instantiate(module, imports) };
}) as typeof WebAssembly.instantiate; // an overloaded function
