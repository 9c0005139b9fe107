// Draws the grid.

const ICON_PROBLEM = `<svg viewBox="0 0 16 16" aria-hidden="true"><path fill="currentColor"
  d="M8 1.2 15.4 14.4H.6zM7.2 6v4h1.6V6zm0 5.2v1.6h1.6v-1.6z"/></svg>`

const ICON_STOPPED = `<svg viewBox="0 0 16 16" aria-hidden="true"><path fill="currentColor"
  d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm-4 6h8v2H4z"/></svg>`
const ICON_INSIDE = `<svg viewBox="0 0 16 16" aria-hidden="true"><path fill="none" stroke="currentColor"
  stroke-width="1.6" d="M2 2h12v12H2zM5 5h2.5v6H5zM10 5h1.2v6H10z"/></svg>`

/** Height of everything in the stage but cells and tray: caption, ruler, shares, gaps. */
const FURNITURE_PX = 128
const COMPACT_FURNITURE_PX = 62

/** Height of one strip under the cores. */
const STRIP_PX = 18

const EDGES_FLAT = ["w", "e"]
const EDGES_ALL = ["n", "s", "w", "e", "nw", "ne", "sw", "se"]

class View {
  constructor() {
    this.zoom = 1
    this.wanted = ""
    this.room = this.tall = this.trayTall = 0
    this.search = element("input", {type: "search", class: "search", placeholder: "Search  /", "aria-label": "Search components"})
    this.palette = element("div", {class: "palette-entries", role: "group", "aria-label": "Components to add"})
    this.crumbs = element("nav", {class: "crumbs", "aria-label": "Inside", "data-test": "crumbs", hidden: ""})
    this.caption = element("div", {class: "caption"})
    this.hint = element("div", {class: "hint", "aria-hidden": "true"})
    this.groupBar = element("div", {class: "group-bar", role: "toolbar", "aria-label": "Selected components", hidden: ""},
      element("span"), ...Object.entries(ARRANGEMENTS).map(([how, {title}]) =>
        element("button", {type: "button", "data-how": how}, title)),
      element("button", {type: "button", "data-how": "duplicate"}, "Duplicate"),
      element("button", {type: "button", "data-how": "remove"}, "Remove"))
    this.zoomBar = element("div", {class: "zoom-bar", role: "group", "aria-label": "Zoom"},
      element("button", {type: "button", "data-zoom": String(1 / 1.5), "aria-label": "Zoom out"}, "−"),
      element("button", {type: "button", "data-zoom": "fit", "aria-label": "Whole space"}, "100 %"),
      element("button", {type: "button", "data-zoom": "1.5", "aria-label": "Zoom in"}, "+"))
    this.band = element("div", {class: "band", hidden: ""})
    this.strips = element("div", {class: "strips", "aria-hidden": "true"})
    this.ruler = element("div", {class: "ruler", "aria-hidden": "true"})
    this.rowNumbers = element("div", {class: "row-numbers", "aria-hidden": "true"})
    this.shares = element("div", {class: "shares", "aria-hidden": "true"})
    this.lines = document.createElementNS(SVG, "svg")
    set(this.lines, {class: "lines", "aria-hidden": "true", preserveAspectRatio: "none"})
    this.reserved = element("div", {class: "reserved", "aria-hidden": "true"}, element("span"))
    this.cellShares = element("div", {class: "cell-shares", "aria-hidden": "true"})
    this.areas = element("div", {class: "areas", "aria-hidden": "true"})
    this.items = element("div", {class: "items", role: "group", "aria-label": "Placed components"})
    this.empty = element("div", {class: "empty"},
      "Drag a component here, or press Enter on one in the list.")
    this.body = element("div", {class: "body", "data-test": "cells"},
      this.reserved, this.lines, this.areas, this.cellShares, this.items, this.empty, this.band)
    this.space = element("div", {class: "space"}, this.ruler, element("div", {class: "share-row"}, this.shares), this.rowNumbers, this.body, this.strips)
    this.scroll = element("div", {class: "scroll"}, this.space)
    this.trayItems = element("div", {class: "tray-items"})
    this.trayEmpty = element("span", {class: "tray-empty"}, "nothing; drag a component here to free it")
    this.tray = element("div",
      {class: "tray", role: "group", "aria-label": "Anywhere (whole space)", "data-test": "tray"},
      element("span", {class: "tray-title"}, "Anywhere"), this.trayItems, this.trayEmpty)
    this.live = element("div", {class: "only-heard", "aria-live": "polite", "data-test": "live"})
    this.ghost = element("div", {class: "ghost", hidden: ""})
    this.sheet = element("div", {class: "sheet", popover: "manual"}, this.ghost)
    this.covered = ""
    this.tooltip = element("div", {class: "tooltip", role: "tooltip", popover: "manual"})
    this.nodes = new Map()
    this.still = matchMedia("(prefers-reduced-motion: reduce)")
    this.paletteBox = element("div", {class: "palette", "data-test": "palette"},
      element("h2", {}, "Components"), this.search, this.palette)
    this.root = element("div", {class: "affinity"}, this.paletteBox,
      element("div", {class: "stage", role: "group", "aria-label": "Affinity grid"},
        element("div", {class: "caption-bar"}, element("div", {class: "caption-row"},
          this.crumbs, this.caption, this.hint, this.groupBar, this.zoomBar)),
        this.scroll, this.tray),
      this.live, this.sheet, this.tooltip)
  }

