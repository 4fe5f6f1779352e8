// The playground: choose a tokenizer and a template, type a conversation, and see the exact mask. Nothing leaves the browser.
import {IGNORE, IMAGE_INDEX, maskSample, readTurns} from './mask.js'
import {Tokenizer} from './tokenizers.mjs'

const OWN = 'your own tokenizer.json …'
const EXAMPLES = {
  'a picture and a question': 'human: <image>\nWhat is it?\ngpt: A cat.',
  'two rounds': 'human: <image>\nWhich digit is on the left?\ngpt: 7\nhuman: And its color?\ngpt: Red.',
  'your own system prompt': 'system: Be brief.\nhuman: Name a prime above 400.\ngpt: 401',
  'blanks, lines and code': 'human: Show me a loop.\ngpt: Like this:\n\n    for i in range(3):\n\tprint(i)  \n\nDone.',
  'not only English': 'human: <image>\n这是什么?\ngpt: 一只猫 🐈, une fée, ein Käse.',
  'an end token in the answer': 'human: How does an answer end?\ngpt: With </s> or <|endoftext|>, as you know.'}

const json = async name => {
  const got = await fetch(new URL(name, import.meta.url))
  if (!got.ok) throw new Error(`${name} is not part of this site (${got.status}): build it with .ci/build_docs.py, or choose a file of your own`)
  return got.json()
}
const el = (tag, props = {}, ...children) => {
  const e = Object.assign(document.createElement(tag), props)
  e.append(...children)
  return e
}
const menu = (label, options) => el('select', {ariaLabel: label}, ...options.map(o => new Option(o)))

// Drawing, in the classes of `show_mask`

const shown = text => text.replaceAll('\n', '⏎').replaceAll('\r', '␍').replaceAll('\t', '⇥')
const characters = (text, at) => [...text.slice(0, at)].length      // as Python counts

function blocks({segments, spans}) {
  const ends = [], out = []
  let pos = 0, k = 0, at = 0
  for (const s of segments) ends.push([pos += s.text.length, s.turn])
  spans.forEach((span, i) => {
    if (span) at = Math.max(span[0], span[1] - 1)
    while (k < ends.length - 1 && at >= ends[k][0]) k++
    const turn = ends[k]?.[1] ?? null
    if (!out.length || out.at(-1).turn !== turn) out.push({turn, tokens: []})
    out.at(-1).tokens.push(i)
  })
  return out
}

export function pane(sample, title, special, byteLevel) {
  let seen = 0
  const texts = sample.spans.map((span, i) => {
    if (!span) return sample.pieces[i]
    const text = shown(sample.prompt.slice(seen, span[1]))
    seen = Math.max(seen, span[1])
    return text
  })
  const flags = values => values.map(v => v ? '1' : '0').join(''), trained = sample.labels.map(l => l !== IGNORE)
  const section = el('section', {className: 'mlk-pane', ariaLabel: title}, el('b', {textContent: title}))
  for (const {turn, tokens} of blocks(sample)) {
    const who = turn === null ? 'system' : ['user', 'assistant'][turn % 2]
    const line = el('div', {className: `mlk-turn mlk-${who}`}, el('span', {className: 'mlk-who', textContent: who}))
    line.dataset.from = tokens[0]
    for (const i of tokens) {
      const image = sample.ids[i] === IMAGE_INDEX
      line.append(el(image ? 'b' : trained[i] ? 'ins' : 'span', {className: 'mlk-tok', textContent: image ? '▣ image' : texts[i] || '·'}))
      if (texts[i].includes('⏎')) line.append(el('br'))
    }
    section.append(line)
  }
  if (sample.findings.length) section.append(el('ul', {}, ...sample.findings.map(f => el('li', {textContent: `${f.kind}: ${f.why}`}))))
  section.append(el('output', {className: 'mlk-info', ariaLive: 'polite', textContent: 'hover over a token, or walk with the arrow keys'}))
  const facts = {id: sample.ids, p: sample.pieces, s: sample.spans.map(s => s ? s.map(at => characters(sample.prompt, at)) : 0), l: flags(trained), x: flags(sample.ids.map(i => special.has(i))), d: '', t: [], t0: sample.ids.length, bl: byteLevel}
  section.append(el('script', {type: 'application/json', className: 'mlk-data', textContent: JSON.stringify(facts)}))
  return section
}

const python = (turns, tokenizer, template) => `from moe_llava_kit import load_tokenizer, mask_sample, prepare_tokenizer, show_mask

turns = ${JSON.stringify(turns, null, 4)}
tok = prepare_tokenizer(load_tokenizer(${JSON.stringify(tokenizer === OWN ? 'path/to/your/tokenizer' : tokenizer)}))
show_mask(mask_sample(turns, tok, ${JSON.stringify(template)}))`

