"""Drive the built site and the demo's report in Chromium: `python .ci/browser.py SITE [REPORT]`.
Every request that would leave the machine is stopped and counted."""
import functools, json, os, re, shutil, sys, tempfile, threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from playwright.sync_api import sync_playwright, expect
from report import Report, need
import playground

ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
        '--disable-component-update', '--no-first-run']
NAMES = ('chromium', 'chromium-browser', 'google-chrome')

class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args): pass

def serve(folder):
    "Serve `folder` on the loopback; returns its address"
    server = ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f'http://127.0.0.1:{server.server_port}/'

class Tab:
    "A browser tab that may load only from `allowed`, and remembers what went wrong"
    def __init__(self, browser, allowed):
        self.wrong, context = [], browser.new_context(viewport=dict(width=1280, height=1000))
        def guard(route):
            if route.request.url.startswith((allowed, 'data:', 'blob:')): return route.continue_()
            self.wrong.append(f'asked for {route.request.url}')
            route.abort()
        context.route('**/*', guard)
        self.page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on('pageerror', lambda e: self.wrong.append(f'{self.page.url}: {e}'))
        self.page.on('response',
                     lambda r: r.status >= 400 and self.wrong.append(f'{r.url}: {r.status}'))

    def open(self, url):
        self.page.goto(url, wait_until='load')
        self.page.wait_for_timeout(200)   # scripts that start after loading
        return self.page

    def check(self): need(not self.wrong, '; '.join(self.wrong[:5]))

def every_page(tab, base, pages):
    need(pages, 'the site has no page')
    for p in pages: tab.open(base + p)
    tab.check()

SIDEWAYS = """() => {
  document.querySelectorAll('main details').forEach(d => { d.open = true })
  const wide = e => e.scrollWidth > e.clientWidth + 1
  return [...document.querySelectorAll('main pre')]
    .filter(p => wide(p) || [...p.querySelectorAll('code')].some(wide)).map(p => p.innerText)
}"""
SOURCE = re.compile('(core|text|data|moe|model|training|insight|use|demo)/|bench|cli')

def code_fits(tab, base, pages):
    "On a laptop's screen no code of a source page scrolls sideways, folded code included"
    pages = [p for p in pages if SOURCE.match(p)]
    need(len(pages) > 50, f'only {len(pages)} source pages')
    found = {p: texts for p in pages if (texts := tab.open(base + p).evaluate(SIDEWAYS))}
    need(not found, '; '.join(f'{p}: {texts[0][:80]!r}' for p, texts in list(found.items())[:5]))
    tab.check()

def on_a_phone(tab, base, pages):
    "On 390 pixels no page moves sideways, and the text keeps its width"
    tab.page.set_viewport_size(dict(width=390, height=844))
    wide = [p for p in pages if tab.open(base + p).evaluate(
        'document.documentElement.scrollWidth > innerWidth')]
    need(not wide, f'wider than the screen: {wide[:5]}')
    page = tab.open(base + 'text/masks.html')
    need(page.locator('main p').first.bounding_box()['width'] > 300, 'the text is squeezed')
    tab.check()

def search(tab, base):
    page = tab.open(base)
    box = page.locator('.smalldocs-search input').first
    box.click()
    box.press_sequentially('mask', delay=30)
    hit = page.locator('.search-result').first
    expect(hit).to_be_visible()
    hit.click()
    page.wait_for_url(lambda url: url != base)
    expect(page.locator('main')).to_contain_text('mask', ignore_case=True)
    tab.check()

def dark_mode(tab, base):
    page = tab.open(base)
    color = lambda: page.evaluate('getComputedStyle(document.body).backgroundColor')
    light = color()
    page.locator('.quarto-color-scheme-toggle').first.click()
    page.wait_for_function('c => getComputedStyle(document.body).backgroundColor != c', arg=light)
    dark = color()
    tab.open(base)
    need(color() == dark, 'the choice is forgotten when a page is opened')
    tab.check()

