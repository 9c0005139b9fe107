// Making and patching nodes. Nodes are kept by id, so focus and running transitions survive.

const SVG = "http://www.w3.org/2000/svg"

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag)
  set(node, attributes)
  node.append(...children)
  return node
}

/** Sets what differs; null takes an attribute away. */
function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") {
      const drawn = (node.drawn ??= {})
      for (const [property, text] of Object.entries(value)) {
        if (drawn[property] === text) continue
        drawn[property] = text
        node.style.setProperty(property, text)
      }
    } else if (value === null || value === false) node.removeAttribute(name)
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value)
  }
}

/** Sets the text of a node that has nothing else inside; a text node that is there stays. */
function setText(node, text) {
  const {firstChild} = node
  if (firstChild?.nodeType !== Node.TEXT_NODE) node.textContent = text
  else if (firstChild.data !== text) firstChild.data = text
}

/** Makes the children of a node those of `items`, reusing nodes by `data-id`. */
function patch(parent, items, create, update) {
  const wanted = new Set(items.map((item) => item.id))
  const old = new Map([...parent.children].map((node) => [node.dataset.id, node]))
  for (const [id, node] of old) if (!wanted.has(id)) node.remove()
  for (const [index, item] of items.entries()) {
    let node = old.get(item.id)
    if (!node) {
      node = create(item)
      node.dataset.id = item.id
    }
    // A node that stays where it is keeps its focus.
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null)
    update(node, item)
  }
}

