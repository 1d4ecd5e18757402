// From encoded sides to the logits: context and candidate joined, and what each term adds.
/**
 * Reads a word of every cache line of the slots' bytes `from` to `end`. They lie all over the memory: read one after the other here, they
 * come in together, and no term has to wait for them. Returns something, or the compiler would leave it all out.
 */
export function fetchSlots(slots: usize, count: i32, from: usize, end: usize): i32 {
  let some = 0;
  for (let i = 0; i < count; i++) {
    const slot = <usize>load<u32>(slots + ((<usize>i) << 2));
    for (let at = from; at < end; at += 64) some |= load<i32>(slot + at);
  }
  return some;
}

/** A row for each slot: what lies `offset` bytes into it, plus the context's `base`; `width` (a multiple of 4) i32 each. */
export function join(slots: usize, count: i32, offset: usize, base: usize, width: usize, out: usize): void {
  for (let i = 0; i < count; i++) {
    const from = <usize>load<u32>(slots + ((<usize>i) << 2)) + offset;
    for (let c: usize = 0; c < width << 2; c += 16) {
      v128.store(out + c, i32x4.add(v128.load(from + c), v128.load(base + c)));
    }
    out += width << 2;
  }
}

/** A row of x0 for each slot: the context's columns, then the slot's, then whatever, up to `stride` bytes. */
export function joinColumns(
  slots: usize,
  count: i32,
  offset: usize,
  context: usize,
  contextBytes: usize,
  candidateBytes: usize,
  out: usize,
  stride: usize,
): void {
  for (let i = 0; i < count; i++) {
    memory.copy(out, context, contextBytes);
    memory.copy(out + contextBytes, <usize>load<u32>(slots + ((<usize>i) << 2)) + offset, candidateBytes);
    out += stride;
  }
}

/** logit += context's linear sum + slot's, each the first f32 of its slot. */
export function addLinear(slots: usize, count: i32, context: usize, logits: usize): void {
  const sum = load<f32>(context);
  for (let i = 0; i < count; i++) {
    store<f32>(logits, load<f32>(logits) + (sum + load<f32>(<usize>load<u32>(slots))));
    slots += 4;
    logits += 4;
  }
}

/**
 * logit += 1/2 * sum over dimensions of (sum^2 - sum of squares). Each slot has, `offset` bytes into it, `dimension` (a multiple of 4)
 * sums, then as many sums of squares. Every fourth dimension is added up in one lane; then the lanes.
 */
export function addInteractions(slots: usize, count: i32, context: usize, offset: usize, dimension: usize, logits: usize): void {
  const bytes = dimension << 2;
  const base = context + offset;
  for (let i = 0; i < count; i++) {
    const slot = <usize>load<u32>(slots) + offset;
    let total = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      const sum = f32x4.add(v128.load(base + at), v128.load(slot + at));
      const squares = f32x4.add(v128.load(base + bytes + at), v128.load(slot + bytes + at));
      total = f32x4.add(total, f32x4.sub(f32x4.mul(sum, sum), squares));
    }
    const low = f32x4.extract_lane(total, 0) + f32x4.extract_lane(total, 1);
    const high = f32x4.extract_lane(total, 2) + f32x4.extract_lane(total, 3);
    store<f32>(logits, load<f32>(logits) + <f32>0.5 * (low + high));
    slots += 4;
    logits += 4;
  }
}

/** logit += sum * factor + bias; sums are `stride` bytes apart. */
export function addHead(sums: usize, stride: usize, count: i32, factor: f32, bias: f32, logits: usize): void {
  for (let i = 0; i < count; i++) {
    store<f32>(logits, load<f32>(logits) + (<f32>load<i32>(sums) * factor + bias));
    sums += stride;
    logits += 4;
  }
}
