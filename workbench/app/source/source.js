// Shows XML line by line; only lines that differ from the last text are touched.

const TOKEN = /(<\/?)([\w:.-]+)|([\w:.-]+)(\s*=\s*)("[^"]*"|'[^']*')|(\/?>|<\?.*?\?>)/g

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const span = (kind, text) => `<span class="${kind}">${escaped(text)}</span>`

function markup(code) {
  let html = ""
  let end = 0
  for (const match of code.matchAll(TOKEN)) {
    const [all, open, tag, name, equals, value, close] = match
    html += escaped(code.slice(end, match.index))
    if (tag) html += span("mark", open) + span("tag", tag)
    else if (name) html += span("name", name) + span("mark", equals) + span("value", value)
    else html += span("mark", close)
    end = match.index + all.length
  }
  return html + escaped(code.slice(end))
}

/** One piece of HTML per line; comments may span lines. */
function highlighted(text) {
  let inComment = false
  return text.replace(/\r?\n$/, "").split(/\r?\n/).map((line) => {
    let html = ""
    let rest = line
    while (rest) {
      const [mark, length] = inComment ? ["-->", 3] : ["<!--", 0]
      const at = rest.indexOf(mark)
      const piece = at < 0 ? rest : rest.slice(0, at + length)
      if (piece) html += inComment ? span("comment", piece) : markup(piece)
      rest = rest.slice(piece.length)
      if (at >= 0) inComment = !inComment
    }
    return html
  })
}

class Source {
  constructor(model) {
    this.model = model
    this.lines = []
    this.code = document.createElement("div")
    this.code.className = "code"
    this.root = document.createElement("div")
    this.root.className = "source"
    this.root.tabIndex = 0
    this.root.setAttribute("role", "region")
    this.root.setAttribute("aria-label", model.label)
    this.root.dataset.test = "source"
    this.root.append(this.code)
    model.on("text", () => this.draw())
    model.on("marked", () => this.mark(true))
    // What was marked while the view was hidden is looked for when it appears.
    this.hidden = true
    this.appears = new ResizeObserver(([{contentRect}]) => {
      if (this.hidden && contentRect.height) this.mark(true)
      this.hidden = !contentRect.height
    })
    this.appears.observe(this.root)
    model.on("remove", () => this.appears.disconnect())
    this.draw()
  }

  draw() {
    const lines = highlighted(this.model.text)
    const first = this.lines.length === 0
    let start = 0
    while (start < lines.length && lines[start] === this.lines[start]) start++
    let tail = 0
    while (tail < Math.min(lines.length, this.lines.length) - start &&
      lines.at(-1 - tail) === this.lines.at(-1 - tail)) tail++
    const after = this.code.children[this.lines.length - tail] ?? null
    for (let index = start; index < this.lines.length - tail; index++) this.code.children[start].remove()
    const fresh = lines.slice(start, lines.length - tail).map((html) => {
      const node = document.createElement("div")
      node.className = first ? "line" : "line fresh"
      node.innerHTML = html || " "
      return node
    })
    for (const node of fresh) this.code.insertBefore(node, after)
    this.lines = lines
    this.mark(!first)
    if (!first && fresh.length && !this.model.marked.length) this.reveal(fresh[0], fresh.at(-1))
  }

  mark(reveal) {
    const [from, to] = this.model.marked.length ? this.model.marked : [0, -1]
    for (const [index, node] of [...this.code.children].entries()) {
      node.classList.toggle("marked", index + 1 >= from && index + 1 <= to)
    }
    if (reveal && from > 0) this.reveal(this.code.children[from - 1], this.code.children[to - 1])
  }

  /** Scrolls only if the lines cannot be seen, and only this view, never the page. */
  reveal(from, to) {
    if (!from || !to) return
    const top = from.offsetTop
    const bottom = to.offsetTop + to.offsetHeight
    const {scrollTop, clientHeight} = this.root
    if (top < scrollTop || bottom > scrollTop + clientHeight) {
      this.root.scrollTop = Math.max(0, Math.min(top - 24, (top + bottom - clientHeight) / 2))
      if (bottom - top > clientHeight) this.root.scrollTop = top - 24
    }
  }
}

export function render({model}) {
  return new Source(model).root
}
