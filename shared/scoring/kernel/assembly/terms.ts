// What the terms add to the logits, after the tables are gathered and the products taken.
import { affine } from "./activations";

/** logit += context's linear sum + candidate's. */
export function addLinear(context: f32, candidates: usize, count: i32, logits: usize): void {
  for (let i = 0; i < count; i++) {
    store<f32>(logits, load<f32>(logits) + (context + load<f32>(candidates)));
    candidates += 4;
    logits += 4;
  }
}

/** logit += 1/2 * sum over dimensions of (sum^2 - sum of squares); sums as `gather` writes them. */
export function addInteractions(context: usize, candidates: usize, count: i32, dimension: usize, logits: usize): void {
  const bytes = dimension << 2;
  for (let i = 0; i < count; i++) {
    let total: f32 = 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const sum = load<f32>(context + at) + load<f32>(candidates + at);
      const squares = load<f32>(context + bytes + at) + load<f32>(candidates + bytes + at);
      total += sum * sum - squares;
    }
    store<f32>(logits, load<f32>(logits) + <f32>0.5 * total);
    candidates += bytes << 1;
    logits += 4;
  }
}

/** x += x0 * (sum * factor + bias), four columns at a time: all rows are padded to `width`, a multiple of 8. */
export function crossStep(sums: usize, count: i32, width: usize, factors: usize, biases: usize, x0: usize, x: usize): void {
  for (let i = 0; i < count; i++) {
    for (let c: usize = 0; c < width << 2; c += 16) {
      const u = affine(v128.load(sums), v128.load(factors + c), v128.load(biases + c));
      v128.store(x, f32x4.add(f32x4.mul(v128.load(x0), u), v128.load(x)));
      sums += 16;
      x0 += 16;
      x += 16;
    }
  }
}

/** logit += sum * factor + bias, of the first of each row's 8 sums. */
export function addHead(sums: usize, count: i32, factor: f32, bias: f32, logits: usize): void {
  for (let i = 0; i < count; i++) {
    store<f32>(logits, load<f32>(logits) + (<f32>load<i32>(sums) * factor + bias));
    sums += 32;
    logits += 4;
  }
}
