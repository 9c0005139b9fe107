// Routes as a graph: clients on the left reach the services of what stands to their right.
//
// A line is a session. It is drawn anew from its port to the port of another provider; what can
// serve it lights up meanwhile. The table beside this view does the same by keyboard.

const SVG = "http://www.w3.org/2000/svg"
const WIDE = 168
const HEAD = 26
const PORT = 20
const GAP = 14
const PARENT = "parent"

function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value)
  }
  node.append(...children)
  return node
}

/** Columns of the nodes: each stands left of all that serve it, as far as there is no circle. */
function columnsOf(nodes, edges) {
  const serves = new Map(nodes.map(({key}) => [key, []]))
  for (const {from, to} of edges) if (from !== to && serves.has(to)) serves.get(from)?.push(to)
  const found = new Map()
  const depth = (key, way) => {
    if (found.has(key)) return found.get(key)
    if (way.has(key)) return 0
    const below = serves.get(key).map((to) => depth(to, new Set([...way, key])))
    const deep = key === PARENT ? 0 : 1 + Math.max(0, ...below)
    if (!way.size) found.set(key, deep)
    return deep
  }
  for (const {key} of nodes) depth(key, new Set())
  return found
}

class Graph {
  constructor(model) {
    this.model = model
    this.svg = shape("svg", {role: "group", "aria-label": "Components and the sessions between them"})
    this.note = Object.assign(document.createElement("p"), {className: "note"})
    this.note.setAttribute("role", "status")
    this.root = Object.assign(document.createElement("div"), {className: "graph", tabIndex: 0})
    this.root.setAttribute("role", "region")
    this.root.setAttribute("aria-label", "Routes as a graph; the table “Routes” does the same by keyboard")
    this.root.dataset.test = "route-graph"
    this.root.append(this.note, this.svg)
    this.root.addEventListener("pointerdown", (event) => this.press(event))
    this.root.addEventListener("keydown", (event) => this.key(event))
    this.moves = (event) => this.drag(event)
    this.ends = (event) => this.drop(event)
    this.escapes = (event) => event.key === "Escape" && this.stop()
    this.resized = new ResizeObserver(() => this.draw())
    this.resized.observe(this.root)
    model.on("groups", () => this.draw())
    model.on("selected", () => this.mark())
    model.on("remove", () => { this.stop(); this.resized.disconnect() })
    this.draw()
  }

  /** Sessions that are drawn: what a component asks for itself, and whatever is denied. */
  sessionsOf(group) {
    return group.sessions.filter(({environment, ok}) => !environment || !ok)
  }

  draw() {
    if (this.line || !this.root.clientWidth) return
    const {groups} = this.model
    const key = ({around, choice}) => (choice === PARENT ? PARENT : choice && around + choice)
    const edges = groups.flatMap((group) => this.sessionsOf(group).map((session) =>
      ({...session, from: group.key, to: key({around: group.around, choice: session.choice})})))
    const asked = [...new Set(edges.filter(({to}) => to === PARENT).map(({service}) => service))]
    const offered = [...new Set(groups.flatMap(({sessions}) => sessions)
      .filter(({choices}) => choices.some(([value]) => value === PARENT)).map(({service}) => service))]
    const outside = [...new Set([...asked, ...offered.filter((s) => edges.some(({service}) => service === s))])]
    const nodes = [...groups, ...(outside.length ? [{key: PARENT, name: "the parent", colour: "", starts: true,
      reason: "", provides: outside, sessions: [], around: ""}] : [])]
    // Those without sessions come last, out of the way of the lines.
    const busy = new Set(edges.flatMap(({from, to}) => [from, to]))
    nodes.sort((a, b) => busy.has(b.key) - busy.has(a.key))
    this.place(nodes, columnsOf(nodes, edges))
    const bad = edges.filter(({ok}) => !ok).length
    this.say(!groups.length ? "No component is switched on." : bad ? `${bad} denied`
      : "Drag the end of a line to another provider.", bad > 0)
    this.svg.replaceChildren(...edges.map((edge) => this.edge(edge)), ...nodes.map((node) => this.node(node)))
    this.mark()
  }

