// What follows from rectangles on a space of columns x rows cells. Pure functions.
// A component is {id, name, x, y, w, h, enabled, ...}; x is null where it has no rectangle.

const clamp = (value, low, high) => Math.min(Math.max(value, low), high)

const isPlaced = (component) => component.x !== null

/** The rectangle moved, then cut, until it lies inside the space. */
function fitted(rectangle, columns, rows) {
  const w = clamp(rectangle.w, 1, columns)
  const h = clamp(rectangle.h, 1, rows)
  return {x: clamp(rectangle.x, 0, columns - w), y: clamp(rectangle.y, 0, rows - h), w, h}
}

/** The part of a rectangle that can be drawn; it may lie partly outside its space. */
function visiblePart({x, y, w, h}, columns, rows) {
  const left = clamp(x, 0, columns - 1)
  const top = clamp(y, 0, rows - 1)
  const right = clamp(x + w, left + 1, columns)
  const bottom = clamp(y + h, top + 1, rows)
  return {x: left, y: top, w: right - left, h: bottom - top}
}

const overlap = (a, b) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

/**
 * First-fit lanes in document order, so that moving one component leaves earlier ones alone.
 * Those in `kept`, lanes by id, stay where they are.
 */
function lanesOf(components, kept = new Map()) {
  const lanes = []
  const laneOf = new Map()
  const put = (component, lane) => {
    while (lanes.length <= lane) lanes.push([])
    lanes[lane].push(component)
    laneOf.set(component.id, lane)
  }
  const placed = components.filter(isPlaced)
  for (const component of placed) if (kept.has(component.id)) put(component, kept.get(component.id))
  for (const component of placed.filter(({id}) => !kept.has(id))) {
    const free = lanes.findIndex((members) => !members.some((other) => overlap(other, component)))
    put(component, free < 0 ? lanes.length : free)
  }
  return {laneOf, count: lanes.length}
}

/** How many switched-on components use each cell, as rows of counts. */
function shareCounts(components, columns, rows) {
  const counts = Array.from({length: rows}, () => new Array(columns).fill(0))
  for (const component of components) {
    if (!isPlaced(component) || !component.enabled) continue
    const {x, y, w, h} = visiblePart(component, columns, rows)
    for (let row = y; row < y + h; row++) {
      for (let column = x; column < x + w; column++) counts[row][column]++
    }
  }
  return counts
}

/** Runs of equal values: [{start, length, value}]. */
function runsOf(values) {
  const runs = []
  for (const [start, value] of values.entries()) {
    const last = runs.at(-1)
    if (last && last.value === value) last.length++
    else runs.push({start, length: 1, value})
  }
  return runs
}

/** Distance between ruler numbers that need some room each; a power of two. */
function rulerStep(cellWidth, columns, room) {
  let step = 1
  while (step * cellWidth < room && step < columns) step *= 2
  return step
}
