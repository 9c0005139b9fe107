// The affinity grid: what the user does becomes a request, shown at once and answered by Python.
//
// `components`, read from `model.drawn`, is the truth. Each request has a number; requests that Python has not
// acknowledged yet are applied on top of the truth, so a slow answer never undoes a fast hand.

function withRequest(components, request, facts) {
  const {kind, id} = request
  switch (kind) {
    case "arrange": {
      const places = new Map(request.places.map((place) => [place.id, place]))
      return components.map((c) => ({...c, ...places.get(c.id)}))
    }
    case "copy": {
      const copies = request.places.map((place) => ({...components.find((c) => c.id === place.id), ...place}))
      return [...components, ...copies.map((c) => ({...c, id: `copy of ${c.id}`, pending: true}))]
    }
    case "place":
      return components.map((c) => (c.id === id ? {...c, ...request.rectangle} : c))
    case "free":
      return components.map((c) => (c.id === id ? {...c, x: null, problem: "", stopped: ""} : c))
    case "switch":
      return components.map((c) => (c.id === id ? {...c, enabled: !c.enabled, problem: "", stopped: ""} : c))
    case "remove":
      return components.filter((c) => c.id !== id && !request.others?.includes(c.id))
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
  problem: "", stopped: "", fate: "", summary: "", inner: null, pending: true, ...rectangle,
})

const RETRY_MS = 2000
const MOST_RETRIES = 5

/** While something is held, shares are drawn with Python's answer, but no later than that. */
const COUNTS_LATEST_MS = 120

class Grid {
  constructor(model) {
    this.model = model
    this.view = new View()
    this.gesture = null
    this.frame = 0
    this.all = false
    this.announceNext = null
    this.focusSelected = false
    this.others = []
    const {root} = this.view
    root.addEventListener("pointerdown", (event) => this.press(event))
    root.addEventListener("keydown", (event) => this.key(event))
    root.addEventListener("click", (event) => this.click(event))
    root.addEventListener("dblclick", (event) => this.doubleClick(event))
    root.addEventListener("pointerover", (event) => this.hover(event))
    root.addEventListener("pointerout", () => this.unhover())
    root.addEventListener("wheel", (event) => this.wheel(event), {passive: false})
    this.view.search.addEventListener("input", () => this.search())
    root.addEventListener("focusin", (event) => this.focus(event))
    this.moves = (event) => this.drag(event)
    this.ends = (event) => this.drop(event)
    this.cancels = () => this.cancel()
    this.escapes = (event) => event.key === "Escape" && this.cancel()
    this.pageKeys = (event) => this.pageKey(event)
    if (model.shortcuts) document.addEventListener("keydown", this.pageKeys)
    this.resized = new ResizeObserver((entries) => this.view.resized(entries) && this.redraw())
    for (const part of this.view.sized) this.resized.observe(part)
    for (const name of ["drawn", "palette", "columns", "rows", "reserved", "acknowledged", "editable", "crumbs", "strips"]) {
      model.on(name, () => this.redraw())
    }
    model.on("selected", () => this.selectionChanged())
    model.on("previewed", () => this.answered())
  }

  remove() {
    this.resized.disconnect()
    this.stopListening()
    document.removeEventListener("keydown", this.pageKeys)
    cancelAnimationFrame(this.frame)
    clearTimeout(this.tooltipTimer)
    clearTimeout(this.retry)
    clearTimeout(this.counting)
    clearTimeout(this.heldTimer)
  }

  // What is there --------------------------------------------------------------------------

  get components() {
    const {drawn} = this.model
    if (this.readFrom !== drawn) {
      this.readFrom = drawn
      this.read = JSON.parse(drawn)
    }
    return this.read
  }

  get pending() {
    return this.model.requests.filter(({number}) => number > this.model.acknowledged)
  }

