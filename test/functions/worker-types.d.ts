// Tells TypeScript which Worker `exports` of "cloudflare:workers" is.
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../../functions/index.ts");
  }
}
