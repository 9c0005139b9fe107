// A list of problems: a click on one selects its component, its button applies the fix.

const ICONS = {
  error: '<path d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm-.8 3v5h1.6V4zm0 6.2v1.6h1.6v-1.6z"/>',
  warning: '<path d="M8 1.2 15.4 14.4H.6zM7.2 6v4h1.6V6zm0 5.2v1.6h1.6v-1.6z"/>',
  info: '<path d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm-.8 3.2v1.6h1.6V4.2zm0 3v4.8h1.6V7.2z"/>',
  good: '<path d="M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm3.2 4.2L7 9.4 4.8 7.2 3.7 8.3 7 11.6l5.3-5.3z"/>',
}

function element(tag, className, ...children) {
  const node = document.createElement(tag)
  node.className = className
  node.append(...children)
  return node
}

function icon(severity) {
  const node = element("span", `icon is-${severity}`)
  node.innerHTML = `<svg viewBox="0 0 16 16" fill="currentColor" role="img" aria-label="${severity}">${ICONS[severity]}</svg>`
  return node
}

function row(model, problem, index) {
  const text = element("div", "text")
  if (problem.inside) text.append(element("p", "inside", `inside ${problem.inside}`))
  text.append(element("p", "message", problem.message))
  if (problem.consequence) text.append(element("p", "consequence", problem.consequence))
  const node = element("li", "problem", icon(problem.severity), text)
  node.dataset.id = problem.key
  if (problem.component || problem.inside) {
    text.tabIndex = 0
    text.setAttribute("role", "button")
    text.classList.add("jump")
    text.addEventListener("click", () => model.send_msg({select: index}))
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter") model.send_msg({select: index})
    })
  }
  if (problem.fix) {
    const button = element("button", "fix", problem.fix)
    button.addEventListener("click", () => model.send_msg({fix: index}))
    node.append(button)
  }
  return node
}

export function render({model}) {
  const list = element("ul", "problem-list")
  list.dataset.test = "problems"
  list.setAttribute("aria-label", "Problems")
  const draw = () => {
    const rows = model.problems.map((problem, index) => row(model, problem, index))
    list.replaceChildren(...rows)
    if (rows.length) return
    list.append(element("li", "problem none", icon("good"),
      element("div", "text", element("p", "message", "No problems: everything starts as written."))))
  }
  model.on("problems", draw)
  draw()
  return list
}
