// A table of sessions, grouped by component; groups that did not change are left alone.

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

const ICON_DENIED = `<svg viewBox="0 0 16 16" fill="currentColor" aria-hidden="true"><path
  d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm-4 6h8v2H4z"/></svg>`

class Sessions {
  constructor(model) {
    this.model = model
    this.drawn = new Map()
    this.all = element("input", {type: "checkbox"})
    this.all.onchange = () => { model.environment = this.all.checked }
    this.count = element("span", {className: "count"})
    this.table = element("table")
    this.table.append(element("thead", {}, element("tr", {},
      ...["Session", "Label", "Rule", "Served by"].map((name) => element("th", {textContent: name, scope: "col"})))))
    this.root = element("div", {className: "sessions", tabIndex: 0, role: "region", ariaLabel: "Routes"},
      element("div", {className: "bar"}, element("label", {}, this.all, " Sessions that every component gets"), this.count),
      this.table)
    this.root.dataset.test = "sessions"
    model.on(["groups", "environment"], () => this.draw())
    model.on("selected", () => this.mark(true))
    this.draw()
  }

  draw() {
    const {groups, environment} = this.model
    this.all.checked = environment
    const bad = groups.flatMap(({sessions}) => sessions).filter(({ok}) => !ok).length
    this.count.textContent = bad ? `${bad} denied` : groups.length ? "All sessions are served." : "No component is switched on."
    this.count.classList.toggle("bad", bad > 0)
    const bodies = groups.map((group) => {
      const text = JSON.stringify([group, environment])
      const old = this.drawn.get(group.key)
      return old?.text === text ? old : {key: group.key, text, node: this.group(group)}
    })
    this.drawn = new Map(bodies.map((body) => [body.key, body]))
    this.table.replaceChildren(this.table.tHead, ...bodies.map(({node}) => node))
    this.mark(false)
  }

  group({key, name, colour, starts, reason, sessions}) {
    const body = element("tbody")
    body.dataset.key = key
    body.dataset.name = name
    const head = element("th", {colSpan: 4, scope: "rowgroup"})
    const button = element("button", {className: "component", type: "button"},
      element("span", {className: "dot"}), name)
    button.firstChild.style.background = colour
    button.onclick = () => this.model.send_msg({select: key})
    head.append(button)
    if (!starts) head.append(element("span", {className: "bad reason", textContent: `Would not start: ${reason}`}))
    body.append(element("tr", {className: "head"}, head))
    const shown = sessions.filter(({environment, ok}) => this.model.environment || !environment || !ok)
    for (const session of shown) body.append(this.row(key, session))
    if (!shown.length) {
      body.append(element("tr", {}, element("td", {colSpan: 4, className: "quiet", textContent: "only those that every component gets"})))
    }
    return body
  }

  row(key, session) {
    const row = element("tr", {className: session.ok ? "" : "bad"})
    row.dataset.service = session.service
    const rule = element("td", {className: "rule"})
    if (session.line) {
      const jump = element("button", {type: "button", className: "line", textContent: `line ${session.line}`, title: session.rule})
      jump.onclick = () => this.model.send_msg({line: session.line})
      rule.append(jump, element("code", {textContent: session.rule, title: session.rule}))
    }
    row.append(element("td", {className: "service", textContent: session.service}),
      element("td", {className: "label", textContent: session.label, title: session.label}), rule,
      element("td", {className: "provider"}, this.provider(key, session)))
    return row
  }

  /** Who serves a session; a choice where there are several who could. */
  provider(key, {service, ok, provider, choice, choices}) {
    if (!choices.length || (choices.length === 1 && choice)) return this.words(ok, provider)
    const select = element("select", {ariaLabel: `${service} of ${key.split("\n").at(-1)} from`})
    if (!choice) select.append(new Option(provider, "", true, true))
    for (const [value, words] of choices) select.append(new Option(words, value, false, value === choice))
    select.onchange = () => select.value && this.model.send_msg({route: [key, service, select.value]})
    if (ok) return select
    const icon = element("span", {className: "icon"})
    icon.innerHTML = ICON_DENIED
    return element("span", {className: "denied"}, icon, select)
  }

  words(ok, provider) {
    if (ok) return document.createTextNode(provider)
    const icon = element("span", {className: "icon"})
    icon.innerHTML = ICON_DENIED
    return element("span", {className: "denied"}, icon, provider)
  }

  mark(reveal) {
    for (const {key, node} of this.drawn.values()) {
      const chosen = key === this.model.selected
      node.classList.toggle("selected", chosen)
      if (chosen && reveal) node.scrollIntoView({block: "nearest"})
    }
  }
}

export function render({model}) {
  return new Sessions(model).root
}