  /** Parts whose sizes others follow. */
  get sized() {
    return [this.scroll, this.root, this.tray]
  }

  /** Takes in their sizes, so that drawing need not ask for them; whether any is another one. */
  resized(entries) {
    const before = [this.room, this.tall, this.trayTall].join()
    for (const {target, contentRect, borderBoxSize: [box]} of entries) {
      if (target === this.scroll) this.room = target.clientWidth
      else if (target === this.root) this.tall = contentRect.height
      else this.trayTall = box.blockSize
    }
    return before !== [this.room, this.tall, this.trayTall].join()
  }

  /** Draws everything from what the grid knows; see `Grid.facts`. */
  draw(facts) {
    const {columns, rows, components, chosen, dragged} = facts
    const flat = rows === 1
    const placed = components.filter(isPlaced)
    const lanes = lanesOf(placed, facts.kept)
    this.laneOf = lanes.laneOf
    this.root.classList.toggle("compact", facts.compact)
    set(this.root, {"data-test": facts.compact ? "compact-grid" : "affinity-grid"})
    this.drawTray(facts)
    this.measure(columns, rows, lanes.count, facts.strips.length)
    set(this.root, {class: `affinity ${flat ? "flat" : "raised"}${facts.editable ? "" : " fixed"}${facts.compact ? " compact" : ""}`})
    this.drawPalette(facts.palette)
    this.drawCrumbs(facts.crumbs)
    this.drawRuler(columns, rows)
    this.drawCounts(facts)
    this.drawStrips(facts.strips)
    this.drawGroupBar(chosen)
    const reservedColumns = Math.min(facts.reserved, columns)
    set(this.reserved, {hidden: reservedColumns ? null : "", style: {width: `${this.left(reservedColumns)}px`}})
    setText(this.reserved.firstChild, this.left(reservedColumns) >= 10 ? "system" : "")
    this.empty.hidden = placed.length > 0 || Boolean(dragged)
    this.drawAreas(flat ? [] : placed, columns, rows)
    patch(this.items, placed, () => this.createItem(), (node, component) =>
      this.updateItem(node, component, {columns, rows, components, chosen, dragged,
        lane: lanes.laneOf.get(component.id)}))
    this.nodes = new Map([...this.items.children].map((node) => [node.dataset.id, node]))
  }

  drawAreas(placed, columns, rows) {
    patch(this.areas, placed, () => element("div", {class: "area"}), (node, component) =>
      this.updateArea(node, component, columns, rows))
  }

  drawTray({components, rows, chosen, dragged}) {
    const free = components.filter((component) => !isPlaced(component))
    patch(this.trayItems, free, () => this.createChip(), (node, component) =>
      this.updateChip(node, component, {components, rows, chosen, dragged}))
    this.trayEmpty.hidden = free.length > 0
    set(this.tray, {class: `tray${dragged?.over === "tray" ? " target" : ""}`})
  }

