// What is on the grid, in words: for labels, tooltips, screen readers and announcements.

const span = (from, length) => (length > 1 ? `${from} to ${from + length - 1}` : `${from}`)
const plural = (length, noun) => (length > 1 ? `${noun}s` : noun)

/** Where a rectangle lies, in words: "cores 22 to 42". */
function placeInWords({x, y, w, h}, rows) {
  if (rows === 1) return `${plural(w, "core")} ${span(x, w)}`
  return `${plural(w, "column")} ${span(x, w)}, ${plural(h, "row")} ${span(y, h)}`
}

/** The same, short enough for a block: "22–42". */
function placeInShort({x, y, w, h}, rows) {
  const range = (from, length) => (length > 1 ? `${from}–${from + length - 1}` : `${from}`)
  return rows === 1 ? range(x, w) : `${range(x, w)} × ${range(y, h)}`
}

function sharersOf(component, components) {
  if (!isPlaced(component) || !component.enabled) return []
  return components.filter((other) => other.id !== component.id && other.enabled &&
    isPlaced(other) && overlap(other, component))
}

/** One sentence for screen readers and announcements. */
function describe(component, components, rows) {
  const {name, enabled, inner} = component
  const inside = inner ? `, ${inner.length || "no"} ${plural(inner.length, "component")} inside` : ""
  const end = inside + (enabled ? "" : ", switched off")
  if (!isPlaced(component)) return `${name} may run anywhere${end}`
  const others = sharersOf(component, components).map((other) => other.name)
  const shared = others.length ? `, shared with ${others.join(" and ")}` : ""
  return `${name} on ${placeInWords(component, rows)}${shared}${end}`
}

/** What `init` makes of a component, for screen readers. */
function outlook({fate, stopped}) {
  return stopped ? `Would not start: ${stopped}` : fate
}
