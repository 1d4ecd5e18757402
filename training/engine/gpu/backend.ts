// The face of tfjs's backend "webgpu" that we work with.

/** What we need of tfjs's backend. Its package is optional, so its types may be absent. */
export interface Backend {
  device: GPUDevice;
  queue: object;
  bufferManager: object;
  /** Null where tfjs has recorded nothing since it last submitted. */
  readonly commandEncoder: GPUCommandEncoder | null;
  readonly tensorMap: { get(dataId: object): { readonly resource?: GPUBuffer } };
  uploadToGPU(dataId: object): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}
