import type { State } from "../../core/plugin.js";
import type { Rule } from "./config.js";

/** Which rules have acted on a person, so that each does so once. */
export interface Memory {
  readonly has: (rule: Rule) => boolean;
  readonly add: (rule: Rule) => void;
}

const maxPeople = 1000;

/**
 * What is remembered of one person: an entry of their own, since events of several people are handled side by side.
 * A simulation has its own memory, or enforcing would take its people for dealt with.
 */
export async function memoryOf(id: string, state: State, enforce: boolean): Promise<Memory> {
  const group = enforce ? "done" : "simulated";
  const rules = (await state.get<string[]>(`${group}/${id}`)) ?? [];
  const people = (await state.get<string[]>(group)) ?? [];
  return {
    has: (rule) => rules.includes(rule.name),
    add: (rule) => {
      rules.push(rule.name);
      state.set(`${group}/${id}`, rules);
      if (people.includes(id)) return;
      people.push(id);
      for (const oldest of people.splice(0, people.length - maxPeople)) state.delete(`${group}/${oldest}`);
      state.set(group, people);
    },
  };
}
