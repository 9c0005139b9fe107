// Colours for the syntaxes of configurations: one piece of HTML per line of text.

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const span = (kind, text) => (text ? `<span class="${kind}">${escaped(text)}</span>` : "")

const XML_TOKEN = /(<\/?)([\w:.-]+)|([\w:.-]+)(\s*=\s*)("[^"]*"|'[^']*')|(\/?>|<\?.*?\?>)/g

function xmlMarkup(code) {
  let html = ""
  let end = 0
  for (const match of code.matchAll(XML_TOKEN)) {
    const [all, open, tag, name, equals, value, close] = match
    html += escaped(code.slice(end, match.index))
    if (tag) html += span("mark", open) + span("tag", tag)
    else if (name) html += span("name", name) + span("mark", equals) + span("value", value)
    else html += span("mark", close)
    end = match.index + all.length
  }
  return html + escaped(code.slice(end))
}

/** Returns a function for the lines of one text; comments may span lines. */
function xmlLines(other = escaped) {
  let inComment = false
  return (line) => {
    if (!inComment && !/[<>="]/.test(line)) return other(line)
    let html = ""
    let rest = line
    while (rest) {
      const [mark, length] = inComment ? ["-->", 3] : ["<!--", 0]
      const at = rest.indexOf(mark)
      const piece = at < 0 ? rest : rest.slice(0, at + length)
      if (piece) html += inComment ? span("comment", piece) : xmlMarkup(piece)
      rest = rest.slice(piece.length)
      if (at >= 0) inComment = !inComment
    }
    return html
  }
}

/** HID: `+ type name | tag: value`, `. comment`, `x switched off`, `: text`. */
function hidLine(line) {
  return line.split(/( \| ?)/).map((part, index) => {
    if (index % 2) return span("mark", part)
    const [, indent, rest] = part.match(/^(\s*)(.*)$/)
    if (/^(\.|x)( |$)/.test(rest)) return indent + span("comment", rest)
    if (/^:( |$)/.test(rest)) return indent + span("value", rest)
    const node = rest.match(/^(\+ )(\S+)(.*)$/)
    if (node) return indent + span("mark", node[1]) + span("tag", node[2]) + span("value", node[3])
    const attribute = rest.match(/^([\w-]+)(:\s*)(.*)$/)
    if (attribute) return indent + span("name", attribute[1]) + span("mark", attribute[2]) + span("value", attribute[3])
    return indent + (/^[\w-]+$/.test(rest) ? span("tag", rest) : escaped(rest))
  }).join("")
}

const TCL = /^(\s*)(set|append|append_if|build|create_boot_directory|install_config|build_boot_image|import_from_depot|run_genode_until|proc|if|foreach)\b(.*)$/

function tclLine(line) {
  if (/^\s*#/.test(line)) return span("comment", line)
  const word = line.match(TCL)
  return word ? escaped(word[1]) + span("tag", word[2]) + escaped(word[3]) : escaped(line)
}

function yamlLine(line) {
  if (/^\s*#/.test(line)) return span("comment", line)
  const entry = line.match(/^(\s*(?:- )*)([\w./-]+)(:)( .*)?$/)
  return entry ? escaped(entry[1]) + span("name", entry[2]) + span("mark", entry[3]) + span("value", entry[4] ?? "")
    : escaped(line)
}

/** One piece of HTML per line. */
function highlighted(text, syntax) {
  const ofLine = {hid: hidLine, yaml: yamlLine, run: xmlLines(tclLine), xml: xmlLines()}[syntax] ?? escaped
  return text.replace(/\r?\n$/, "").split(/\r?\n/).map(ofLine)
}
