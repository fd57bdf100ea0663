import { expect, test } from "vitest";
import { Address } from "../src/address";

function bar(first: string): { standing: () => string; replace: (fragment: string) => void; put: (fragment: string) => void } {
  let text = first;
  return { standing: () => text, replace: (fragment) => (text = fragment), put: (fragment) => (text = fragment) };
}

test("the page writes what is looked at", () => {
  const mine = bar("");
  const address = new Address(mine);
  expect(address.write("#lang=en")).toBe(true);
  expect(address.write("#lang=ar")).toBe(true);
  expect(mine.standing()).toBe("#lang=ar");
});

test("an address that a person gives during a replay stays until the page has read it", () => {
  const mine = bar("#at=1&play=1");
  const address = new Address(mine);
  address.write("#at=2&play=1");
  mine.put("#mode=setup");
  // the replay goes on for a frame before the change is heard of
  expect(address.write("#at=3&play=1")).toBe(false);
  expect(address.read()).toBe("#mode=setup");
  expect(address.write("#mode=setup&lang=en")).toBe(true);
  expect(mine.standing()).toBe("#mode=setup&lang=en");
});