def doclink(tab, base, pages):
    "The first name in backticks that became a link leads to its entry"
    for p in pages:
        link = tab.open(base + p).locator('main a[href*="#"]:has(code)')
        if not link.count(): continue
        link.first.click()
        expect(tab.page.locator(':target')).to_be_visible()
        return tab.check()
    need(False, 'no page has a link to a documented name')

def hover_mask(tab, base, pages):
    "A token of a mask tells its id and label when the pointer is on it"
    for p in pages:
        pane = tab.open(base + p).locator('.mlk-mask .mlk-pane').first
        if not pane.count(): continue
        token = pane.locator('.mlk-tok[data-id]').nth(1)
        token.hover()
        expect(pane.locator('.mlk-info')).to_contain_text(f"id {token.get_attribute('data-id')}")
        expect(pane.locator('.mlk-info')).to_contain_text(f"label {token.get_attribute('data-l')}")
        return tab.check()
    need(False, 'no page shows a mask (.mlk-mask)')

def switch_mask(tab, base, pages):
    "The menus of a MaskExplorer's page switch its mask; arrow keys walk through it"
    for p in pages:
        root = tab.open(base
                        + p).locator('.mlk-switch').filter(has=tab.page.locator('select')).first
        if not root.count() or root.locator('template').count() < 2: continue
        pane = lambda: root.locator('.mlk-at .mlk-pane').first
        before, menu = pane().inner_text(), root.locator('select').last
        menu.select_option(menu.locator('option').last.inner_text())
        need(pane().inner_text() != before, 'another choice shows the same mask')
        pane().locator('.mlk-tok').nth(0).focus()
        tab.page.keyboard.press('End')
        last = pane().locator('.mlk-tok').last
        expect(pane().locator('.mlk-info')).to_contain_text(f"id {last.get_attribute('data-id')}")
        expect(pane().locator('.mlk-info')).to_contain_text('last token')
        return tab.check()
    need(False, 'no page keeps a MaskExplorer (.mlk-switch)')

def walk_routes(tab, base, pages):
    "A sample's routes: another layer shows other experts, arrow keys walk, one expert at a time"
    for p in pages:
        root = tab.open(base + p).locator('.mlr').first
        if not root.count(): continue
        experts = lambda: root.locator('.mlr-tok').evaluate_all(
            'ts => ts.map(t => t.dataset.e).join()')
        before, (layer, only) = experts(), root.locator('select').all()
        layer.select_option(index=1)
        need(experts() != before, 'another layer shows the same experts')
        root.locator('.mlr-tok').first.focus()
        tab.page.keyboard.press('ArrowRight')
        expect(root.locator('.mlr-info')).to_contain_text('token 1')
        only.select_option(index=1)
        need(root.locator('.mlr-off').count(), 'choosing one expert hides no token of the others')
        return tab.check()
    need(False, 'no page shows routes (.mlr)')

def journey(tab, base):
    "A newcomer's way through the site in one tab, from the landing page to the benchmarks"
    page = tab.open(base)
    need(page.locator('main img[src$="mask.svg"]').evaluate(
        'i => i.complete && i.naturalWidth > 0'), 'the landing page has no picture')
    page.locator('main').get_by_role('link', name='the demo, step by step').click()
    expect(page.locator('main h1').first).to_be_visible()
    page.locator('.page-navigation a, .nav-page-next a').last.click()
    expect(page.locator('main')).to_contain_text('Llama')
    page.locator('main a[href*="#"]:has(code)').first.click()
    expect(page.locator(':target')).to_be_visible()
    box = page.locator('.smalldocs-search input').first
    box.click()
    box.press_sequentially('straddle', delay=30)
    page.locator('.search-result').first.click()
    expect(page.locator('main')).to_contain_text('straddle', ignore_case=True)
    page.locator('.quarto-color-scheme-toggle').first.click()
    page.locator('#quarto-sidebar, .sidebar').get_by_role('link', name='Playground').click()
    expect(mask_of(page)).to_be_visible()
    page.get_by_label('conversation').fill('human: Dark?\ngpt: Yes, very.')
    expect(mask_of(page)).to_contain_text('very')
    page.get_by_label('tokenizer', exact=True).select_option('mistral')
    expect(mask_of(page).locator('b').first).to_contain_text('mistral')
    shared(page)
    page.locator('#quarto-sidebar, .sidebar').get_by_role('link', name='Benchmarks',
                                                          exact=True).click()
    expect(page.locator('main')).to_contain_text('moe-llava-kit bench masks')
    need(page.locator('main table').count() >= 4, 'the page of benchmarks has no tables')
    tab.check()

