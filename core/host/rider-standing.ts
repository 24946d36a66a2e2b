import type { Deliveries } from "./deliveries.js";
import type { Rider, RiderStanding } from "./rider.js";

/** How a rider stands, with what its events say about it: that it was stopped, or why some wait. */
export function standingOf(
  rider: Rider,
  deliveries: Pick<Deliveries, "broken" | "reason">,
  account: string,
): RiderStanding {
  const { name, standing } = rider;
  const broken = standing.state === "running" ? deliveries.broken(name) : undefined;
  if (broken === undefined) return { ...standing, reason: standing.reason || deliveries.reason(name) };
  const until = new Date(broken.until).toISOString();
  const cure = `bot retry --account ${account} --rider ${name}`;
  return { state: "stopped", reason: `${broken.reason}; it is tried again at ${until}, or now with: ${cure}` };
}