// A tokenizer.json, and what the page needs to know of it
export function loaded(file) {
  if (!file?.model) throw new Error('this is no tokenizer.json: expected a JSON file with "model", as save_pretrained of a fast tokenizer writes it')
  const tokenizer = new Tokenizer(file, {})
  return {tokenizer, special: new Set((file.added_tokens ?? []).filter(t => t.special).map(t => t.id)), byteLevel: JSON.stringify(file.decoder ?? '').includes('ByteLevel')}
}

export async function start(root, live) {
  const [list, templates] = await Promise.all([json('tokenizers.json'), json('templates.json')]), known = Object.fromEntries(list.map(t => [t.name, t])), cache = {}
  const tokenizer = menu('tokenizer', [...list.map(t => t.name), OWN]), template = menu('template', Object.keys(templates)), example = menu('example', ['examples …', ...Object.keys(EXAMPLES)])
  const file = el('input', {type: 'file', accept: '.json,application/json', hidden: true, ariaLabel: 'tokenizer.json'}), about = el('small'), view = el('div', {className: 'pg-view', ariaLive: 'polite'})
  const text = el('textarea', {rows: 6, spellcheck: false, ariaLabel: 'conversation', maxLength: 20000}), share = el('button', {type: 'button', textContent: 'copy the link'}), code = el('pre'), folded = el('details', {}, el('summary', {textContent: 'the same in Python'}), code)
  const field = (name, e) => el('label', {}, name + ' ', e)
  root.replaceChildren(el('div', {className: 'pg-controls'}, field('tokenizer', tokenizer), field('template', template), field('', example), share, file), about, text, view, folded)
  let turn = 0

  const settings = () => new URLSearchParams({tokenizer: tokenizer.value, template: template.value, text: text.value})
  async function draw() {
    const mine = ++turn, name = tokenizer.value, t = known[name]
    history.replaceState(null, '', '#' + settings())
    about.textContent = t ? `${t.model}, by ${t.by}, ${t.licence}` : file.files[0] ? `${file.files[0].name}: read here, sent nowhere` : 'choose a tokenizer.json: it is read here and sent nowhere'
    try {
      if (!t && !cache[OWN]) { view.replaceChildren(); return }
      if (!cache[name]) { view.textContent = `loading ${name} …`; cache[name] = loaded(await json(`${name}.json`)) }
      if (mine !== turn) return                                    // something newer is on its way
      const {tokenizer: tok, special, byteLevel} = cache[name], turns = readTurns(text.value), sample = maskSample(turns, tok, templates[template.value])
      const title = `${name === OWN ? file.files[0].name : name}, ${template.value}: ${sample.ids.length} tokens, ${sample.labels.filter(l => l !== IGNORE).length} trained`
      const mask = el('div', {className: 'mlk-mask'}, el('div', {className: 'mlk-panes'}, pane(sample, title, special, byteLevel)))
      view.replaceChildren(mask); live(mask)
      code.textContent = python(turns, name, template.value)
    } catch (e) {
      if (mine === turn) view.replaceChildren(el('p', {role: 'alert', textContent: `⚠ ${e.message}`}))
    }
  }
  tokenizer.onchange = () => {
    if (tokenizer.value === OWN) { cache[OWN] = null; file.value = ''; file.click() }
    else template.value = known[tokenizer.value].template
    draw()
  }
  file.onchange = async () => {
    try { cache[OWN] = loaded(JSON.parse(await file.files[0].text())); draw() }
    catch (e) { view.replaceChildren(el('p', {role: 'alert', textContent: `⚠ ${file.files[0]?.name}: ${e.message}`})) }
  }
  let wait
  text.oninput = () => { clearTimeout(wait); wait = setTimeout(draw, 120) }
  template.onchange = draw
  example.onchange = () => { if (EXAMPLES[example.value]) text.value = EXAMPLES[example.value]; example.selectedIndex = 0; draw() }
  share.onclick = async () => {
    try { await navigator.clipboard.writeText(location.href); share.textContent = 'copied' } catch { share.textContent = 'it is in the address bar' }
    setTimeout(() => { share.textContent = 'copy the link' }, 1500)
  }
  const restore = () => {
    const hash = new URLSearchParams(location.hash.slice(1)), first = list.find(t => t.name === hash.get('tokenizer')) ?? list[0]
    tokenizer.value = first.name
    template.value = Object.hasOwn(templates, hash.get('template') ?? '') ? hash.get('template') : first.template
    text.value = hash.get('text') ?? Object.values(EXAMPLES)[0]
  }
  addEventListener('hashchange', () => { if (location.hash.slice(1) !== settings().toString()) { restore(); draw() } })
  restore()
  return draw()
}
