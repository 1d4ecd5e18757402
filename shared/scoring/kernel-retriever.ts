// The retriever that serves: tower and item table in wasm memory once; a request is a context's bags in, the best items out.
import type { Bags } from "../features/bags.ts";
import { instantiateKernel } from "./kernel/exports.ts";
import { KernelMemory } from "./kernel/kernel-memory.ts";
import { PlacedItems } from "./kernel/placed-items.ts";
import { PlacedTower } from "./kernel/placed-tower.ts";
import { TopList } from "./kernel/top-list.ts";
import type { Best, Retriever } from "./retriever.ts";
import type { ServedModel } from "./scorer.ts";
import { type ItemIds, readId, servedItems } from "./served-items.ts";
import { validateServedModel } from "./validate-served-model.ts";

/**
 * Makes a retriever of a model with retrieval; equals `createReferenceRetriever` bit for bit. It has a memory of its own and copies
 * what it needs: nothing keeps the model's bytes alive.
 *
 * @param module either build of the kernel, compiled: workerd imports it as a module; Node reads and compiles the file
 * @throws CodedError `model_invalid` (path: the tensor) or `out_of_memory`
 * @throws Error where the model has no retrieval; from `retrieve` where bags hold rows that are not their field's
 * @example createKernelRetriever(module, model).retrieve(context, 200).indices; // Int32Array [200]
 */
export function createKernelRetriever(module: WebAssembly.Module, model: ServedModel): Retriever {
  validateServedModel(model);
  return new KernelRetriever(module, model);
}

class KernelRetriever implements Retriever {
  readonly itemCount: number;
  readonly #ids: ItemIds;
  readonly #kernel: ReturnType<typeof instantiateKernel>;
  readonly #memory: KernelMemory;
  readonly #items: PlacedItems;
  readonly #tower: PlacedTower;
  readonly #top: TopList;
  #scores = 0;
  #scoreCapacity = 0;

  constructor(module: WebAssembly.Module, model: ServedModel) {
    const items = servedItems(model);
    const kernel = instantiateKernel(module);
    const memory = new KernelMemory(kernel);
    this.itemCount = items.count;
    this.#ids = { bytes: items.ids.bytes.slice(), ends: items.ids.ends.slice() };
    this.#kernel = kernel;
    this.#memory = memory;
    this.#items = new PlacedItems(kernel, memory, items);
    this.#tower = new PlacedTower(kernel, memory, model);
    this.#top = new TopList(kernel, memory);
  }

  retrieve(context: Bags, wanted: number): Best {
    const most = this.#top.reserve(wanted, this.itemCount);
    const query = this.#tower.run(context);
    return this.#top.view(most === 0 ? 0 : this.#items.retrieve(this.#tower.last, query, most));
  }

  selectBest(scores: Float32Array, wanted: number): Best {
    const most = this.#top.reserve(wanted, scores.length);
    if (scores.length > this.#scoreCapacity) {
      const capacity = Math.ceil(scores.length * 1.5);
      this.#scores = this.#memory.reserve(capacity * 4);
      this.#scoreCapacity = capacity; // last: where memory is out, the next call must not believe that there was room
    }
    this.#memory.float32.set(scores, this.#scores >>> 2);
    return this.#top.view(most === 0 ? 0 : this.#kernel.selectBest(this.#scores, scores.length, most));
  }

  idOf(item: number): string {
    return readId(this.#ids, item);
  }
}
