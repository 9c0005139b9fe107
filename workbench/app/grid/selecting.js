// Selecting several components, and zooming; methods of the grid.
//
// `model.selected` is the one whose form is shown. The others chosen with it are known here only.

const MOST_ZOOM = 16

const selecting = {
  get chosen() {
    const known = new Set(this.components.map(({id}) => id))
    const all = this.others.filter((id) => known.has(id))
    return this.model.selected === null || all.includes(this.model.selected) ? all : [...all, this.model.selected]
  },

  /** Chooses one alone, or none. */
  select(id) {
    this.others = []
    if (this.model.selected !== id) this.model.selected = id
    this.redraw()
  },

  /** Adds one to those chosen, or takes it away. */
  toggle(id) {
    const chosen = this.chosen
    const left = chosen.filter((other) => other !== id)
    this.choose(left.length < chosen.length ? left : [...chosen, id])
  },

  choose(ids) {
    this.others = ids
    this.model.selected = ids.at(-1) ?? null
    this.redraw()
    if (ids.length > 1) this.say(`${ids.length} components selected`)
  },

  selectionChanged() {
    // What was selected elsewhere, in the form or by undo, is alone.
    if (!this.others.includes(this.model.selected)) this.others = []
    this.redraw()
  },

  /** Rectangles of those chosen that have a place, the first chosen first. */
  group() {
    const {components, columns, rows} = this.facts()
    return this.chosen.map((id) => components.find((c) => c.id === id)).filter((c) => c && isPlaced(c))
      .map((c) => ({id: c.id, ...bare(visiblePart(c, columns, rows))}))
  },

  arrange(how) {
    const group = this.group()
    if (group.length < 2) return
    const {title, apply} = ARRANGEMENTS[how]
    this.request("arrange", {title, places: apply(group, this.model.columns)})
  },

  removeChosen() {
    const ids = this.chosen
    const names = this.facts().components.filter((c) => ids.includes(c.id)).map(({name}) => name)
    this.request("remove", {id: ids[0], others: ids.slice(1), name: names.join(" and ")})
    this.select(null)
  },

  duplicateChosen() {
    const ids = this.chosen
    this.focusSelected = true
    this.request("duplicate", {id: ids[0], others: ids.slice(1)})
  },

  /** Magnifies the columns; the one under `clientX` stays where it is. */
  zoomTo(zoom, clientX) {
    const {scroll, body} = this.view
    const before = body.getBoundingClientRect()
    const at = ((clientX ?? before.left + scroll.clientWidth / 2) - before.left) / before.width
    this.view.zoom = clamp(zoom, 1, MOST_ZOOM)
    this.drawNow()
    const after = body.getBoundingClientRect()
    scroll.scrollLeft += after.left + at * after.width - (clientX ?? before.left + scroll.clientWidth / 2)
    this.say(`Zoom ${Math.round(this.view.zoom * 100)} percent`)
  },

  wheel(event) {
    if (!event.ctrlKey || !event.target.closest(".scroll")) return
    event.preventDefault()
    this.zoomTo(this.view.zoom * Math.exp(-event.deltaY / 300), event.clientX)
  },

  clearSearch() {
    this.view.search.value = ""
    this.search()
  },

  /** Searches the list of components. */
  search() {
    this.view.wanted = this.view.search.value.trim().toLowerCase()
    this.redraw()
  },
}
