// The affinity grid: what the user does becomes a request, shown at once and answered by Python.
//
// `model.components` is the truth. Each request has a number; requests that Python has not
// acknowledged yet are applied on top of the truth, so a slow answer never undoes a fast hand.

const DRAG_THRESHOLD_PX = 4
const TOOLTIP_DELAY_MS = 450

function withRequest(components, request, facts) {
  const {kind, id} = request
  switch (kind) {
    case "place":
      return components.map((c) => (c.id === id ? {...c, ...request.rectangle} : c))
    case "free":
      return components.map((c) => (c.id === id ? {...c, x: null, problem: ""} : c))
    case "remove":
      return components.filter((c) => c.id !== id)
    case "add": {
      if (!request.rectangle) return components
      const entry = facts.palette.find(({binary}) => binary === request.binary)
      return [...components, newcomer(entry, request.rectangle)]
    }
    default:
      return components
  }
}

const newcomer = (entry, rectangle) => ({
  id: "newcomer", name: entry.title, short: "", colour: entry.colour, ink: "#fff", enabled: true,
  problem: "", summary: "", pending: true, ...rectangle,
})

const RETRY_MS = 2000
const MOST_RETRIES = 5

class Grid {
  constructor(model) {
    this.model = model
    this.view = new View()
    this.gesture = null
    this.frame = 0
    this.announceNext = null
    this.focusSelected = false
    const {root} = this.view
    root.addEventListener("pointerdown", (event) => this.press(event))
    root.addEventListener("keydown", (event) => this.key(event))
    root.addEventListener("pointerover", (event) => this.hover(event))
    root.addEventListener("pointerout", () => this.unhover())
    root.addEventListener("focusin", (event) => this.focus(event))
    this.moves = (event) => this.drag(event)
    this.ends = (event) => this.drop(event)
    this.cancels = () => this.cancel()
    this.escapes = (event) => event.key === "Escape" && this.cancel()
    this.pageKeys = (event) => this.pageKey(event)
    if (model.shortcuts) document.addEventListener("keydown", this.pageKeys)
    this.resized = new ResizeObserver(() => this.redraw())
    this.resized.observe(this.view.scroll)
    for (const name of ["components", "palette", "columns", "rows", "reserved", "acknowledged", "editable"]) {
      model.on(name, () => this.redraw())
    }
    model.on("selected", () => this.selectionChanged())
  }

  remove() {
    this.resized.disconnect()
    this.stopListening()
    document.removeEventListener("keydown", this.pageKeys)
    cancelAnimationFrame(this.frame)
    clearTimeout(this.tooltipTimer)
    clearTimeout(this.retry)
  }

  // What is there --------------------------------------------------------------------------

  get pending() {
    return this.model.requests.filter(({number}) => number > this.model.acknowledged)
  }

  /** Everything the view draws from. */
  facts() {
    const {model} = this
    const facts = {
      columns: Math.max(model.columns, 1), rows: Math.max(model.rows, 1), palette: model.palette,
      selected: model.selected, reserved: model.reserved, editable: model.editable,
    }
    facts.components = this.pending.reduce(
      (components, request) => withRequest(components, request, facts), model.components)
    const {gesture} = this
    if (gesture?.moved && gesture.over === "space") {
      const request = gesture.binary
        ? {kind: "add", binary: gesture.binary, rectangle: gesture.rectangle}
        : {kind: "place", id: gesture.id, rectangle: gesture.rectangle}
      facts.components = withRequest(facts.components, request, facts)
    }
    facts.dragged = gesture?.moved ? {id: gesture.id ?? "newcomer", over: gesture.over} : null
    return facts
  }

  component(id) {
    return this.facts().components.find((component) => component.id === id)
  }

