import { array, assert, boolean, nat, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { UnderWay } from "../../core/events/under-way.js";

test("it is a set, in whatever order things begin and end", () => {
  const steps = array(tuple(boolean(), nat({ max: 4 })), { maxLength: 30 });
  assert(
    property(steps, (taken) => {
      const [underWay, set] = [new UnderWay(), new Set<string>()];
      for (const [begins, number] of taken) {
        const id = String(number);
        if (begins) underWay.begin(id);
        else underWay.end(id);
        if (begins) set.add(id);
        else set.delete(id);
        expect(underWay.ids()).toEqual(set);
        expect([underWay.size, underWay.has(id)]).toEqual([set.size, begins]);
      }
    }),
  );
});