  /** Sizes of a cell and of a lane that fill the room there is. */
  measure(columns, rows, lanes, strips) {
    const flat = rows === 1
    this.gutter = flat ? 0 : 28
    const room = this.room - this.gutter - 14
    const furniture = this.root.classList.contains("compact") ? COMPACT_FURNITURE_PX : FURNITURE_PX
    const tall = this.tall - this.trayTall - furniture - strips * STRIP_PX
    const shown = this.shownLanes = shownLanes(lanes)
    this.cell = clamp(room / columns, 3, flat ? 120 : 88) * this.zoom
    this.lane = clamp(Math.floor(tall / shown), 24, 88)
    this.row = flat ? shown * this.lane + 8 : clamp(Math.floor(tall / rows), 28, Math.max(this.cell, 40))
    const wide = this.left(columns)
    const high = this.row * rows
    set(this.space, {style: {"--cell": `${this.cell}px`, "--row": `${this.row}px`,
      "--gutter": `${this.gutter}px`, "--wide": `${wide}px`, "--high": `${high}px`}})
    const drawn = [columns, rows, wide, high, this.lane].join()
    this.slides = this.drawnLines === drawn && !this.still.matches
    if (this.drawnLines === drawn) return
    this.drawnLines = drawn
    const inner = (count, step) =>
      Array.from({length: Math.ceil(count / step) - 1}, (_, index) => (index + 1) * step)
    const columnLines = (step) => inner(columns, step).map((x) => `M${this.left(x) + 0.5} 0V${high}`)
    const rowLines = inner(rows, 1).map((y) => `M0 ${y * this.row + 0.5}H${wide}`)
    const dense = this.cell < 6
    set(this.lines, {viewBox: `0 0 ${wide} ${high}`, width: wide, height: high})
    this.lines.innerHTML =
      `<path class="minor" d="${[...columnLines(dense ? 8 : 1), ...rowLines].join("")}"/>` +
      `<path class="major" d="${columns > 8 ? columnLines(dense ? 32 : 8).join("") : ""}"/>`
  }

  /** Left edge of a column, on a whole pixel. */
  left(column) {
    return Math.round(column * this.cell)
  }

  /** Left edge and width of some columns. */
  across(from, count) {
    return {left: this.left(from), wide: this.left(from + count) - this.left(from)}
  }

  drawPalette(entries) {
    this.paletteBox.hidden = !entries.length
    const fits = ({title, binary, summary}) => `${title} ${binary} ${summary}`.toLowerCase().includes(this.wanted)
    patch(this.palette, entries.filter(fits).map((entry) => ({...entry, id: entry.binary})), (entry) => {
      const icon = element("span", {class: "icon"})
      icon.innerHTML = entry.icon
      return element("div", {class: "entry", role: "button", tabindex: 0, "data-binary": entry.binary},
        icon, element("span", {class: "entry-title"}))
    }, (node, entry) => {
      set(node, {"aria-label": `Add ${entry.title}`, title: entry.summary, style: {"--colour": entry.colour}})
      setText(node.lastChild, entry.title)
    })
  }

  /** The way from the top to here; each name but the last leads back. */
  drawCrumbs(names) {
    this.crumbs.hidden = names.length < 2
    patch(this.crumbs, names.map((name, depth) => ({id: `${depth} ${name}`, name, depth})), ({depth}) =>
      element("button", {type: "button", class: "crumb", "data-depth": depth}), (node, {name, depth}) => {
      setText(node, name)
      set(node, {"aria-current": depth === names.length - 1 ? "location" : null})
    })
  }

  drawCaption(shares, any) {
    const [rows, columns, counts] = [shares.length, shares[0].length, shares.flat()]
    const cores = columns * rows
    const shared = counts.filter((count) => count > 1).length
    const unused = counts.filter((count) => count === 0).length
    const size = rows > 1 ? `${columns} × ${rows} = ${cores} cores` : `${cores} ${plural(cores, "core")}`
    const parts = [size]
    if (any) {
      parts.push(shared ? `${shared} time-shared` : "none shared", `${unused} free`)
    }
    setText(this.caption, parts.join("  ·  "))
    setText(this.hint, "arrows move · Shift + arrows resize · Del removes · Ctrl Z undoes")
  }

