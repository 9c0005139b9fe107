// Takes files by drop and by button, and gives texts to the user's downloads.

const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

/** Bytes of one message; in base64 it fits into what Bokeh takes (20 MiB). */
const PART = 10 * 2 ** 20

const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files")

const base64 = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader()
  reader.onload = () => resolve(reader.result.split(",")[1] ?? "")
  reader.onerror = () => reject(reader.error)
  reader.readAsDataURL(blob)
})

class Transfer {
  constructor(model) {
    this.model = model
    this.input = make("input", {type: "file", accept: model.accept, multiple: model.several, hidden: true})
    this.input.onchange = () => {
      this.take([...this.input.files])
      this.input.value = ""
    }
    this.root = model.whole_page ? this.curtain() : this.field()
    const target = model.whole_page ? document : this.root
    const listeners = {
      dragenter: (event) => this.over(event), dragover: (event) => this.over(event),
      dragleave: (event) => this.leave(event), drop: (event) => this.drop(event),
    }
    for (const [name, listener] of Object.entries(listeners)) target.addEventListener(name, listener, true)
    model.on("remove", () => {
      for (const [name, listener] of Object.entries(listeners)) target.removeEventListener(name, listener, true)
    })
    model.on("msg:custom", (event) => this.keep(event))
  }

  /** Covers the page while a file hovers over it. */
  curtain() {
    return make("div", {className: "curtain", hidden: true},
      make("div", {className: "card"}, make("strong", {textContent: "Drop to open"}),
        make("span", {textContent: this.model.hint})))
  }

  field() {
    const button = make("button", {type: "button", textContent: "Choose a file"})
    button.onclick = () => this.input.click()
    const field = make("div", {className: "field"}, make("span", {textContent: this.model.hint}), button, this.input)
    field.dataset.takes = "files"
    return field
  }

  /** Whether a field of the page takes it, which stands before the page. */
  isElsewhere(event) {
    const takes = this.model.whole_page && event.composedPath().some((node) => node.matches?.(".field[data-takes]"))
    if (takes) this.show(false)
    return takes
  }

  over(event) {
    if (!hasFile(event) || this.isElsewhere(event)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = "copy"
    this.show(true)
  }

  leave(event) {
    // Between elements of the page there is a leave, too; outside there is no next element.
    if (!event.relatedTarget) this.show(false)
  }

  show(on) {
    if (this.model.whole_page) this.root.hidden = !on
    else this.root.classList.toggle("over", on)
  }

  drop(event) {
    if (!hasFile(event) || this.isElsewhere(event)) return
    event.preventDefault()
    event.stopPropagation()
    this.show(false)
    this.take([...event.dataTransfer.files])
  }

  /** Sends files one after the other. */
  async take(files) {
    for (const file of this.model.several ? files : files.slice(0, 1)) await this.send(file)
  }

  async send(file) {
    const {name, size} = file
    if (size > this.model.largest) {
      this.model.send_msg({name, size})
      return
    }
    try {
      let from = 0
      do {
        const data = await base64(file.slice(from, from + PART))
        from += PART
        this.model.send_msg({name, size, data, more: from < size})
      } while (from < size)
    } catch {
      this.model.send_msg({name, size})
    }
  }

  keep({name, content}) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
    const link = make("a", {download: name, href: URL.createObjectURL(new Blob([bytes]))})
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  }
}

export function render({model}) {
  return new Transfer(model).root
}