def shared(page):
    "The link in the address bar brings back the mask"
    shown, link = mask_of(page).locator('.mlk-tok').all_inner_texts(), page.url
    page.goto('about:blank')
    page.goto(link)
    expect(mask_of(page)).to_be_visible()
    need(shown and mask_of(page).locator('.mlk-tok').all_inner_texts() == shown,
         'the link does not bring back what it was copied from')

def mask_of(page): return page.locator('#playground .mlk-pane')

def play(tab, base, name='qwen2.5'):
    "Type, switch the tokenizer, hover, share the link; what is typed stays text"
    page = tab.open(base + 'playground.html')
    expect(mask_of(page).locator('ins.mlk-tok')).to_have_count(4)  # A, cat, the period, the end
    menu, box = page.get_by_label('tokenizer', exact=True), page.get_by_label('conversation')
    box.fill('human: <image>\nWho?\ngpt: <script>document.title = "owned"</script> Ada & Bob')
    expect(mask_of(page)).to_contain_text('Ada & Bob')
    before = mask_of(page).locator('b').first.inner_text()
    menu.select_option(name)
    expect(mask_of(page).locator('b').first).to_contain_text(name)
    need(mask_of(page).locator('b').first.inner_text() != before and page.title() != 'owned',
         'another tokenizer shows the same')
    token = mask_of(page).locator('ins.mlk-tok').first
    token.hover()
    expect(mask_of(page).locator('.mlk-info')).to_contain_text(
        f"label {token.get_attribute('data-id')}")
    shared(page)
    expect(mask_of(page)).to_contain_text('Ada & Bob')
    need(page.get_by_label('tokenizer', exact=True).input_value() == name,
         'the link forgets the tokenizer')
    # names that are none
    page.goto('about:blank')
    page.goto(base + 'playground.html#tokenizer=constructor&template=toString')
    expect(mask_of(page).locator('b').first).to_contain_text('phi-2, phi')
    page.get_by_label('conversation').fill('gpt')
    expect(page.get_by_role('alert')).to_contain_text('a conversation starts with a role')
    tab.check()

def own_tokenizer(tab, base, site):
    "A tokenizer.json of one's own is read in the page; a file that is none is refused"
    page = tab.open(base + 'playground.html')
    expect(mask_of(page)).to_be_visible()
    with tempfile.TemporaryDirectory() as d:
        Path(d, 'mine.json').write_bytes((site/'playground/mistral.json').read_bytes())
        Path(d, 'none.json').write_text('{"a": 1}')
        for file, says in (('none.json', 'this is no tokenizer.json'),
                           ('mine.json', 'mine.json, ')):
            with page.expect_file_chooser() as chooser:
                page.get_by_label('tokenizer', exact=True).select_option(
                    index=len(playground.listed(Path('nbs'))))
            chooser.value.set_files(Path(d, file))
            expect(page.locator('#playground .pg-view')).to_contain_text(says)
            page.get_by_label('tokenizer', exact=True).select_option(index=0)
            expect(mask_of(page)).to_contain_text('phi-2')
    tab.check()