  drawRuler(columns, rows) {
    const numbers = (count, step, size, room) => {
      const marks = Array.from({length: Math.ceil(count / step)}, (_, index) => index * step)
      const last = count - 1
      if ((last - marks.at(-1)) * size >= room) marks.push(last)
      else if (marks.length > 1) marks.splice(-1, 1, last)
      return marks.map((mark) => ({id: String(mark), mark}))
    }
    const room = 10 + 7 * String(columns - 1).length
    patch(this.ruler, numbers(columns, rulerStep(this.cell, columns, room), this.cell, room), () => element("span"), (node, {id, mark}) => {
      setText(node, id)
      set(node, {style: {left: `${(mark + 0.5) * this.cell}px`}})
    })
    patch(this.rowNumbers, rows > 1 ? numbers(rows, 1, this.row, 14) : [], () => element("span"), (node, {id, mark}) => {
      setText(node, id)
      set(node, {style: {top: `${(mark + 0.5) * this.row}px`}})
    })
  }

  /** A strip of runs on one row; a count in each shared cell on several. */
  drawShares(counts) {
    const [rows, columns] = [counts.length, counts[0].length]
    const runs = rows > 1 ? [] : runsOf(counts[0])
    // Those too many stay, without width: making and removing nodes costs more.
    while (this.shares.children.length < runs.length) this.shares.append(element("span", {class: "share"}))
    for (const [index, node] of [...this.shares.children].entries()) {
      const {start, length, value} = runs[index] ?? {start: columns, length: 0, value: 0}
      const {wide} = this.across(start, length)
      const words = value > 1
        ? [`each core shared by ${value}`, `shared by ${value}`, `×${value}`]
        : value ? ["one component per core", "not shared", ""] : ["free", "free", ""]
      setText(node, wide > 190 ? words[0] : wide > 84 ? words[1] : wide > 20 ? words[2] : "")
      set(node, {class: length ? `share share-${Math.min(value, 4)}` : "share", style: {width: `${wide}px`}})
    }
    const cells = rows === 1 ? [] : counts.flatMap((row, y) => row.map((value, x) =>
      ({id: `${x},${y}`, x, y, value}))).filter(({value}) => value > 1)
    patch(this.cellShares, cells, () => element("span"), (node, {x, y, value}) => {
      setText(node, this.cell >= 20 ? `×${value}` : String(value))
      set(node, {class: `cell-share share-${Math.min(value, 4)}`,
        style: {left: `${x * this.cell}px`, top: `${y * this.row}px`}})
    })
  }

  /** What lies under the cores: nodes and caches of the machine, or who really gets them. */
  drawStrips(strips) {
    patch(this.strips, strips.map((strip) => ({...strip, id: strip.name})), () => element("div", {class: "strip"}),
      (node, {name, runs, dashed}) => {
        set(node, {title: name, class: `strip${dashed ? " dashed" : ""}`})
        patch(node, runs.map((run) => ({...run, id: String(run.start)})), () => element("span"), (span, run) => {
          const {left, wide} = this.across(run.start, run.length)
          setText(span, wide > 7 * run.label.length + 8 ? run.label : wide > 7 * run.short.length + 4 ? run.short : "")
          set(span, {title: run.label, style: {left: `${left + 1}px`, width: `${Math.max(wide - 2, 1)}px`,
            "--colour": run.colour || "var(--faint)"}})
        })
      })
  }

  drawGroupBar(chosen) {
    this.groupBar.hidden = chosen.length < 2
    this.hint.hidden = this.caption.hidden = chosen.length > 1
    setText(this.groupBar.firstChild, `${chosen.length} selected`)
    setText(this.zoomBar.children[1], `${Math.round(this.zoom * 100)} %`)
  }

  /** See-through areas lie below all labels. */
  updateArea(node, component, columns, rows) {
    const part = visiblePart(component, columns, rows)
    const {left, wide} = this.across(part.x, part.w)
    set(node, {class: `area${component.enabled ? "" : " off"}`, style: {
      "--colour": component.colour, left: `${left}px`, width: `${wide}px`,
      top: `${part.y * this.row}px`, height: `${part.h * this.row}px`}})
  }

  createItem() {
    return element("div", {class: "item", role: "button", tabindex: 0, "aria-roledescription": "component"},
      element("span", {class: "label"}, element("span", {class: "mark", "aria-hidden": "true"}),
        element("span", {class: "name"}, element("span", {class: "stem"}), element("span")),
        element("span", {class: "where"}), element("span", {class: "short"})),
      element("span", {class: "handles", "aria-hidden": "true"}),
      element("span", {class: "inside", "aria-hidden": "true"}))
  }

