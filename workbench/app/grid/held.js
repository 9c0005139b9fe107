// Tells Python what is being held, so that it can preview what letting go would mean.

const HELD_PATIENCE_MS = 500
const HELD_REST_MS = 80
const HELD_LATEST_MS = 400
const NOTHING_HELD = '{"moved":{},"added":null}'

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

/** Whether Python has still to look at the last one; not for ever, should an answer be lost. */
const waits = (grid) => grid.model.previewed < (grid.heldNumber ?? 0) &&
  performance.now() - grid.heldSince < HELD_PATIENCE_MS

/**
 * Sends it when it has changed and the hand rests, or at the latest a while after the last time:
 * a prediction for each move would stand in the way of the edit that follows.
 */
function tellHeld(grid, facts) {
  const text = JSON.stringify(heldBy(grid, facts))
  if (text === grid.heldSeen) return
  grid.heldSeen = text
  clearTimeout(grid.heldTimer)
  if (text === (grid.heldText ?? NOTHING_HELD)) {
    grid.heldWaits = null
    return
  }
  if (!facts.dragged) return sendHeld(grid)
  const now = performance.now()
  grid.heldWaits ??= now
  grid.heldTimer = setTimeout(() => sendHeld(grid), Math.min(HELD_REST_MS, grid.heldWaits + HELD_LATEST_MS - now))
}

function sendHeld(grid) {
  if (!grid.view.root.isConnected) return
  const held = heldBy(grid, grid.facts())
  const text = JSON.stringify(held)
  if (text === (grid.heldText ?? NOTHING_HELD)) return
  clearTimeout(grid.heldTimer)
  if (waits(grid)) {
    grid.heldTimer = setTimeout(() => sendHeld(grid), HELD_REST_MS)
    return
  }
  grid.heldText = text
  grid.heldWaits = null
  grid.heldSince = performance.now()
  grid.heldNumber = (grid.heldNumber ?? 0) + 1
  grid.model.held = {...held, number: grid.heldNumber}
}
