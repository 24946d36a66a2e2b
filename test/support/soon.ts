/** How `expect.poll` waits for what comes by itself; how long that takes is not what is tested. */
export const soon = { timeout: 15_000, interval: 10 };
