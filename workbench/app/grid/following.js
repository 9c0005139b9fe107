// What is drawn anew while something is held; methods of the view.
//
// What is held is moved by the compositor alone, so that it keeps up with the hand. What follows
// from it, shares and caption, is drawn a moment later, together with the preview.

const SLIDE = {duration: 100, easing: "ease-out"}

/** How much of its label fits into a component. */
const roomIn = (width) => (width <= 26 ? "least" : width <= 52 ? "little" : width <= 150 ? "some" : "plenty")

const following = {
  /** Moves what is held; false if more has to be drawn. */
  drawHeld({columns, rows, components, dragged, kept}) {
    const placed = components.filter(isPlaced)
    const lanes = lanesOf(placed, kept)
    const same = placed.length === this.nodes.size && placed.every(({id}) => this.nodes.has(id))
    if (!same || shownLanes(lanes.count) !== this.shownLanes) return false
    if (rows > 1) this.drawAreas(placed, columns, rows)
    for (const component of placed.filter(({id}) => dragged?.ids.includes(id))) {
      this.updatePlace(this.nodes.get(component.id), component, lanes.laneOf.get(component.id), columns, rows)
    }
    return true
  },

  /** Draws what follows from where the components are. */
  drawCounts({components, columns, rows}) {
    const counts = shareCounts(components, columns, rows)
    this.drawCaption(counts, components.some(isPlaced))
    this.drawShares(counts)
  },

  updatePlace(node, component, lane, columns, rows) {
    const flat = rows === 1
    const part = visiblePart(component, columns, rows)
    const inset = flat ? 0 : Math.min(lane * 4, this.row / 3)
    const {left, wide} = this.across(part.x, part.w)
    const width = Math.max(wide - 1 - 2 * inset, 3)
    const height = flat ? this.lane - 4 : part.h * this.row - 1 - 2 * inset
    set(node, {"data-room": roomIn(flat ? width - 20 : width), "data-low": height <= 40 ? "" : null, style: {
      width: `${width}px`,
      height: `${height}px`,
      "z-index": flat ? "" : String(1000 - part.w * part.h + lane),
      "--lane": String(lane),
    }})
    setText(node.firstChild.children[2], placeInShort(component, rows))
    this.moveTo(node, left + 1 + inset, flat ? lane * this.lane + 6 : part.y * this.row + 1 + inset)
  },

  moveTo(node, left, top) {
    const {origin, seen} = node
    node.seen = {left, top}
    if (origin && node.classList.contains("held")) {
      set(node, {style: {transform: `translate(${left - origin.left}px, ${top - origin.top}px)`}})
      return
    }
    node.origin = node.seen
    set(node, {style: {left: `${left}px`, top: `${top}px`, transform: ""}})
    if (!this.slides || !seen || (seen.left === left && seen.top === top)) return
    node.animate([{transform: `translate(${seen.left - left}px, ${seen.top - top}px)`}, {transform: "none"}], SLIDE)
  },

  /** Lays a sheet over the page, so that nothing below it is asked what the pointer is on. */
  cover(cursor) {
    if (this.covered === cursor) return
    if (cursor && !this.covered) this.sheet.showPopover()
    else if (!cursor) this.sheet.hidePopover()
    this.covered = cursor
    set(this.sheet, {style: {cursor}})
  },
}
