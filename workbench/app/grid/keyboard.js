// What keys do; methods of the grid.

const keyboardGestures = {
  focus(event) {
    const item = event.target.closest?.(".item:focus-visible")
    if (!item || this.pressing || item.dataset.id === "newcomer" || this.chosen.length > 1) return
    this.select(item.dataset.id)
  },

  key(event) {
    if (this.historyKey(event)) return
    if (event.key === "ArrowUp" && event.altKey && this.model.crumbs.length > 1) {
      event.preventDefault()
      this.leave(this.model.crumbs.length - 2)
      return
    }
    if (event.target === this.view.search) return this.searchKey(event)
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey
    const zooms = plain && event.target.closest(".stage")
    const zoom = zooms ? {"+": 1.5, "=": 1.5, "-": 1 / 1.5, 0: 0}[event.key] : undefined
    if (zoom !== undefined) {
      event.preventDefault()
      this.zoomTo(zoom ? this.view.zoom * zoom : 1)
      return
    }
    const entry = event.target.closest(".entry")
    if (entry) this.entryKey(event, entry)
    const item = event.target.closest(".item")
    if (item) this.itemKey(event, item)
  },

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
  },

  /** Undo, redo and / for the search wherever the focus is, except where text is written. */
  pageKey(event) {
    const target = event.composedPath()[0]
    const writes = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
    if (writes || !this.view.root.isConnected || this.historyKey(event)) return
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault()
      this.view.search.focus()
      this.view.search.select()
    }
  },

  /** Enter adds the first that was found, arrows go into the list, Escape clears. */
  searchKey(event) {
    const [first] = this.view.palette.children
    if (event.key === "Enter" && first) {
      event.preventDefault()
      this.focusSelected = true
      this.request("add", {binary: first.dataset.id})
      this.clearSearch()
    } else if (event.key === "ArrowDown" && first) {
      event.preventDefault()
      first.focus()
    } else if (event.key === "Escape") {
      this.clearSearch()
    }
  },

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
  },

  itemKey(event, item) {
    const component = this.component(item.dataset.id)
    if (!component || component.pending) return
    const {id, name} = component
    const repeat = event.repeat
    const many = this.chosen.length > 1
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") {
      event.preventDefault()
      this.choose(this.facts().components.map((c) => c.id))
      return
    }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault()
      if (event.shiftKey) return this.toggle(id)
      this.select(id)
      if (event.key === "Enter") this.enter(id)
    } else if (event.key === "Escape") {
      this.select(null)
    } else if (event.key.toLowerCase() === "o" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.select(id)
      this.request("switch", {id})
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault()
      const all = [...this.view.root.querySelectorAll(".item")]
      const gone = new Set(many ? this.chosen : [id])
      const left = all.filter((node) => !gone.has(node.dataset.id) || node === item)
      const neighbour = left[left.indexOf(item) + 1] ?? left[left.indexOf(item) - 1]
      if (many) this.removeChosen()
      else this.request("remove", {id, name})
      this.select(null)
      neighbour?.focus()
    } else if (event.key.toLowerCase() === "d" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      if (many) return this.duplicateChosen()
      this.focusSelected = true
      this.request("duplicate", {id})
    } else if (many && this.chosen.includes(id) && isPlaced(component)) {
      const moved = this.keyed(component, event)
      if (!moved) return
      event.preventDefault()
      const {columns, rows} = this.model
      const places = event.shiftKey
        ? this.group().map((r) => ({...r, w: clamp(r.w + moved.w - component.w, 1, columns - r.x),
          h: clamp(r.h + moved.h - component.h, 1, rows - r.y)}))
        : movedTogether(this.group(), moved.x - component.x, moved.y - component.y, columns, rows)
      this.request("arrange", {title: event.shiftKey ? "Resize" : "Move", places, repeat})
    } else {
      const moved = isPlaced(component) && this.keyed(component, event)
      if (!moved) return
      event.preventDefault()
      this.select(id)
      const same = ["x", "y", "w", "h"].every((side) => moved[side] === component[side])
      if (!same) this.request("place", {id, rectangle: moved, repeat})
    }
  },

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
  },
}

/** The next palette entry whose title starts with a letter, going round. */
function firstAfter(entries, entry, letter) {
  const start = entries.indexOf(entry) + 1
  return [...entries.slice(start), ...entries.slice(0, start)]
    .find((node) => node.textContent.toLowerCase().startsWith(letter.toLowerCase()))
}
