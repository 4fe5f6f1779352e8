"""Drive the built site and the demo's report in Chromium: `python .ci/browser.py SITE [REPORT]`.
Every request that would leave the machine is stopped and counted."""
import functools, os, shutil, sys, threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from playwright.sync_api import sync_playwright, expect
from report import Report, need

ARGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run']
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
        self.page.on('response', lambda r: r.status >= 400 and self.wrong.append(f'{r.url}: {r.status}'))

    def open(self, url):
        self.page.goto(url, wait_until='load')
        self.page.wait_for_timeout(200)   # scripts that start after loading
        return self.page

    def check(self): need(not self.wrong, '; '.join(self.wrong[:5]))

def every_page(tab, base, pages):
    need(pages, 'the site has no page')
    for p in pages: tab.open(base + p)
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
        root = tab.open(base + p).locator('.mlk-switch').filter(has=tab.page.locator('select')).first
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
        experts = lambda: root.locator('.mlr-tok').evaluate_all('ts => ts.map(t => t.dataset.e).join()')
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

def demo_report(browser, file):
    url = file.resolve().as_uri()
    tab = Tab(browser, url)
    page = tab.open(url)
    broken = page.evaluate('[...document.images].filter(i => !i.complete || !i.naturalWidth).length')
    need(page.locator('img, svg').count() and not broken, f'no picture, or pictures that do not show ({broken})')
    need(page.locator('.mlk-mask').count(), 'no mask (.mlk-mask)')
    tab.check()

def main(site, report_html=None):
    report, base, site = Report(), serve(site), Path(site)
    pages = sorted(p.relative_to(site).as_posix() for p in site.rglob('*.html'))
    chromium = os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, NAMES)), None)
    if not chromium: sys.exit('no Chromium: install it, or set CHROMIUM to its path')
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=ARGS)
        tab = lambda: Tab(browser, base)
        report.check(f'site ({len(pages)} pages) opens with no outside request', lambda: every_page(tab(), base, pages))
        report.check('site, search', lambda: search(tab(), base))
        report.check('site, dark mode', lambda: dark_mode(tab(), base))
        report.check('site, doclink', lambda: doclink(tab(), base, pages))
        report.check('site, a mask is hovered', lambda: hover_mask(tab(), base, pages))
        report.check('site, a MaskExplorer is switched', lambda: switch_mask(tab(), base, pages))
        report.check('site, routes are walked through', lambda: walk_routes(tab(), base, pages))
        if report_html: report.check('report.html opens from disk with no outside request', lambda: demo_report(browser, Path(report_html)))
        browser.close()

if __name__ == '__main__': main(*sys.argv[1:])
