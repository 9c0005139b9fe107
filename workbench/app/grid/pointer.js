// What mouse, pen and touch do; methods of the grid.

const DRAG_THRESHOLD_PX = 4
const TOOLTIP_DELAY_MS = 450

const CURSORS = {w: "ew-resize", e: "ew-resize", n: "ns-resize", s: "ns-resize", nw: "nwse-resize",
  se: "nwse-resize", ne: "nesw-resize", sw: "nesw-resize"}

const pointerGestures = {
  press(event) {
    if (this.gesture) return
    this.unhover()
    const entry = event.target.closest(".entry")
    const item = event.target.closest(".item")
    const pans = event.button === 1 || (event.button === 0 && event.pointerType === "touch" && this.view.zoom > 1)
    if (pans && !item && event.target.closest(".scroll")) return this.startOnSpace(event, "pan")
    if (event.button !== 0) return
    if (item) {
      this.pressing = true  // the focus alone must not choose
      item.focus({preventScroll: true})
      this.pressing = false
      if (event.shiftKey) return this.toggle(item.dataset.id)
      if (!this.chosen.includes(item.dataset.id)) this.select(item.dataset.id)
    } else if (!entry) {
      if (event.target.closest(".body")) this.startOnSpace(event, "band")
      return
    }
    if (!this.model.editable || item?.dataset.id === "newcomer") return
    event.preventDefault()
    const {columns, rows} = this.facts()
    const start = item && this.component(item.dataset.id)
    const [w, h] = this.model.insert_size
    const origin = start && isPlaced(start) ? visiblePart(start, columns, rows) : {x: 0, y: 0, w, h, loose: true}
    const at = this.cellAt(event)
    this.gesture = {
      pointer: event.pointerId, id: item?.dataset.id, binary: entry?.dataset.id, origin,
      rectangle: origin, edge: event.target.dataset?.edge ?? "", fromX: event.clientX, fromY: event.clientY,
      grabX: origin.loose ? origin.w / 2 : at.x - origin.x, grabY: origin.loose ? origin.h / 2 : at.y - origin.y,
      at, moved: false, over: "", label: start?.name ?? entry?.textContent, colour: start?.colour,
      group: item && !event.target.dataset?.edge && this.chosen.length > 1 ? this.group() : null, places: null,
    }
    this.listen()
  },

  /** Begins to draw a rubber band, or to move the magnified space under the hand. */
  startOnSpace(event, kind) {
    event.preventDefault()
    const {scrollLeft, scrollTop} = this.view.scroll
    this.gesture = {
      pointer: event.pointerId, [kind]: {scrollLeft, scrollTop}, at: this.cellAt(event), moved: false,
      fromX: event.clientX, fromY: event.clientY, kept: event.shiftKey ? this.chosen : [],
    }
    this.listen()
  },

  listen() {
    window.addEventListener("pointermove", this.moves)
    window.addEventListener("pointerup", this.ends)
    window.addEventListener("pointercancel", this.cancels)
    window.addEventListener("keydown", this.escapes, true)
  },

  /** Position in cells, not rounded; may lie outside the space. */
  cellAt(event) {
    const {left, top} = this.view.body.getBoundingClientRect()
    return {x: (event.clientX - left) / this.view.cell, y: (event.clientY - top) / this.view.row}
  },

  drag(event) {
    const {gesture} = this
    if (!gesture || event.pointerId !== gesture.pointer) return
    gesture.clientX = event.clientX
    gesture.clientY = event.clientY
    if (!gesture.moved) {
      const far = Math.hypot(event.clientX - gesture.fromX, event.clientY - gesture.fromY)
      if (far < DRAG_THRESHOLD_PX) return
      gesture.moved = true
    }
    const {columns, rows} = this.model
    const at = this.cellAt(event)
    if (gesture.pan) return this.pan(gesture)
    if (gesture.band) return this.stretch(gesture, at)
    const kind = (g) => [g.over, g.copies].join()
    const before = kind(gesture)
    gesture.copies = Boolean(gesture.id) && !gesture.edge && (event.ctrlKey || event.metaKey || event.altKey)
    gesture.over = gesture.edge ? "space" : this.regionOf(event, gesture)
    gesture.rectangle = gesture.edge
      ? resized(gesture.origin, gesture.edge, at, gesture.at, columns, rows)
      : fitted({...gesture.origin, x: Math.round(at.x - gesture.grabX),
        y: rows > 1 ? Math.round(at.y - gesture.grabY) : gesture.origin.y}, columns, rows)
    gesture.places = gesture.group && movedTogether(gesture.group, gesture.rectangle.x - gesture.origin.x,
      gesture.rectangle.y - gesture.origin.y, columns, rows)
    if (kind(gesture) === before) this.follow()
    else this.redraw()
  },

  pan(gesture) {
    this.view.scroll.scrollLeft = gesture.pan.scrollLeft + gesture.fromX - gesture.clientX
    this.view.scroll.scrollTop = gesture.pan.scrollTop + gesture.fromY - gesture.clientY
  },

  /** Chooses what the rubber band touches. */
  stretch(gesture, at) {
    const band = {x: Math.min(at.x, gesture.at.x), y: Math.min(at.y, gesture.at.y),
      w: Math.abs(at.x - gesture.at.x), h: Math.abs(at.y - gesture.at.y)}
    gesture.rectangle = band
    const box = this.view.body.getBoundingClientRect()
    const {cell, row} = this.view
    const touches = (node) => {
      const {left, right, top, bottom} = node.getBoundingClientRect()
      return left < box.left + (band.x + band.w) * cell && right > box.left + band.x * cell &&
        top < box.top + (band.y + band.h) * row && bottom > box.top + band.y * row
    }
    const touched = [...this.view.items.children].filter(touches).map((node) => node.dataset.id)
    gesture.touched = [...new Set([...gesture.kept, ...touched])]
    this.redraw()
  },

  /** What a drop here means: place in the "space", free in the "tray", or nothing. */
  regionOf(event, gesture) {
    const inside = (node, margin) => {
      const box = node.getBoundingClientRect()
      return event.clientX >= box.left - margin && event.clientX <= box.right + margin &&
        event.clientY >= box.top - margin && event.clientY <= box.bottom + margin
    }
    if (inside(this.view.tray, 4)) return "tray"
    return inside(this.view.body, gesture.origin.loose ? 24 : 400) ? "space" : "outside"
  },

  drop(event) {
    const {gesture} = this
    if (!gesture || event.pointerId !== gesture.pointer) return
    this.drag(event)
    this.stopListening()
    this.gesture = null
    if (gesture.pan) return
    if (gesture.band) return this.choose(gesture.moved ? gesture.touched : gesture.kept)
    const {id, binary, rectangle, origin, over, moved, copies, group, places} = gesture
    if (!moved && id && group) this.select(id)
    const same = ["x", "y", "w", "h"].every((side) => rectangle[side] === origin[side])
    if (moved && over !== "outside") {
      this.focusSelected = Boolean(binary)
      if (copies && over === "space") this.duplicateTo(id, places ?? [{id, ...bare(rectangle)}])
      else if (places && over === "space") same || this.request("arrange", {title: "Move", places, id})
      else if (binary) this.request("add", over === "space" ? {binary, rectangle: bare(rectangle)} : {binary, anywhere: true})
      else if (over === "tray") origin.loose || this.request("free", {id})
      else if (!same || origin.loose) this.request("place", {id, rectangle: bare(rectangle)})
    }
    this.redraw()
  },

  duplicateTo(id, places) {
    this.focusSelected = true
    this.request("duplicate", {id, places})
  },

  cancel() {
    this.stopListening()
    this.gesture = null
    this.redraw()
  },

  stopListening() {
    window.removeEventListener("pointermove", this.moves)
    window.removeEventListener("pointerup", this.ends)
    window.removeEventListener("pointercancel", this.cancels)
    window.removeEventListener("keydown", this.escapes, true)
  },

  drawGhost({rows}) {
    const {gesture, view: {ghost, band}} = this
    const banding = Boolean(gesture?.moved && gesture.band)
    if (band.hidden === banding) band.hidden = !banding
    const floating = Boolean(gesture?.moved) && !banding && !gesture.pan
    this.view.cover(floating ? CURSORS[gesture.edge] ?? "grabbing" : "")
    if (ghost.hidden === floating) ghost.hidden = !floating
    if (banding) {
      const {x, y, w, h} = gesture.rectangle
      set(band, {style: {left: `${x * this.view.cell}px`, top: `${y * this.view.row}px`,
        width: `${w * this.view.cell}px`, height: `${h * this.view.row}px`}})
    }
    if (!floating) return
    const {over, rectangle, label, copies, places} = gesture
    const first = copies ? "copy to " : places ? `${places.length} components, ` : ""
    const where = over === "space" ? `${placeInWords(rectangle, rows)} · ${rectangle.w * rectangle.h}`
      : over === "tray" ? "anywhere (whole space)" : gesture.binary ? label : "let go to leave it where it was"
    setText(ghost, over === "space" ? first + where : where)
    set(ghost, {style: {transform: `translate(${gesture.clientX + 14}px, ${gesture.clientY + 18}px)`}})
  },

  click(event) {
    const crumb = event.target.closest(".crumb")
    if (crumb) this.leave(Number(crumb.dataset.depth))
    const {how, zoom} = event.target.closest("button")?.dataset ?? {}
    if (zoom) this.zoomTo(zoom === "fit" ? 1 : this.view.zoom * Number(zoom))
    else if (how === "duplicate") this.duplicateChosen()
    else if (how === "remove") this.removeChosen()
    else if (how) this.arrange(how)
  },

  doubleClick(event) {
    const item = event.target.closest(".item")
    if (item) this.enter(item.dataset.id)
  },

  hover(event) {
    const item = event.target.closest?.(".item")
    if (!item || this.gesture || event.pointerType === "touch") return
    clearTimeout(this.tooltipTimer)
    this.tooltipTimer = setTimeout(() => {
      const {components, rows} = this.facts()
      const component = components.find((c) => c.id === item.dataset.id)
      if (component && !this.gesture && item.isConnected) {
        this.view.showTooltip(component, components, rows, item.getBoundingClientRect())
      }
    }, TOOLTIP_DELAY_MS)
  },

  unhover() {
    clearTimeout(this.tooltipTimer)
    this.view.hideTooltip()
  },
}

const bare = ({x, y, w, h}) => ({x, y, w, h})

/** The rectangle after one of its edges or corners was dragged. */
function resized(origin, edge, at, from, columns, rows) {
  let {x, y, w, h} = origin
  const dx = Math.round(at.x - from.x)
  const dy = Math.round(at.y - from.y)
  if (edge.includes("w")) {
    const left = clamp(x + dx, 0, x + w - 1)
    w += x - left
    x = left
  }
  if (edge.includes("e")) w = clamp(w + dx, 1, columns - x)
  if (edge.includes("n")) {
    const top = clamp(y + dy, 0, y + h - 1)
    h += y - top
    y = top
  }
  if (edge.includes("s")) h = clamp(h + dy, 1, rows - y)
  return {x, y, w, h}
}