  say(text, bad = false) {
    this.note.textContent = text
    this.note.classList.toggle("bad", bad)
  }

  /** Finds where nodes and their ports are. */
  place(nodes, depths) {
    const most = Math.max(...depths.values(), 0)
    const columns = most + 1
    const room = Math.max(this.root.clientWidth - 32, columns * (WIDE + 60) - 60)
    const step = columns > 1 ? (room - WIDE) / most : 0
    const filled = new Array(columns).fill(4)
    this.boxes = new Map()
    for (const node of nodes) {
      const column = most - depths.get(node.key)
      const ports = Math.max(node.provides.length, this.sessionsOf(node).length)
      const box = {x: column * step, y: filled[column], high: HEAD + ports * PORT + (ports ? 4 : 0)}
      filled[column] += box.high + GAP
      this.boxes.set(node.key, {...box, provides: node.provides, asks: this.sessionsOf(node).map(({key}) => key)})
    }
    this.svg.setAttribute("width", room)
    this.svg.setAttribute("height", Math.max(...filled))
  }

  /** Where a component asks for a session, by the session's key. */
  from(key, session) {
    const {x, y, asks} = this.boxes.get(key)
    return [x + WIDE, y + HEAD + (asks.indexOf(session) + 0.5) * PORT]
  }

  /** Where a provider offers a service. */
  to(key, service) {
    const {x, y, provides} = this.boxes.get(key)
    const index = provides.indexOf(service)
    return [x, y + (index < 0 ? HEAD / 2 : HEAD + (index + 0.5) * PORT)]
  }

  curve([x1, y1], [x2, y2]) {
    const bend = Math.max(Math.abs(x2 - x1) / 2, 40)
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
  }

  edge({from, to, key, service, ok, byDefault, provider, line, rule}) {
    const start = this.from(from, key)
    const there = ok && this.boxes.has(to)
    const end = there ? this.to(to, service) : [start[0] + 34, start[1]]
    const words = `${service} of ${this.nameOf(from)}: ${provider}${byDefault ? ", by the default route" : ""}${line ? `, line ${line}: ${rule}` : ""}`
    const path = shape("path", {class: "session", d: this.curve(start, end)}, shape("title", {}, words))
    const group = shape("g", {class: `edge${ok ? "" : " bad"}${byDefault ? " default" : ""}`,
      "data-service": service, "data-from": this.nameOf(from), "data-to": there ? this.nameOf(to) : ""}, path)
    if (!there) group.append(shape("text", {x: end[0] + 4, y: end[1] + 4}, ok ? provider : `✕ ${provider.split(":")[0]}`))
    return group
  }

  nameOf(key) {
    return key === PARENT ? "parent" : this.model.groups.find((group) => group.key === key)?.name ?? key
  }

  node(node) {
    const {key, name, colour, starts, reason, provides} = node
    const {x, y, high} = this.boxes.get(key)
    const group = shape("g", {class: `node${starts ? "" : " bad"}`, transform: `translate(${x} ${y})`, "data-key": key,
      "data-name": this.nameOf(key), ...(key === PARENT ? {} : {tabindex: 0, role: "button", "aria-label": name})},
    shape("title", {}, starts ? name : `${name} would not start: ${reason}`),
    shape("rect", {class: "box", width: WIDE, height: high, rx: 7}))
    if (colour) group.append(shape("rect", {width: 6, height: high - 12, x: 6, y: 6, rx: 3, style: `fill:${colour}`}))
    group.append(this.text(name, 20, 17, "name", 20))
    provides.forEach((service, index) => group.append(this.port("offer", key, service, service, 0, index)))
    this.sessionsOf(node).forEach((session, index) =>
      group.append(this.port("ask", key, session.key, session.service, WIDE, index, session.ok)))
    return group
  }

