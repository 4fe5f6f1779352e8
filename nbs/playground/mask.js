// The exact mask of a conversation, without a kernel: the same steps as moe_llava_kit's templates (02) and masks (03).
// .ci/playground.py holds every result against Python's.

export const IMAGE = '<image>', IMAGE_INDEX = -200, IGNORE = -100

const refuse = (why, turn) => { throw new Error(`${turn === undefined ? 'conversation' : 'turn ' + turn}: ${why}`) }
const seg = (text, trained, turn) => ({text, trained, turn})

// Turns

const ROLES = {human: 0, user: 0, gpt: 1, assistant: 1, system: 'system'}, NAMES = ['human', 'gpt']

// JSON, or lines like "human: Hi"; other lines continue the turn
export function readTurns(text) {
  if (/^\s*[[{]/.test(text)) {
    const read = JSON.parse(text)
    return Array.isArray(read) ? read : read.conversations ?? read.messages
  }
  const turns = []
  for (const line of text.trim().split(/\r?\n/)) {
    const at = line.indexOf(':'), role = line.slice(0, Math.max(at, 0)).trim().toLowerCase()
    if (Object.hasOwn(ROLES, role)) turns.push({from: role, value: line.slice(at + 1).replace(/^ /, '')})
    else if (turns.length) turns.at(-1).value += '\n' + line
    else throw new Error(`a conversation starts with a role, like "human: Hi"; got ${JSON.stringify(line)}`)
  }
  return turns
}

// {system, turns: [[0 | 1, text], …]}, alternating, the user first
export function parseTurns(conversation) {
  if (!Array.isArray(conversation) || !conversation.length) refuse('no turns: expected a non-empty list of turns')
  const turns = conversation.map((t, i) => {
    const role = t?.from ?? t?.role, value = t?.value ?? t?.content
    if (!Object.hasOwn(ROLES, role)) refuse(`unknown role ${JSON.stringify(role)}; known: ${Object.keys(ROLES).join(', ')}`, i)
    if (typeof value !== 'string') refuse(`the text of ${role} must be a string`, i)
    return [i, ROLES[role], value]
  })
  const system = turns[0][1] === 'system' ? turns.shift()[2] : null
  if (turns[0]?.[1] === 1) turns.shift()
  turns.forEach(([i, role], j) => {
    if (role === 'system') refuse('a system turn can only come first', i)
    if (role !== j % 2) refuse(`expected a ${NAMES[j % 2]} turn, got ${NAMES[role]}: turns must alternate`, i)
  })
  return {system, turns: turns.map(t => t.slice(1))}
}

// Templates: a conversation as segments that know whether they are trained

function chat(conv, turns, colon, gap, [first, second]) {
  const out = [seg(conv.system + first, false, null)]
  turns.forEach(([role, text], i) => {
    if (!text) out.push(seg(role + colon, false, i))
    else if (i % 2 === 0) out.push(seg(role + colon + gap + text + first, false, i))
    else out.push(seg(role + colon, false, i), seg(gap + text + second, true, i))
  })
  return out
}

function llama2(conv, turns) {
  if (turns.length && !turns[0][1]) refuse('the first question is empty, and this template puts the system prompt inside it', 0)
  const out = []
  turns.forEach(([, text], i) => {
    if (!text) return
    if (i % 2) return out.push(seg(` ${text} ${conv.sep2}`, true, i))
    let start = `${conv.sep}[INST] `
    if (i === 0) {
      const head = conv.system ? `<<SYS>>\n${conv.system}\n<</SYS>>\n\n` : ''
      while (start && conv.sep.includes(start[0])) start = start.slice(1)
      out.push(seg(start + head, false, null)); start = ''
    }
    out.push(seg(`${start}${text} [/INST]`, false, i))
  })
  return out
}

function plain(conv, turns) {
  const marks = turns.length ? turns[0][1].split(IMAGE).length - 1 : 0
  if (!marks) refuse(`a plain template needs ${IMAGE} in the first human turn`, 0)
  if (turns.length > 2) refuse('a plain template takes one picture turn and one caption, not more turns', 2)
  return [seg(IMAGE.repeat(marks), false, 0), ...(turns[1]?.[1] ? [seg(turns[1][1] + conv.sep, true, 1)] : [])]
}

function format(conv, turns) {
  const glue = conv.sep.startsWith(conv.sep2) ? conv.sep.slice(conv.sep2.length) : '', out = []
  const system = conv.system ? conv.system_form.replaceAll('{}', () => conv.system) : ''
  if (system && !conv.system_inside) out.push(seg(system, false, null))
  turns.forEach(([header, text], i) => {
    if (i === 0 && conv.system_inside) header += system
    if (!text) out.push(seg(header, false, i))
    else if (i % 2 === 0) out.push(seg(header + text + conv.sep, false, i))
    else {
      out.push(seg(header, false, i), seg(text + conv.sep2, true, i))
      if (glue) out.push(seg(glue, false, i))
    }
  })
  return out
}

const RENDER = {
  SINGLE: (c, t) => chat(c, t, ':', ' ', [c.sep, c.sep]), TWO: (c, t) => chat(c, t, ':', ' ', [c.sep, c.sep2]), MPT: (c, t) => chat(c, t, '', '', [c.sep, c.sep]),
  LLAMA_2: llama2, PLAIN: plain, CHAT: format}

export function segments(conv, {system, turns}) {
  const headed = conv.sep_style === 'MPT' && conv.system.includes('\n') ? conv.system.split('\n')[0] + '\n' : ''
  if (system !== null) conv = {...conv, system: headed + system}
  return RENDER[conv.sep_style](conv, turns.map(([r, text]) => [conv.roles[r], text]))
}

// Tokens and their characters

const bare = {add_special_tokens: false}, asIs = {skip_special_tokens: false, clean_up_tokenization_spaces: false}

export function prefix(tok) {                                   // the ids put before every text, measured
  const full = tok.encode('a').ids, alone = tok.encode('a', bare).ids
  for (let k = 0; k + alone.length <= full.length; k++) if (alone.every((id, i) => id === full[k + i])) return full.slice(0, k)
  return []
}

const MARKS = /^\p{M}/u

// How many characters of `text` from `at` on a decoded piece stands for, -1 if none. Two things are not as typed: SentencePiece decodes ▁ as a blank,
// and what a normalizer has composed is decomposed in the text
function taken(text, at, piece) {
  if (text.startsWith(piece, at) || text.slice(at, at + piece.length).replaceAll('▁', ' ') === piece) return piece.length
  for (let n = 1; n <= 4*piece.length + 4 && at + n <= text.length; n++)
    if (text.slice(at, at + n).normalize('NFC') === piece && !MARKS.test(text.slice(at + n))) return n
  return -1
}

// [start, end) of each token in `text`, by decoding
export function align(tok, text, ids) {
  const letter = tok.encode('a', bare).ids, skip = tok.decode(letter, asIs).length, spans = []
  let first = 0, at = 0
  ids.forEach((id, k) => {
    let piece = tok.decode([...letter, ...ids.slice(first, k + 1)], asIs).slice(skip)
    if (!piece) return
    let n = taken(text, at, piece)
    if (n < 0 && piece[0] === ' ') n = taken(text, at, piece = piece.slice(1))      // a space of the tokenizer's own
    if (n < 0) return
    while (first <= k) { spans.push([at, at + n]); first++ }
    at += n
  })
  if (first < ids.length || at < text.length) throw new Error(`the tokens do not decode to the text at ${JSON.stringify(text.slice(at, at + 20))}`)
  return spans
}

// The mask

// Tokens [i, j) that overlap characters a to b; a token without characters of its own belongs to what follows it
function tokenRange(spans, a, b) {
  let i = 0
  if (a) while (i < spans.length && spans[i][1] <= a) i++
  let j = i
  while (j < spans.length && spans[j][0] - (spans[j][0] === spans[j][1]) < b) j++
  return [i, j]
}

// A conversation as ids and labels, with what is needed to look at it
export function maskSample(conversation, tok, conv) {
  const read = parseTurns(conversation), parts = segments(conv, read), prompt = parts.map(s => s.text).join('')
  const ids = prefix(tok), pieces = tok.encode('a').tokens.slice(0, ids.length), labels = ids.map(() => IGNORE), spans = ids.map(() => null), findings = [], answers = []
  let end = 0, start = 0
  for (const s of parts) { if (s.trained) answers.push([end, end + s.text.length]); end += s.text.length }
  const chunks = prompt.split(IMAGE)
  chunks.forEach((text, k) => {
    if (k) { ids.push(IMAGE_INDEX); pieces.push(IMAGE); labels.push(IGNORE); spans.push([start - IMAGE.length, start]) }
    const enc = tok.encode(text, bare), own = align(tok, text, enc.ids), at = ids.length
    ids.push(...enc.ids); pieces.push(...enc.tokens); labels.push(...enc.ids.map(() => IGNORE)); spans.push(...own.map(([a, b]) => [a + start, b + start]))
    for (const [p, q] of answers) {
      if (p >= start + text.length || q <= start) continue
      const a = Math.max(p - start, 0), b = Math.min(q - start, text.length), [i, j] = tokenRange(own, a, b)
      for (let t = i; t < j; t++) labels[at + t] = enc.ids[t]
      for (const [t, across] of [[i, i < j && own[i][0] < a], [j - 1, i < j && own[j - 1][1] > b]])
        if (across) findings.push({kind: 'straddle', token: at + t, why: `one token, ${JSON.stringify(text.slice(...own[t]))}, covers the end of the prompt and the start of an answer, or the reverse`})
    }
    start += text.length + IMAGE.length
  })
  return {ids, labels, pieces, spans, prompt, segments: parts, findings}
}