SAME = """async ([name, conversations, rows]) => {
  const {maskSample} = await import('./playground/mask.js')
  const {loaded} = await import('./playground/page.js')
  const get = async f => (await fetch(`./playground/${f}.json`)).json()
  const {tokenizer} = loaded(await get(name))
  const templates = await get('templates')
  const mask = (key, template) => {
    try { return maskSample(conversations[key], tokenizer, templates[template]) }
    catch (e) { return {error: e.message} }
  }
  const differs = ([template, key, ids, labels]) => {
    const got = mask(key, template)
    if (got.error) return ids && got.error
    if (!ids) return 'Python refuses: ' + labels
    const same = got.ids.join() === ids.join() && got.labels.join() === labels.join()
    return same ? null : 'other ids or labels'
  }
  return rows.map(r => [r, differs(r)]).filter(([, why]) => why)
             .map(([r, why]) => `${r[0]}, ${r[1]}: ${why}`)
}"""

def same_masks(tab, base, name):
    "The page's masks of all gold conversations are Python's"
    nbs = Path('nbs')
    rows, page = playground.python_says(nbs, name), tab.open(base + 'playground.html')
    need(sum(r[2] is not None for r in rows) > 300, f'only {len(rows)} masks to compare')
    gold = json.loads((nbs/'gold/preprocess.json').read_text())
    conversations = {k: c['turns'] for k, c in gold['conversations'].items()}
    wrong = page.evaluate(SAME, [name, conversations, rows])
    need(not wrong, f'{len(wrong)} of {len(rows)} masks differ: {wrong[:3]}')
    tab.check()

def demo_report(browser, file):
    url = file.resolve().as_uri()
    tab = Tab(browser, url)
    page = tab.open(url)
    broken = page.evaluate(
        '[...document.images].filter(i => !i.complete || !i.naturalWidth).length')
    need(page.locator('img, svg').count() and not broken,
         f'no picture, or pictures that do not show ({broken})')
    need(page.locator('.mlk-mask').count(), 'no mask (.mlk-mask)')
    tab.check()

def main(site, report_html=None):
    report, base, site = Report(), serve(site), Path(site)
    html = {p.relative_to(site).as_posix(): p.read_text(encoding='utf-8')
            for p in site.rglob('*.html')}
    pages, having = sorted(html), lambda text: sorted((p for p, s in html.items() if text in s),
                                                      key=lambda p: len(html[p]))
    chromium = os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, NAMES)), None)
    if not chromium: sys.exit('no Chromium: install it, or set CHROMIUM to its path')
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=ARGS)
        tab = lambda: Tab(browser, base)
        report.check(f'site ({len(pages)} pages) opens with no outside request',
                     lambda: every_page(tab(), base, pages))
        report.check('site, code fits at 1,280 pixels', lambda: code_fits(tab(), base, pages))
        report.check('site, on a phone', lambda: on_a_phone(tab(), base, pages))
        report.check('site, a newcomer\'s way through it', lambda: journey(tab(), base))
        report.check('site, search', lambda: search(tab(), base))
        report.check('site, dark mode', lambda: dark_mode(tab(), base))
        report.check('site, doclink', lambda: doclink(tab(), base, pages))
        report.check('site, a mask is hovered', lambda: hover_mask(tab(), base, having('mlk-pane')))
        report.check('site, a MaskExplorer is switched',
                     lambda: switch_mask(tab(), base, having('mlk-switch')))
        report.check('site, routes are walked through',
                     lambda: walk_routes(tab(), base, having('class="mlr"')))
        report.check('playground: type, switch, share', lambda: play(tab(), base))
        report.check('playground: a tokenizer of your own',
                     lambda: own_tokenizer(tab(), base, site))
        for t in playground.listed(Path('nbs')):
            report.check(f"playground: masks of {t['name']} equal Python's",
                         lambda: same_masks(tab(), base, t['name']))
        if report_html:
            report.check('report.html opens from disk with no outside request',
                         lambda: demo_report(browser, Path(report_html)))
        browser.close()

if __name__ == '__main__': main(*sys.argv[1:])