  redraw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawNow())
  }

  drawNow() {
    this.frame = 0
    if (!this.view.root.isConnected) return
    const facts = this.facts()
    this.view.draw(facts)
    this.drawGhost(facts)
    tellHeld(this, facts)
    if (this.announceNext && !this.pending.length) this.announce(facts)
    if (this.focusSelected) this.focusOn(this.model.selected)
  }

  // Telling Python -------------------------------------------------------------------------

  request(kind, details = {}) {
    if (!this.model.editable) return
    const number = Math.max(this.model.acknowledged, this.model.requests.at(-1)?.number ?? 0) + 1
    this.announceNext = {kind, ...details}
    // The old ones go with the new one: if two messages melt into one, none is lost.
    this.model.requests = [...this.pending, {number, kind, ...details}]
    clearTimeout(this.retry)
    this.retry = setTimeout(() => this.insist(1), RETRY_MS)
    this.redraw()
  }

  /** Sends again what was not answered; Python takes each number once. */
  insist(times) {
    if (!this.pending.length || times > MOST_RETRIES) return
    this.model.requests = this.pending.map((request) => ({...request, times}))
    this.retry = setTimeout(() => this.insist(times + 1), RETRY_MS)
  }

  select(id) {
    if (this.model.selected !== id) this.model.selected = id
    this.redraw()
  }

  selectionChanged() {
    this.redraw()
  }

  focusOn(id) {
    const node = this.view.root.querySelector(`.item[data-id="${CSS.escape(id ?? "")}"]`)
    if (!node || this.pending.length) return
    this.focusSelected = false
    node.focus({preventScroll: true})
  }

  announce({components, rows}) {
    const {kind, id, name} = this.announceNext
    const isNew = kind === "add" || kind === "duplicate"
    const component = components.find((c) => c.id === (isNew ? this.model.selected : id))
    this.announceNext = null
    if (kind === "remove") this.say(`${name} removed`)
    else if (kind === "undo" || kind === "redo") this.say(kind === "undo" ? "Undone" : "Redone")
    else if (component) this.say(describe(component, components, rows))
  }

  say(text) {
    setText(this.view.live, text)
  }

  // Pointer --------------------------------------------------------------------------------

  press(event) {
    if (event.button !== 0 || this.gesture) return
    this.unhover()
    const entry = event.target.closest(".entry")
    const item = event.target.closest(".item")
    if (item) {
      item.focus({preventScroll: true})
      this.select(item.dataset.id)
    } else if (!entry) {
      if (event.target.closest(".body")) this.select(null)
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
    }
    window.addEventListener("pointermove", this.moves)
    window.addEventListener("pointerup", this.ends)
    window.addEventListener("pointercancel", this.cancels)
    window.addEventListener("keydown", this.escapes, true)
  }

  /** Position in cells, not rounded; may lie outside the space. */
  cellAt(event) {
    const {left, top} = this.view.body.getBoundingClientRect()
    return {x: (event.clientX - left) / this.view.cell, y: (event.clientY - top) / this.view.row}
  }

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
    gesture.over = gesture.edge ? "space" : this.regionOf(event, gesture)
    gesture.rectangle = gesture.edge
      ? resized(gesture.origin, gesture.edge, at, gesture.at, columns, rows)
      : fitted({...gesture.origin, x: Math.round(at.x - gesture.grabX),
        y: rows > 1 ? Math.round(at.y - gesture.grabY) : gesture.origin.y}, columns, rows)
    this.redraw()
  }

  /** What a drop here means: place in the "space", free in the "tray", or nothing. */
  regionOf(event, gesture) {
    const inside = (node, margin) => {
      const box = node.getBoundingClientRect()
      return event.clientX >= box.left - margin && event.clientX <= box.right + margin &&
        event.clientY >= box.top - margin && event.clientY <= box.bottom + margin
    }
    if (inside(this.view.tray, 4)) return "tray"
    return inside(this.view.body, gesture.origin.loose ? 24 : 400) ? "space" : "outside"
  }

  drop(event) {
    const {gesture} = this
    if (!gesture || event.pointerId !== gesture.pointer) return
    this.drag(event)
    this.stopListening()
    this.gesture = null
    const {id, binary, rectangle, origin, over, moved} = gesture
    const same = ["x", "y", "w", "h"].every((side) => rectangle[side] === origin[side])
    if (moved && over !== "outside") {
      this.focusSelected = Boolean(binary)
      if (binary) this.request("add", over === "space" ? {binary, rectangle: bare(rectangle)} : {binary, anywhere: true})
      else if (over === "tray") origin.loose || this.request("free", {id})
      else if (!same || origin.loose) this.request("place", {id, rectangle: bare(rectangle)})
    }
    this.redraw()
  }

  cancel() {
    this.stopListening()
    this.gesture = null
    this.redraw()
  }

  stopListening() {
    window.removeEventListener("pointermove", this.moves)
    window.removeEventListener("pointerup", this.ends)
    window.removeEventListener("pointercancel", this.cancels)
    window.removeEventListener("keydown", this.escapes, true)
  }

  drawGhost({rows}) {
    const {gesture, view: {ghost}} = this
    ghost.hidden = !gesture?.moved
    if (!gesture?.moved) return
    const {over, rectangle, label} = gesture
    const where = over === "space" ? `${placeInWords(rectangle, rows)} · ${rectangle.w * rectangle.h}`
      : over === "tray" ? "anywhere (whole space)" : gesture.binary ? label : "let go to leave it where it was"
    setText(ghost, where)
    set(ghost, {style: {left: `${gesture.clientX + 14}px`, top: `${gesture.clientY + 18}px`}})
  }

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
  }

  unhover() {
    clearTimeout(this.tooltipTimer)
    this.view.hideTooltip()
  }

  // Keyboard -------------------------------------------------------------------------------

  focus(event) {
    const item = event.target.closest?.(".item:focus-visible")
    if (item && item.dataset.id !== "newcomer") this.select(item.dataset.id)
  }

  key(event) {
    if (this.historyKey(event)) return
    const entry = event.target.closest(".entry")
    if (entry) this.entryKey(event, entry)
    const item = event.target.closest(".item")
    if (item) this.itemKey(event, item)
  }

  /** Undo and redo; true if it was one of them. */
  historyKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return false
    const letter = event.key.toLowerCase()
    const redo = letter === "y" || (letter === "z" && event.shiftKey)
    if (!redo && letter !== "z") return false
    event.preventDefault()
    event.stopPropagation()
    this.request(redo ? "redo" : "undo")
    return true
  }

  /** Undo and redo wherever the focus is on the page, except in text that has its own undo. */
  pageKey(event) {
    const target = event.composedPath()[0]
    const writes = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
    if (!writes && this.view.root.isConnected) this.historyKey(event)
  }

  entryKey(event, entry) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault()
      this.focusSelected = true
      this.request("add", {binary: entry.dataset.id})
      return
    }
    const entries = [...this.view.palette.children]
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key]
    const next = step ? entries[entries.indexOf(entry) + step]
      : event.key.length === 1 && !event.ctrlKey && !event.metaKey && firstAfter(entries, entry, event.key)
    if (!next) return
    event.preventDefault()
    next.focus()
  }

  itemKey(event, item) {
    const component = this.component(item.dataset.id)
    if (!component || component.pending) return
    const {id, name} = component
    const repeat = event.repeat
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault()
      this.select(id)
    } else if (event.key === "Escape") {
      this.select(null)
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault()
      const all = [...this.view.root.querySelectorAll(".item")]
      const neighbour = all[all.indexOf(item) + 1] ?? all[all.indexOf(item) - 1]
      this.request("remove", {id, name})
      this.select(null)
      neighbour?.focus()
    } else if (event.key.toLowerCase() === "d" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      this.focusSelected = true
      this.request("duplicate", {id})
    } else {
      const moved = isPlaced(component) && this.keyed(component, event)
      if (!moved) return
      event.preventDefault()
      this.select(id)
      const same = ["x", "y", "w", "h"].every((side) => moved[side] === component[side])
      if (!same) this.request("place", {id, rectangle: moved, repeat})
    }
  }

  /** The rectangle after an arrow, Home or End key; undefined for other keys. */
  keyed(component, {key, shiftKey, ctrlKey, metaKey, altKey}) {
    if (ctrlKey || metaKey || altKey) return undefined
    const {columns, rows} = this.model
    const {x, y, w, h} = component
    if (key === "Home") return fitted({x: 0, y, w, h}, columns, rows)
    if (key === "End") return fitted({x: columns, y, w, h}, columns, rows)
    const [dx, dy] = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[key] ?? []
    if (dx === undefined) return undefined
    if (!shiftKey) return fitted({x: x + dx, y: y + dy, w, h}, columns, rows)
    return fitted({x, y, w: clamp(w + dx, 1, columns - x), h: clamp(h + dy, 1, rows - y)}, columns, rows)
  }
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

/** The next palette entry whose title starts with a letter, going round. */
function firstAfter(entries, entry, letter) {
  const start = entries.indexOf(entry) + 1
  return [...entries.slice(start), ...entries.slice(0, start)]
    .find((node) => node.textContent.toLowerCase().startsWith(letter.toLowerCase()))
}

export function render({model}) {
  const grid = new Grid(model)
  model.on("after_render", () => grid.drawNow())
  model.on("remove", () => grid.remove())
  return grid.view.root
}
