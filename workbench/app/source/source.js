// Shows a configuration line by line, and lets it be written.
//
// Only lines that differ from the last text are touched. While the user writes, a text area lies
// where the lines are; what the model says meanwhile waits.

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
    this.editor = document.createElement("textarea")
    this.editor.className = "editor"
    this.editor.spellcheck = false
    this.editor.setAttribute("aria-label", model.label)
    this.editor.addEventListener("keydown", (event) => this.editorKey(event))
    this.message = document.createElement("div")
    this.message.className = "refusal"
    this.message.setAttribute("role", "alert")
    this.root.append(this.message, this.code)
    model.on(["text", "syntax"], () => this.draw())
    model.on("editing", () => this.edit())
    model.on("refusal", () => this.refuse())
    model.on("msg:custom", () => model.send_msg({apply: this.editor.value}))
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

  /** Puts the text area over the lines, or takes it away. */
  edit() {
    const {editing, text} = this.model
    this.root.classList.toggle("editing", editing)
    if (editing) {
      this.editor.value = text
      const top = this.root.scrollTop
      this.code.replaceWith(this.editor)
      this.editor.scrollTop = top
      this.editor.focus()
    } else {
      this.editor.replaceWith(this.code)
    }
    this.refuse()
  }

  editorKey(event) {
    event.stopPropagation()
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.model.send_msg({apply: this.editor.value})
    else if (event.key === "Escape") this.model.send_msg({cancel: true})
  }

  /** Says why a text cannot be applied, and goes to its line. */
  refuse() {
    const {editing, refusal} = this.model
    const [line, words] = editing && refusal.length ? refusal : [0, ""]
    this.message.textContent = words
    this.message.hidden = !words
    if (!line) return
    const rows = this.editor.value.split("\n")
    const start = rows.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0)
    this.editor.focus()
    this.editor.setSelectionRange(start, start + (rows[line - 1]?.length ?? 0))
    this.editor.scrollTop = Math.max(0, (line - 4) * 19)
  }

  draw() {
    const lines = highlighted(this.model.text, this.model.syntax)
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
