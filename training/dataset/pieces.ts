// A split as it is evaluated: in order, a shard at a time where it is on disk.
import type { Dataset } from "./dataset.ts";
import { type Examples, isOnDisk, ShardReader } from "./shards.ts";

/** Examples from the split's `first` on. */
export interface Piece {
  readonly first: number;
  readonly data: Dataset;
}

/** A split in memory is one piece. A piece is overwritten by the next. */
export async function* piecesOf(data: Examples): AsyncGenerator<Piece> {
  if (!isOnDisk(data)) {
    yield { first: 0, data };
    return;
  }
  const reader = new ShardReader(data);
  let first = 0;
  for (const shard of data.shards) {
    yield { first, data: await reader.read([shard]) };
    first += shard.count;
  }
}
