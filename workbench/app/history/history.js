// A table of runs; rows are kept by run id, so that focus and scrolling survive updates.

// How the last character of a column's name has its cells set.
const CLASSES = {"#": "number", "~": "words"}
const setting = (name) => CLASSES[name.at(-1)] ?? ""

const make = (tag, properties = {}) => Object.assign(document.createElement(tag), properties)

class History {
  constructor(model) {
    this.model = model
    this.lines = new Map()
    this.all = make("input", {type: "checkbox", ariaLabel: "All runs"})
    this.all.onchange = () => {
      model.ticked = this.all.checked ? [...this.lines.keys()] : []
    }
    const head = make("tr")
    const first = make("th")
    first.append(this.all)
    head.append(first)
    for (const name of model.columns) {
      head.append(make("th", {
        textContent: name.replace(/[#~]$/, ""),
        className: setting(name),
        scope: "col",
      }))
    }
    this.body = make("tbody")
    const table = make("table")
    const header = make("thead")
    header.append(head)
    table.append(header, this.body)
    this.root = make("div", {className: "history-scroll"})
    this.root.append(table)
    model.on("rows", () => this.draw())
    model.on(["ticked", "chosen"], () => this.mark())
    this.draw()
  }

  line(id) {
    const line = make("tr")
    line.dataset.run = id
    const box = make("input", {type: "checkbox", ariaLabel: `Run ${id}`})
    box.onclick = (event) => event.stopPropagation()
    box.onchange = () => {
      const others = this.model.ticked.filter((other) => other !== id)
      this.model.ticked = box.checked ? [...others, id] : others
    }
    const cell = make("td")
    cell.append(box)
    line.append(cell, ...this.model.columns.map((name) =>
      make("td", {className: setting(name)})))
    line.onclick = () => { this.model.chosen = id }
    return line
  }

  draw() {
    const {rows} = this.model
    const present = new Set(rows.map(([id]) => id))
    for (const [id, line] of this.lines) {
      if (!present.has(id)) {
        line.remove()
        this.lines.delete(id)
      }
    }
    let place = this.body.firstElementChild
    for (const texts of rows) {
      const [id] = texts
      let line = this.lines.get(id)
      if (!line) {
        line = this.line(id)
        this.lines.set(id, line)
      }
      texts.forEach((text, at) => {
        const cell = line.children[at + 1]
        if (cell.textContent !== text) cell.textContent = text
      })
      if (line === place) place = place.nextElementSibling
      else this.body.insertBefore(line, place)
    }
    this.mark()
  }

  mark() {
    const ticked = new Set(this.model.ticked)
    for (const [id, line] of this.lines) {
      line.querySelector("input").checked = ticked.has(id)
      line.classList.toggle("chosen", id === this.model.chosen)
    }
    this.all.checked = ticked.size > 0 && ticked.size === this.lines.size
    this.all.indeterminate = ticked.size > 0 && !this.all.checked
  }
}

export function render({model}) {
  return new History(model).root
}
