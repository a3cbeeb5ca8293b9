// Which files import each other in a ring? Tarjan's strongly connected components over the whole import graph, types included:
// two files that need each other's types are one idea. It reads no files.

/** @param graph file -> the files it imports. @returns each ring of two or more files (or a file that imports itself), sorted. */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const onPath = new Set<string>();
  const cycles: string[][] = [];

  const visit = (file: string): void => {
    order.set(file, order.size);
    let low = order.size - 1;
    path.push(file);
    onPath.add(file);
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (onPath.has(next)) low = Math.min(low, lowest.get(next) ?? order.get(next) ?? low);
    }
    lowest.set(file, low);
    if (low !== order.get(file)) return;
    const ring = path.splice(path.indexOf(file));
    for (const member of ring) onPath.delete(member);
    if (ring.length > 1 || (graph.get(file) ?? []).includes(file)) cycles.push(ring.sort());
  };

  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return cycles;
}
