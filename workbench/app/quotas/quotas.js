// Bars of quotas. A number is changed by dragging it sideways, by arrow keys, or in the form.
//
// While a number is dragged everything that follows from it is drawn at once; Python answers
// with what `init` makes of it.

const K = 1024

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

/** To about three digits, in a unit that configurations use. */
function rounded(key, value) {
  if (key === "caps") return Math.max(0, Math.round(value))
  const unit = value >= K ** 3 ? K ** 3 : value >= K ** 2 ? K ** 2 : K
  const step = value >= 20 * unit ? unit : unit === K ? unit : unit / 16
  return Math.max(K, Math.round(value / step) * step)
}

function words(key, value) {
  if (value === null) return "–"
  if (key === "caps") return value.toLocaleString("en").replaceAll(",", " ")
  for (const [unit, letter] of [[K ** 3, "G"], [K ** 2, "M"], [K, "K"]]) {
    if (value >= unit) return `${Number((value / unit).toPrecision(value / unit >= 100 ? 4 : 3))}${letter}`
  }
  return String(value)
}

class Quotas {
  constructor(model) {
    this.model = model
    this.held = null
    this.root = element("div", {className: "quotas", tabIndex: 0, role: "region", ariaLabel: "Quotas"})
    this.root.dataset.test = "quotas"
    model.on("resources", () => this.draw())
    model.on("selected", () => this.draw())
    this.draw()
  }

  /** A row's amount: the one under the hand, else the model's. */
  asked(key, row) {
    return this.held?.key === key && this.held.id === row.id ? this.held.value : row.asked
  }

  draw() {
    const focus = this.root.getRootNode().activeElement?.dataset?.handle
    this.root.replaceChildren(...this.model.resources.map((resource) => this.resource(resource)))
    if (focus) this.root.querySelector(`[data-handle="${CSS.escape(focus)}"]`)?.focus({preventScroll: true})
  }

  resource({key, title, given, source, cost, rows}) {
    const sum = rows.reduce((total, row) => total + this.asked(key, row), 0)
    const scale = Math.max(given ?? 0, sum, 1)
    const over = given !== null && sum > given
    const text = given === null ? `${words(key, sum)} asked for; ${source} has not been given an amount`
      : over ? `${words(key, sum - given)} more than ${source} leaves: who comes later gets less`
        : `${words(key, sum)} of ${words(key, given)} asked for, ${words(key, given - sum)} left (${source})`
    const all = element("div", {className: "bar all"})
    for (const row of rows) all.append(this.part(key, row, scale, cost))
    if (given !== null) {
      const end = element("i", {className: "end", title: `${words(key, given)} to give`})
      end.style.left = `${given / scale * 100}%`
      all.append(end)
      if (over) {
        const excess = element("i", {className: "excess"})
        excess.style.left = end.style.left
        all.append(excess)
      }
    }
    const section = element("section", {className: over ? "over" : ""},
      element("h3", {}, title, element("span", {className: "sum", textContent: text})), all)
    section.dataset.resource = key
    const largest = Math.max(...rows.map((row) => this.asked(key, row)), 1)
    let before = 0
    for (const row of rows) {
      section.append(this.row(key, row, largest, cost, given === null ? Infinity : given - before))
      before += this.asked(key, row)
    }
    return section
  }

  part(key, row, scale, cost) {
    const part = element("i", {className: "part", title: `${row.name}: ${words(key, this.asked(key, row))}`})
    part.style.width = `${this.asked(key, row) / scale * 100}%`
    part.style.setProperty("--colour", row.colour)
    part.style.setProperty("--cost", `${Math.min(cost / Math.max(this.asked(key, row), 1), 1) * 100}%`)
    return part
  }

  row(key, row, largest, cost, left) {
    const asked = this.asked(key, row)
    const short = asked > left
    const name = element("button", {type: "button", className: "name", textContent: row.name})
    name.onclick = () => this.model.send_msg({select: row.id})
    const bar = element("div", {className: "bar"}, this.part(key, row, largest, cost))
    const handle = element("span", {className: "amount", tabIndex: 0, textContent: words(key, asked),
      title: "Drag sideways or use the arrow keys"})
    handle.setAttribute("role", "spinbutton")
    handle.setAttribute("aria-label", `${key === "ram" ? "RAM" : "Capabilities"} of ${row.name}`)
    handle.setAttribute("aria-valuenow", asked)
    handle.setAttribute("aria-valuetext", words(key, asked))
    handle.dataset.handle = `${key} ${row.id}`
    handle.onpointerdown = (event) => this.press(event, key, row)
    handle.onkeydown = (event) => this.key(event, key, row)
    const gets = element("span", {className: "gets",
      textContent: short ? `only ${words(key, Math.max(left, 0))} left` : row.gets === null ? "does not start" : `gets ${words(key, row.gets)}`})
    const line = element("div", {className: `row${short || row.gets === null ? " short" : ""}${row.id === this.model.selected ? " selected" : ""}`},
      name, bar, handle, gets)
    line.dataset.name = row.name
    return line
  }

  press(event, key, row) {
    if (event.button !== 0) return
    event.preventDefault()
    event.target.focus()
    const start = {x: event.clientX, value: Math.max(row.asked, key === "ram" ? K : 1)}
    let sent = false
    const move = ({clientX}) => {
      const value = rounded(key, start.value * Math.exp((clientX - start.x) * 0.015))
      if (value === (this.held?.value ?? row.asked)) return
      this.held = {key, id: row.id, value}
      this.model.send_msg({set: [key, row.id, value, sent]})
      sent = true
      this.draw()
    }
    const end = () => {
      window.removeEventListener("pointermove", move)
      window.removeEventListener("pointerup", end)
      window.removeEventListener("pointercancel", end)
      // The answer to what was sent last is still on its way.
      setTimeout(() => { this.held = null; this.draw() }, 300)
    }
    window.addEventListener("pointermove", move)
    window.addEventListener("pointerup", end)
    window.addEventListener("pointercancel", end)
  }

  key(event, key, row) {
    const steps = {ArrowUp: 1.1, ArrowRight: 1.1, ArrowDown: 1 / 1.1, ArrowLeft: 1 / 1.1, PageUp: 2, PageDown: 0.5}
    const factor = steps[event.key]
    if (!factor) return
    event.preventDefault()
    const old = Math.max(row.asked, key === "ram" ? K : 1)
    const value = rounded(key, old * factor)
    this.model.send_msg({set: [key, row.id, value === old ? old + (factor > 1 ? 1 : -1) * (key === "ram" ? K : 1) : value, event.repeat]})
  }
}

export function render({model}) {
  return new Quotas(model).root
}
