// Auctions for properties: few candidates, ties, small and huge bids, floors that bite.
import fc from "fast-check";
import { seedAt, uniformFrom } from "../../../functions/decision/seeds.ts";
import { MAX_BID_MICROS, type Price } from "../../../shared/catalog/demand.ts";
import { policies } from "../../shared/policies/random-arms.ts";
import { type AuctionInput, bidder } from "./run-auction.ts";

const model = fc.constantFrom<Price["model"]>("cpm", "cpc", "cpa");
const bidMicros = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 20_000_000 }),
  fc.constantFrom(1_000_000, 2_000_000, 1_000_000_000_000),
  fc.integer({ min: 0, max: MAX_BID_MICROS }),
);
const probability = fc.oneof(
  fc.double({ min: 1e-9, max: 1, noNaN: true }),
  fc.constantFrom(0.001, 0.002, 0.5, 1),
  fc.constantFrom(0, 5e-324, 1e-300),
);

interface Draws {
  readonly bidMicros: fc.Arbitrary<number>;
  readonly floorMicros: fc.Arbitrary<number>;
  readonly probability: fc.Arbitrary<number>;
  readonly qualityExponent: fc.Arbitrary<number>;
}

export function auctionsWith({ bidMicros, floorMicros, probability, qualityExponent }: Draws): fc.Arbitrary<AuctionInput> {
  const id = fc.stringMatching(/^[A-Za-z0-9]{1,3}$/);
  const one = fc.record({ id, model, bidMicros, click: probability, conversion: probability });
  return fc.uniqueArray(one, { selector: ({ id }) => id, minLength: 1, maxLength: 12 }).chain((list) =>
    fc.record({
      candidates: fc.constant(list.map((one) => bidder(one.id, one.model, one.bidMicros))),
      probabilities: fc.record({
        clicks: fc.option(fc.constant(list.map(({ click }) => click)), { freq: 9 }),
        conversions: fc.option(fc.constant(list.map(({ conversion }) => conversion)), { freq: 9 }),
      }),
      policy: policies,
      slotCount: fc.integer({ min: 1, max: 5 }),
      pricing: fc.constantFrom("first-price" as const, "second-price" as const),
      floorMicros,
      qualityExponent,
      uniformAt: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seed) => (slot: number) => uniformFrom(seedAt(seed, slot))),
    }),
  );
}

export const auctions = auctionsWith({
  bidMicros,
  floorMicros: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000_000 }), fc.integer({ min: 0, max: MAX_BID_MICROS })),
  probability,
  qualityExponent: fc.oneof(fc.constantFrom(0, 0.5, 1, 2), fc.double({ min: 0, max: 2, noNaN: true })),
});