  text(words, x, y, kind, most) {
    const short = words.length > most ? `${words.slice(0, most - 1)}…` : words
    return shape("text", {x, y, class: kind}, short)
  }

  port(kind, key, id, service, x, index, ok = true) {
    const y = HEAD + (index + 0.5) * PORT
    const label = this.text(service, kind === "ask" ? WIDE - 10 : 16, y + 4, `label ${kind}`, 12)
    return shape("g", {class: `port ${kind}${ok ? "" : " bad"}`, "data-kind": kind, "data-key": key,
      "data-id": id, "data-service": service},
    label, shape("circle", {class: "grip", cx: x, cy: y, r: 11}), shape("circle", {class: "dot", cx: x, cy: y, r: 5}))
  }

  // What the hand does ------------------------------------------------------------------------

  press(event) {
    const port = event.target.closest(".port.ask")
    const node = event.target.closest(".node")
    if (event.button !== 0 || this.line) return
    if (!port) {
      if (node && node.dataset.key !== PARENT) this.model.send_msg({select: node.dataset.key})
      return
    }
    event.preventDefault()
    const {key, id, service} = port.dataset
    const session = this.model.groups.find((group) => group.key === key).sessions.find((one) => one.key === id)
    this.line = {key, service, session, around: this.model.groups.find((group) => group.key === key).around,
      start: this.from(key, id), path: shape("path", {class: "drawn"})}
    this.svg.append(this.line.path)
    for (const offer of this.svg.querySelectorAll(".port.offer")) {
      offer.classList.toggle("possible", this.serves(offer))
    }
    this.root.classList.add("drawing")
    window.addEventListener("pointermove", this.moves)
    window.addEventListener("pointerup", this.ends)
    window.addEventListener("pointercancel", this.ends)
    window.addEventListener("keydown", this.escapes, true)
    this.drag(event)
  }

  /** What a provider is called among the choices of the session that is drawn. */
  choiceOf(key) {
    if (key === PARENT) return PARENT
    const {around} = this.line
    return key.startsWith(around) ? key.slice(around.length) : ""
  }

  serves({dataset: {key, service}}) {
    return service === this.line.service && this.line.session.choices.some(([value]) => value === this.choiceOf(key))
  }

  drag({clientX, clientY}) {
    const {left, top} = this.svg.getBoundingClientRect()
    this.line.path.setAttribute("d", this.curve(this.line.start, [clientX - left, clientY - top]))
  }

  drop(event) {
    const {key, service, session} = this.line
    const target = this.root.getRootNode().elementFromPoint(event.clientX, event.clientY)
    const node = target?.closest(".node")
    const offer = node && [...node.querySelectorAll(".port.offer")].find((port) => this.serves(port))
    const choice = offer && this.choiceOf(offer.dataset.key)
    this.stop()
    if (event.type !== "pointerup" || !node || node.dataset.key === key) return
    if (!offer) this.say(`${node.dataset.name} cannot serve ${service} of ${this.nameOf(key)}.`, true)
    else if (choice !== session.choice) this.model.send_msg({route: [key, service, choice]})
  }

  stop() {
    window.removeEventListener("pointermove", this.moves)
    window.removeEventListener("pointerup", this.ends)
    window.removeEventListener("pointercancel", this.ends)
    window.removeEventListener("keydown", this.escapes, true)
    this.root.classList.remove("drawing")
    this.line?.path.remove()
    this.line = null
    this.draw()
  }

  key(event) {
    const node = event.target.closest?.(".node")
    if (!node || (event.key !== "Enter" && event.key !== " ")) return
    event.preventDefault()
    this.model.send_msg({select: node.dataset.key})
  }

  mark() {
    const {selected} = this.model
    for (const node of this.svg.querySelectorAll(".node")) {
      node.classList.toggle("selected", node.dataset.key === selected)
      if (node.hasAttribute("role")) node.setAttribute("aria-pressed", String(node.dataset.key === selected))
    }
  }
}

export function render({model}) {
  return new Graph(model).root
}