  updateItem(node, component, {columns, rows, components, chosen, dragged, lane}) {
    const flat = rows === 1
    const [label, handles, inside] = node.children
    const [mark, name, , short] = label.children
    this.updateLook(node, component, chosen, dragged)
    set(node, {"aria-label": describe(component, components, rows)})
    this.updatePlace(node, component, lane, columns, rows)
    // What tells instances apart stays when the name is cut short.
    const [, stem, number] = /^(.*?)(\d*)$/s.exec(component.name)
    setText(name.firstChild, stem)
    setText(name.lastChild, number)
    setText(short, component.short)
    this.updateMark(mark, component)
    this.updateInside(inside, component)
    patch(handles, (flat ? EDGES_FLAT : EDGES_ALL).map((id) => ({id})), () => element("i"),
      (handle, {id}) => set(handle, {"data-edge": id}))
  }

  createChip() {
    return element("div", {class: "item chip", role: "button", tabindex: 0, "aria-roledescription": "component"},
      element("span", {class: "dot"}), element("span", {class: "name"}),
      element("span", {class: "mark", "aria-hidden": "true"}))
  }

  updateChip(node, component, {components, rows, chosen, dragged}) {
    this.updateLook(node, component, chosen, dragged)
    set(node, {"aria-label": describe(component, components, rows)})
    setText(node.children[1], component.name)
    this.updateMark(node.children[2], component)
  }

  /** One sign: what does not start, else what has a problem, else what can be looked into. */
  updateMark(node, {stopped, problem, inner}) {
    const kind = stopped ? "stopped" : problem ? "problem" : inner ? "inside" : ""
    if (node.dataset.kind === kind) return
    node.dataset.kind = kind
    node.innerHTML = {stopped: ICON_STOPPED, problem: ICON_PROBLEM, inside: ICON_INSIDE}[kind] ?? ""
    node.hidden = !kind
  }

  /** What is inside a component, small, at its lower edge. */
  updateInside(node, {inner}) {
    node.hidden = !inner?.length
    patch(node, (inner ?? []).map((block, index) => ({...block, id: String(index)})), () => element("i"),
      (block, {x, y, w, h, colour, enabled}) => set(block, {class: enabled ? "" : "off", style: {
        "--colour": colour, left: `${x * 100}%`, top: `${y * 100}%`, width: `${w * 100}%`, height: `${h * 100}%`}}))
  }

  updateLook(node, component, chosen, dragged) {
    const selected = chosen.includes(component.id)
    const state = {
      selected, off: !component.enabled, held: dragged?.ids.includes(component.id),
      troubled: Boolean(component.problem), pending: component.pending,
      stopped: Boolean(component.stopped), outer: Boolean(component.inner?.length),
      differs: component.differs,
    }
    const classes = Object.keys(state).filter((key) => state[key]).join(" ")
    set(node, {
      class: `item ${isPlaced(component) ? "" : "chip "}${classes}`.trim(),
      "data-name": component.name, "aria-pressed": String(selected),
      "aria-description": outlook(component) || null,
      style: {"--colour": component.colour, "--ink": component.ink},
    })
  }

  showTooltip(component, components, rows, near) {
    const lines = {
      place: describe(component, components, rows), fate: component.fate, summary: component.summary,
      stopped: component.stopped && `Would not start: ${component.stopped}`, problem: component.problem,
      hint: component.inner ? "Double-click or Enter looks inside." : "",
    }
    this.tooltip.replaceChildren(element("strong", {}, component.name),
      ...Object.entries(lines).filter(([, line]) => line).map(([kind, line]) => element("p", {class: kind}, line)))
    this.tooltip.showPopover()
    const {width, height} = this.tooltip.getBoundingClientRect()
    const left = clamp(near.left, 8, window.innerWidth - width - 8)
    const below = near.bottom + 8 + height < window.innerHeight
    set(this.tooltip, {style: {left: `${left}px`, top: `${below ? near.bottom + 8 : near.top - height - 8}px`}})
  }

  hideTooltip() {
    this.tooltip.hidePopover()
  }
}

/** Lanes that there is room for. */
const shownLanes = (count) => Math.max(count, 3)

Object.assign(View.prototype, following)
