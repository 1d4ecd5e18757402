// How much memory the kernels ask for, granted or not.

const PAGE_BYTES = 65_536;

/** Watches every wasm memory that grows, until it is stopped. */
export function watchKernelMemory() {
  const { grow } = WebAssembly.Memory.prototype;
  let largestBytes = 0;
  WebAssembly.Memory.prototype.grow = function (pageCount) {
    largestBytes = Math.max(largestBytes, this.buffer.byteLength + pageCount * PAGE_BYTES);
    return grow.call(this, pageCount);
  };
  return {
    /** Size of the largest memory that was asked for since the last time. */
    takeLargestBytes(): number {
      const taken = largestBytes;
      largestBytes = 0;
      return taken;
    },
    stop(): void {
      WebAssembly.Memory.prototype.grow = grow;
    },
  };
}