  /** Everything the view draws from. */
  facts() {
    const {model} = this
    const facts = {
      columns: Math.max(model.columns, 1), rows: Math.max(model.rows, 1), palette: model.palette,
      selected: model.selected, reserved: model.reserved, editable: model.editable, compact: model.compact, crumbs: model.crumbs,
      chosen: this.gesture?.touched ?? this.chosen, strips: model.strips,
    }
    facts.components = this.pending.reduce(
      (components, request) => withRequest(components, request, facts), this.components)
    const {gesture} = this
    if (gesture?.moved && gesture.over === "space") {
      const {binary, id, rectangle, copies} = gesture
      const places = gesture.places ?? [{id, ...rectangle}]
      const request = binary ? {kind: "add", binary, rectangle} : {kind: copies ? "copy" : "arrange", places}
      facts.components = withRequest(facts.components, request, facts)
    }
    facts.dragged = gesture?.moved && !gesture.band && !gesture.pan ? {ids: this.heldIds(), over: gesture.over} : null
    if (facts.dragged) {
      // What is not held stays in its lane under the hand.
      gesture.lanes ??= new Map(this.view.laneOf)
      facts.kept = new Map([...gesture.lanes].filter(([one]) => !facts.dragged.ids.includes(one)))
    }
    return facts
  }

  heldIds() {
    const {id, places, copies} = this.gesture
    const ids = places?.map((place) => place.id) ?? [id ?? "newcomer"]
    return copies ? ids.map((one) => `copy of ${one}`) : ids
  }

  component(id) {
    return this.facts().components.find((component) => component.id === id)
  }

  /** Draws everything with the next frame. */
  redraw() {
    this.all = true
    this.follow()
  }

  /** Draws what follows the hand with the next frame. */
  follow() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.drawNow(this.all))
  }

  drawNow(all = true) {
    this.frame = 0
    if (!this.view.root.isConnected) return
    this.all = false
    const facts = this.facts()
    const places = JSON.stringify(this.gesture?.places ?? this.gesture?.rectangle)
    const moved = places !== this.drawnPlaces
    this.drawnPlaces = places
    if (all || (moved && !this.view.drawHeld(facts))) this.view.draw(facts)
    else if (moved) this.counting ??= setTimeout(() => this.drawCounts(), COUNTS_LATEST_MS)
    this.drawGhost(facts)
    tellHeld(this, facts)
    if (this.announceNext && !this.pending.length) this.announce(facts)
    if (this.focusSelected) this.focusOn(this.model.selected)
  }

  /** Draws what follows from where the held component is. */
  drawCounts() {
    clearTimeout(this.counting)
    this.counting = null
    if (this.view.root.isConnected) this.view.drawCounts(this.facts())
  }

  /** Python has looked at what is held, and shows what that means. */
  answered() {
    if (this.counting) this.drawCounts()
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

  /** Looks inside a component, if there is anything inside. */
  enter(id) {
    if (this.component(id)?.inner) this.request("enter", {id})
  }

  /** Goes back to the component at a depth of the way here; 0 is the top. */
  leave(depth) {
    if (depth < this.model.crumbs.length - 1) this.request("leave", {depth})
    this.focusSelected = true
  }

  focusOn(id) {
    const node = this.view.root.querySelector(`.item[data-id="${CSS.escape(id ?? "")}"]`)
    if (!node || this.pending.length) return
    this.focusSelected = false
    node.focus({preventScroll: true})
  }

  announce({components, rows}) {
    const {kind, id, name, title} = this.announceNext
    const isNew = kind === "add" || kind === "duplicate"
    const component = components.find((c) => c.id === (isNew ? this.model.selected : id))
    this.announceNext = null
    if (kind === "enter" || kind === "leave") {
      const count = `${components.length} ${plural(components.length, "component")}`
      this.say(`${this.model.crumbs.at(-1)}, ${count}`)
      if (kind === "enter") this.view.root.querySelector(".item")?.focus({preventScroll: true})
      return
    }
    if (kind === "arrange") this.say(`${title}: ${this.chosen.length} components`)
    else if (kind === "remove") this.say(`${name} removed`)
    else if (kind === "undo" || kind === "redo") this.say(kind === "undo" ? "Undone" : "Redone")
    else if (component) this.say(describe(component, components, rows))
  }

  say(text) {
    setText(this.view.live, text)
  }
}

for (const part of [selecting, pointerGestures, keyboardGestures]) {
  Object.defineProperties(Grid.prototype, Object.getOwnPropertyDescriptors(part))
}

export function render({model}) {
  const grid = new Grid(model)
  model.on("after_render", () => grid.drawNow())
  model.on("remove", () => grid.remove())
  return grid.view.root
}
