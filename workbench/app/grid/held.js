// Tells Python what is being held, so that it can preview what letting go would mean.

const HELD_PATIENCE_MS = 500

/** The rectangles that a gesture changes: {moved: {id: [x, y, w, h]}, added: {binary, rectangle}}. */
function heldBy(grid, {components, dragged}) {
  const {gesture} = grid
  const held = {moved: {}, added: null}
  if (!dragged || dragged.over !== "space") return held
  const before = new Map(grid.components.map((component) => [component.id, component]))
  for (const {id, x, y, w, h} of components) {
    const was = before.get(id)
    if (was && [x - was.x, y - was.y, w - was.w, h - was.h].some(Boolean)) held.moved[id] = [x, y, w, h]
  }
  if (gesture?.binary) held.added = {binary: gesture.binary, rectangle: bare(gesture.rectangle)}
  return held
}

/** Sends it when it has changed; the next one not before Python has answered. */
function tellHeld(grid, facts) {
  const {model} = grid
  const held = heldBy(grid, facts)
  const text = JSON.stringify(held)
  if (text === (grid.heldText ?? '{"moved":{},"added":null}')) return
  const waits = model.previewed < (grid.heldNumber ?? 0)
  if (waits && performance.now() - grid.heldSince < HELD_PATIENCE_MS) {
    if (!grid.heldTimer) {
      grid.heldTimer = setTimeout(() => {
        grid.heldTimer = 0
        tellHeld(grid, grid.facts())
      }, HELD_PATIENCE_MS)
    }
    return
  }
  grid.heldText = text
  grid.heldSince = performance.now()
  grid.heldNumber = (grid.heldNumber ?? 0) + 1
  model.held = {...held, number: grid.heldNumber}
}
