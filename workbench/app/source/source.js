// Shows a configuration line by line, and lets it be written.
//
// Only lines that differ from the last text are touched. While the user writes, a transparent
// text area lies over the coloured lines; what the model says meanwhile waits.

/** Where more lines change than that, a flash shows nothing. */
const MOST_FLASHES = 60

class Source {
  constructor(model) {
    this.model = model
    this.lines = []
    this.refused = 0
    this.code = this.make("div", "code")
    this.sheet = this.make("div", "sheet")
    this.sheet.append(this.code)
    this.code.addEventListener("animationend", ({target}) => target.classList.remove("fresh"))
    this.root = this.make("div", "source")
    this.root.tabIndex = 0
    this.root.setAttribute("role", "region")
    this.root.setAttribute("aria-label", model.label)
    this.root.dataset.test = "source"
    this.editor = this.make("textarea", "editor")
    this.editor.spellcheck = false
    this.editor.setAttribute("aria-label", `${model.label}, to be edited`)
    this.editor.addEventListener("keydown", (event) => this.editorKey(event))
    this.editor.addEventListener("input", () => this.written())
    this.message = this.make("div", "refusal")
    this.message.setAttribute("role", "alert")
    this.message.hidden = true
    this.root.append(this.message, this.sheet)
    model.on(["text", "syntax"], () => model.editing || this.draw())
    model.on("editing", () => this.edit())
    model.on("refusal", () => this.refuse())
    model.on("draft", () => this.takeOver())
    model.on("msg:custom", () => this.apply())
    model.on("marked", () => this.mark(true))
    // What was marked while the view was hidden is looked for when it appears.
    this.hidden = true
    this.appears = new ResizeObserver(([{contentRect}]) => {
      if (this.hidden && contentRect.height) this.mark(true)
      this.hidden = !contentRect.height
    })
    this.appears.observe(this.root)
    model.on("remove", () => {
      this.save()
      this.appears.disconnect()
    })
    if (model.editing) this.edit()
    else this.draw()
  }

  make(tag, className) {
    return Object.assign(document.createElement(tag), {className})
  }

  // -- writing ---------------------------------------------------------------------------------

  /** Lays the text area over the lines, or takes it away. */
  edit() {
    const {editing, text} = this.model
    this.root.classList.toggle("editing", editing)
    this.root.tabIndex = editing ? -1 : 0
    this.code.setAttribute("aria-hidden", editing)
    this.isWritten = false
    if (editing) {
      this.editor.value = this.model.draft || text
      this.sheet.append(this.editor)
      const marked = this.model.marked[0] ?? 1
      const start = this.startOf(marked)
      this.editor.setSelectionRange(start, start)
      this.editor.focus({preventScroll: true})
    } else {
      this.editor.remove()
      this.root.focus({preventScroll: true})
    }
    this.draw()
    this.refuse()
  }

  /** Where in the written text a line begins. */
  startOf(line) {
    return this.editor.value.split("\n").slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0)
  }

  written() {
    this.isWritten = true
    this.refused = 0
    this.message.hidden = true
    this.draw()
    clearTimeout(this.saving)
    this.saving = setTimeout(() => this.save(), 400)
  }

  /** Another tab of the page takes this view away; what was written has to outlive that. */
  save() {
    clearTimeout(this.saving)
    if (this.model.editing) this.model.draft = this.editor.value
  }

  /** The view that this one replaces may be taken away later than this one is drawn. */
  takeOver() {
    const {editing, draft} = this.model
    if (!editing || !draft || this.isWritten || this.editor.value === draft) return
    this.editor.value = draft
    this.draw()
  }

  editorKey(event) {
    event.stopPropagation()
    if (event.key === "Escape") this.model.send_msg({cancel: true})
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.apply()
    else if (event.key === "Enter" && !event.isComposing) {
      // The next line begins below this one. This way of inserting can be undone by the browser.
      const before = this.editor.value.slice(0, this.editor.selectionStart)
      const indent = before.slice(before.lastIndexOf("\n") + 1).match(/^[ \t]*/)[0]
      event.preventDefault()
      document.execCommand("insertText", false, `\n${indent}`)
    }
  }

  apply() {
    if (!this.model.editing) return
    this.save()
    this.model.send_msg({apply: this.editor.value})
  }

  /** Says why a text cannot be applied, and marks and shows its line. */
  refuse() {
    const {editing, refusal} = this.model
    const [line, words] = editing && refusal.length ? refusal : [0, ""]
    this.refused = line
    this.message.textContent = words
    this.message.hidden = !words
    this.mark(false)
    const node = this.code.children[line - 1]
    if (!node) return
    this.reveal(node, node)
    const start = this.startOf(line)
    this.editor.setSelectionRange(start, start)
    this.editor.focus({preventScroll: true})
  }

  // -- showing ---------------------------------------------------------------------------------

  draw() {
    const {editing, text, syntax} = this.model
    const lines = highlighted(editing ? `${this.editor.value}\n` : text, syntax)
    const first = this.lines.length === 0
    let start = 0
    while (start < lines.length && lines[start] === this.lines[start]) start++
    let tail = 0
    while (tail < Math.min(lines.length, this.lines.length) - start &&
      lines.at(-1 - tail) === this.lines.at(-1 - tail)) tail++
    const after = this.code.children[this.lines.length - tail] ?? null
    for (let index = start; index < this.lines.length - tail; index++) this.code.children[start].remove()
    const flashes = !first && !editing && lines.length - tail - start <= MOST_FLASHES
    const fresh = lines.slice(start, lines.length - tail).map((html) => {
      const node = this.make("div", flashes ? "line fresh" : "line")
      node.innerHTML = html || " "
      return node
    })
    for (const node of fresh) this.code.insertBefore(node, after)
    this.lines = lines
    if (editing) {
      this.mark(false)
      return
    }
    this.mark(!first)
    if (!first && fresh.length && !this.model.marked.length) this.reveal(fresh[0], fresh.at(-1))
  }

  mark(reveal) {
    const {editing, marked} = this.model
    const [from, to] = marked.length && !editing ? marked : [0, -1]
    for (const [index, node] of [...this.code.children].entries()) {
      node.classList.toggle("marked", index + 1 >= from && index + 1 <= to)
      node.classList.toggle("refused", index + 1 === this.refused)
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
