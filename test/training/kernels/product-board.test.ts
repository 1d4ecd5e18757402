import { describe, expect, it } from "vitest";
import type { Product } from "../../../training/kernels/product.ts";
import { ProductBoard } from "../../../training/kernels/product-board.ts";

const product: Product = [1, 2 ** 31, 0, 64, 0, 128, 7, 5, 3, 1, 0];

/** Two threads' boards on the same memory. */
function createBoards(): [ProductBoard, ProductBoard] {
  const board = new ProductBoard();
  return [board, new ProductBoard(board.words)];
}

describe("the board of products", () => {
  it("hands out every piece once, whoever takes it", () => {
    const [main, helper] = createBoards();
    for (const pieces of [3, 2]) {
      main.post({ product, pieces, scratch: 5 });
      const taken = Array.from({ length: 4 }, (_, turn) => (turn % 2 ? main : helper).take()?.piece);
      expect(taken).toEqual(pieces === 3 ? [2, 1, 0, undefined] : [1, 0, undefined, undefined]);
    }
  });

  it("says what the piece is of", () => {
    const [main, helper] = createBoards();
    main.post({ product, pieces: 1, scratch: 5 });
    const { product: read, ...rest } = helper.take()!;
    expect(read.map((value) => value >>> 0)).toEqual(product);
    expect(rest).toEqual({ pieces: 1, scratch: 5, piece: 0 });
  });

  it("knows when helpers have finished, and when one has failed", () => {
    const [main, helper] = createBoards();
    main.post({ product, pieces: 2, scratch: 5 });
    expect(main.awaitFinished(0)).toBe(true);
    helper.reportFinished();
    expect(main.awaitFinished(1)).toBe(true);
    helper.reportFailed();
    expect(main.awaitFinished(2)).toBe(false);
  });
});
