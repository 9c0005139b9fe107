// Follows `active`: scales the type of the page, listens to the keys, shows the way out.

const TYPE_SCALE = 1.4

export function render({model}) {
  const leave = document.createElement("button")
  leave.type = "button"
  leave.className = "leave-presentation"
  leave.textContent = "End presentation"
  leave.title = "Esc or Alt+P"
  leave.onclick = () => turn(false)

  function turn(active) {
    model.active = active
  }

  function show() {
    document.documentElement.style.setProperty("--type-scale", model.active ? TYPE_SCALE : 1)
    leave.hidden = !model.active
  }

  function key(event) {
    const writes = /^(INPUT|TEXTAREA|SELECT)$/.test(event.composedPath()[0].tagName)
    if (event.altKey && !event.ctrlKey && event.code === "KeyP") {
      event.preventDefault()
      turn(!model.active)
    } else if (event.key === "Escape" && model.active && !writes && !event.defaultPrevented) turn(false)
  }
  document.addEventListener("keydown", key)
  model.on("active", show)
  model.on("remove", () => document.removeEventListener("keydown", key))
  show()
  return leave
}
