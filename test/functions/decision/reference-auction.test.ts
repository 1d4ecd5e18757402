// The stages together equal the auction in plain loops: who wins, with what propensity, at what price.
import fc from "fast-check";
import { expect, it } from "vitest";
import { auctionsWith } from "./random-auction.ts";
import { runReferenceAuction } from "./reference-auction.ts";
import { runAuction } from "./run-auction.ts";

const small = auctionsWith({
  bidMicros: fc.integer({ min: 0, max: 400 }),
  floorMicros: fc.integer({ min: 0, max: 3000 }),
  probability: fc.oneof(fc.constantFrom(0.0625, 0.25, 0.5, 1), fc.double({ min: 0.001, max: 1, noNaN: true })),
  qualityExponent: fc.constantFrom(0, 0.5, 1, 2),
});

it("equals the auction in plain loops", () => {
  let wins = 0;
  fc.assert(
    fc.property(small, (input) => {
      const expected = runReferenceAuction(input);
      const won = runAuction(input);
      wins += won.length;
      expect(won.map(({ winner, charge }) => ({ creativeId: winner.candidate.creativeId, ...charge }))).toEqual(
        expected.map(({ propensity: _, ...rest }) => rest),
      );
      for (const [slot, { draw }] of won.entries()) expect(draw.propensity).toBeCloseTo(expected[slot]!.propensity, 12);
    }),
    { numRuns: 1000 },
  );
  expect(wins).toBeGreaterThan(1000);
});
