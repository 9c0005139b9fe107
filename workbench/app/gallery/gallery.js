// Cards with a picture each; the whole card is the button.

const make = (tag, className, textContent = "") =>
  Object.assign(document.createElement(tag), {className, textContent})

function card(model, {name, title, summary, picture}) {
  const node = make("button", "card")
  node.type = "button"
  node.dataset.template = name
  node.setAttribute("aria-label", title)
  const drawing = make("div", "picture")
  drawing.innerHTML = picture
  node.append(drawing, make("strong", "title", title), make("span", "summary", summary))
  node.addEventListener("click", () => model.send_msg({open: name}))
  return node
}

export function render({model}) {
  const root = make("div", "gallery")
  root.setAttribute("role", "group")
  root.setAttribute("aria-label", "Templates")
  const draw = () => root.replaceChildren(...model.cards.map((entry) => card(model, entry)))
  model.on("cards", draw)
  draw()
  return root
}
