// Tells TypeScript which Worker `exports` of "cloudflare:workers" is.
/// <reference types="@cloudflare/vitest-plugin/types" />
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("../../functions/index.ts");
  }
}
