import { expect, test } from "vitest";
import { TimelinePlace } from "../../core/events/timeline-place.js";

function placeAt(mark: string, floor = mark): TimelinePlace {
  return new TimelinePlace({ mark, floor });
}

test("the mark moves once everything that was listed up to it is handled", () => {
  const place = placeAt("10");
  for (const id of ["11", "12"]) expect(place.begin(id)).toBe(true);
  expect(place.begin("11")).toBe(false);
  place.caughtUp("12");
  expect(place.mark).toBe("10");
  expect(place.after("11")).toBe("10");
  place.finish("11");
  expect([place.mark, place.after("12")]).toEqual(["10", "12"]);
  place.finish("12");
  expect(place.mark).toBe("12");
});

test("what a stream brings does not move it, and does not hold up what was listed before", () => {
  const place = placeAt("10");
  place.begin("20");
  place.finish("20");
  expect(place.mark).toBe("10");
  place.begin("11");
  place.caughtUp("11");
  place.begin("21");
  place.finish("11");
  expect(place.mark).toBe("11");
});

test("a later catch-up takes the place of one whose posts are still under way", () => {
  const place = placeAt("10");
  place.begin("11");
  place.caughtUp("11");
  place.begin("12");
  place.caughtUp("12");
  place.finish("11");
  expect(place.mark).toBe("10");
  place.finish("12");
  expect(place.mark).toBe("12");
});

test("it never moves back, and an empty timeline moves nothing", () => {
  const place = placeAt("10");
  place.caughtUp("");
  place.caughtUp("9");
  expect(place.mark).toBe("10");
  const first = placeAt("");
  first.caughtUp("3");
  expect(first.mark).toBe("3");
});

test("nothing up to where the rider began is read again; what comes late behind the mark is", () => {
  const place = placeAt("10");
  place.caughtUp("30");
  expect(["9", "10", "11", "29"].map((id) => place.isPastFloor(id))).toEqual([false, false, true, true]);
  expect(placeAt("").isPastFloor("1")).toBe(true);
});

test("each post begins once, in whatever order and form ids come", () => {
  const place = placeAt("");
  const ids = ["20", "9", "1a", "100", "3", "01KB", "21", "5", "100", "0"];
  const begun = ids.map((id) => place.begin(id));
  expect(begun).toEqual(ids.map((id, index) => ids.indexOf(id) === index));
  for (const id of ids) place.finish(id);
  expect(ids.map((id) => place.begin(id))).toEqual(ids.map(() => false));
});
