// Several components at once: how a group moves, lines up and spreads. Pure functions.
// Each takes rectangles {id, x, y, w, h} and gives those that result.

/** All moved by as much of (dx, dy) as keeps every one inside the space. */
function movedTogether(group, dx, dy, columns, rows) {
  const least = (side, size, room, step) => clamp(step,
    Math.max(...group.map((r) => -r[side])), Math.min(...group.map((r) => room - r[side] - r[size])))
  const x = least("x", "w", columns, dx)
  const y = least("y", "h", rows, dy)
  return group.map((r) => ({...r, x: r.x + x, y: r.y + y}))
}

const leftOf = (group) => Math.min(...group.map((r) => r.x))
const rightOf = (group) => Math.max(...group.map((r) => r.x + r.w))

/** One behind the other over all columns of the group, as evenly as can be. */
function distributed(group) {
  const left = leftOf(group)
  const wide = rightOf(group) - left
  const edge = (index) => left + Math.floor(index * wide / group.length)
  return [...group].sort((a, b) => a.x - b.x)
    .map((r, index) => ({...r, x: edge(index), w: Math.max(edge(index + 1) - edge(index), 1)}))
}

const ARRANGEMENTS = {
  "align-left": {title: "Align left", apply: (group) => group.map((r) => ({...r, x: leftOf(group)}))},
  "align-right": {title: "Align right", apply: (group) => group.map((r) => ({...r, x: rightOf(group) - r.w}))},
  "same-width": {title: "Same width", apply: (group, columns) => group.map((r) =>
    ({...r, w: Math.min(group[0].w, columns - r.x)}))},
  "distribute": {title: "Distribute", apply: distributed},
  "share": {title: "Share", apply: (group) => group.map((r) =>
    ({...r, x: leftOf(group), w: rightOf(group) - leftOf(group)}))},
}
