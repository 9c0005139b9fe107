// Takes files by drop and by button, and gives texts to the user's downloads.

const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties)
  node.append(...children)
  return node
}

const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files")

class Transfer {
  constructor(model) {
    this.model = model
    this.input = make("input", {type: "file", accept: model.accept, hidden: true})
    this.input.onchange = () => {
      this.send(this.input.files[0])
      this.input.value = ""
    }
    this.root = model.whole_page ? this.curtain() : this.field()
    const target = model.whole_page ? document : this.root
    const listeners = {
      dragenter: (event) => this.over(event), dragover: (event) => this.over(event),
      dragleave: (event) => this.leave(event), drop: (event) => this.drop(event),
    }
    for (const [name, listener] of Object.entries(listeners)) target.addEventListener(name, listener)
    model.on("remove", () => {
      for (const [name, listener] of Object.entries(listeners)) target.removeEventListener(name, listener)
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
    return make("div", {className: "field"}, make("span", {textContent: this.model.hint}), button, this.input)
  }

  over(event) {
    if (!hasFile(event)) return
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
    if (!hasFile(event)) return
    event.preventDefault()
    event.stopPropagation()
    this.show(false)
    this.send(event.dataTransfer.files[0])
  }

  send(file) {
    if (!file) return
    const {name, size} = file
    if (size > this.model.largest) {
      this.model.send_msg({name, size})
      return
    }
    const reader = new FileReader()
    reader.onload = () => this.model.send_msg({name, size, data: reader.result.split(",")[1] ?? ""})
    reader.onerror = () => this.model.send_msg({name, size})
    reader.readAsDataURL(file)
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
