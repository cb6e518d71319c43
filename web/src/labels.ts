// Labels beside the ends of lines, moved apart where they would overlap.

/**
 * The places of labels that want to stand at `wanted`, at least `distance` apart
 * and within `low` and `high`: in the order of `wanted`, each group of neighbours
 * centred on where its members want to be. If there is no room for all, they
 * share what there is.
 */
export function spread(wanted: readonly number[], distance: number, low: number, high: number): number[] {
  const room = Math.max(0, high - low);
  const gap = wanted.length > 1 ? Math.min(distance, room / (wanted.length - 1)) : 0;
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]! || a - b);

  // Each group is a run of labels `gap` apart; groups that touch become one.
  const groups: { start: number; sum: number; size: number }[] = [];
  const place = (group: { sum: number; size: number }): number => {
    const length = (group.size - 1) * gap;
    return Math.min(high - length, Math.max(low, group.sum / group.size - length / 2));
  };
  for (const i of order) {
    let group = { start: 0, sum: wanted[i]!, size: 1 };
    group.start = place(group);
    let above = groups[groups.length - 1];
    while (above && above.start + above.size * gap > group.start) {
      groups.pop();
      group = { start: 0, sum: above.sum + group.sum, size: above.size + group.size };
      group.start = place(group);
      above = groups[groups.length - 1];
    }
    groups.push(group);
  }

  const placed = new Array<number>(wanted.length);
  let next = 0;
  for (const group of groups) {
    for (let k = 0; k < group.size; k++) placed[order[next++]!] = group.start + k * gap;
  }
  return placed;
}
