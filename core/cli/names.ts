const most = 10;

/** Names in a line that stays readable, however many there are. */
export function namesIn(names: readonly string[]): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
