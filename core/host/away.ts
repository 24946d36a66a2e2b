import { restAfter, type PlaceOf } from "../store/sealed-spot.js";

/** Where what an account leaves on a server is put: an origin holds no space. */
export function awayAt(server: string, rest: string): string {
  return `away:${server} ${rest}`;
}

/** What is put away stays sealed for the place that it comes back to. */
export function awayPlace(places: readonly PlaceOf[]): PlaceOf {
  return (spot) => {
    const away = restAfter(spot, "away");
    if (spot.of !== "account" || away === undefined) return undefined;
    const inner = { ...spot, rest: away.slice(away.indexOf(" ") + 1) };
    return places.map((placeOf) => placeOf(inner)).find((place) => place !== undefined);
  };
}
