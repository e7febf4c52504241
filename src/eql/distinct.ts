/**
 * One record from each list, none twice, the earliest for the first lists; undefined where it cannot be. That
 * the rest can still be chosen is known before a record is settled on, so no choice is taken back: trying all
 * would take time exponential in the number of lists.
 */
export function chooseDistinct<R>(lists: readonly (readonly R[])[]): readonly R[] | undefined {
  const chosen: R[] = [];
  for (const [index, list] of lists.entries()) {
    const rest = lists.slice(index + 1);
    const record = list.find((each) => !chosen.includes(each) && canChoose(rest, new Set([...chosen, each])));
    if (record === undefined) return undefined;
    chosen.push(record);
  }
  return chosen;
}

/** Whether every list has a record of its own beside those taken: a matching in a bipartite graph (Kuhn). */
function canChoose<R>(lists: readonly (readonly R[])[], taken: ReadonlySet<R>): boolean {
  const owners = new Map<R, number>();
  const settle = (list: number, tried: Set<R>): boolean => {
    for (const record of lists[list]!) {
      if (taken.has(record) || tried.has(record)) continue;
      tried.add(record);
      const owner = owners.get(record);
      if (owner !== undefined && !settle(owner, tried)) continue;
      owners.set(record, list);
      return true;
    }
    return false;
  };
  return lists.every((_, list) => settle(list, new Set()));
}
