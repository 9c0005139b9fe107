// HTML of which only what differs from the last is drawn again.

/** Makes a node like another one of the same tag, or replaces it. */
function follow(node, wanted) {
  if (node.nodeType !== wanted.nodeType || node.nodeName !== wanted.nodeName) {
    node.replaceWith(wanted)
    return
  }
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data
    return
  }
  for (const {name} of [...node.attributes]) if (!wanted.hasAttribute(name)) node.removeAttribute(name)
  for (const {name, value} of wanted.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value)
  followChildren(node, wanted)
}

function followChildren(node, wanted) {
  const old = [...node.childNodes]
  const fresh = [...wanted.childNodes]
  for (const [index, child] of fresh.entries()) {
    if (index < old.length) follow(old[index], child)
    else node.append(child)
  }
  for (const child of old.slice(fresh.length)) child.remove()
}

export function render({model}) {
  const root = document.createElement("div")
  root.className = "markup"
  const draw = () => {
    const wanted = document.createElement("template")
    wanted.innerHTML = model.object
    followChildren(root, wanted.content)
  }
  model.on("object", draw)
  draw()
  return root
}
