// Tells TypeScript what importing a kernel gives.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
