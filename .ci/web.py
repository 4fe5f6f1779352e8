"""Drive `moe-llava-kit serve` in Chromium: `python .ci/web.py [MODEL_DIR]`; without a model, a tiny
one with random weights. Uploads a scene, asks, watches the answer grow, looks into both views; then
files that are none, scripts, a second visitor."""
import os, shutil, sys, tempfile
from pathlib import Path
from PIL import Image, ImageDraw
from playwright.sync_api import expect, sync_playwright
from browser import ARGS, NAMES
from report import Report, need

SCRIPT = ('</script><script>document.title="owned"</script><img src=x '
          'onerror="document.title=\'owned\'">')

def tiny(folder):
    "A model with experts and random weights, saved"
    import torch
    from transformers import CLIPVisionConfig, LlamaConfig
    from moe_llava_kit.model.llava import build_llava
    from moe_llava_kit.moe.config import MoEConfig
    from moe_llava_kit.moe.conversion import upcycle
    from moe_llava_kit.text.setup import prepare_tokenizer
    from moe_llava_kit.text.loading import load_tokenizer
    torch.manual_seed(0)
    tok, small = prepare_tokenizer(load_tokenizer('phi-2')), dict(
        hidden_size=32, intermediate_size=64, num_hidden_layers=4, num_attention_heads=2)
    upcycle(build_llava(LlamaConfig(vocab_size=len(tok), initializer_range=.3, **small),
                        CLIPVisionConfig(image_size=32, patch_size=8, **small), tokenizer=tok,
                        template='phi'), MoEConfig()).save_pretrained(folder)
    return folder

def files(folder):
    "What visitors upload: a scene, 50 MB, and three that are no pictures"
    scene = Image.new('RGB', (32, 32), 'black')
    ImageDraw.Draw(scene).text((8, 6), '7', fill='red', font_size=20)
    scene.save(folder/'scene.png')
    (folder/'huge.png').write_bytes((folder/'scene.png').read_bytes()+os.urandom(50*2**20))
    (folder/'text.png').write_text('no picture')
    (folder/'drawing.svg').write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg"><script>{SCRIPT}</script></svg>')
    return folder

ANSWERED = """n => {
  const find = what => document.querySelector(what)
  const more = document.querySelectorAll('#said [data-testid=bot]').length > n
  const drawn = !find('#mask').innerText.includes('…')
  const done = find('#mask iframe') || find('#said').innerText.includes('Not answered')
  return more && drawn && done
}"""

class Visitor:
    "A browser of its own; whatever it asks of another machine is stopped and remembered"
    def __init__(self, browser, url):
        self.foreign, self.errors, self.dialogs = [], [], []
        self.page = browser.new_context(viewport=dict(width=1280, height=1100)).new_page()
        self.page.set_default_timeout(20_000)
        def guard(route):
            if route.request.url.startswith((url, 'data:', 'blob:')): return route.continue_()
            self.foreign.append(route.request.url)
            route.abort()
        self.page.route('**/*', guard)
        self.page.on('pageerror', lambda e: self.errors.append(str(e)))
        self.page.on('dialog', lambda d: (self.dialogs.append(d.message), d.dismiss()))
        self.page.goto(url, wait_until='load')
        expect(self.page.locator('#question textarea')).to_be_visible()

    def upload(self, path):
        self.page.locator('#pictures input[type=file]').first.set_input_files(str(path))
    def said(self): return self.page.locator('#said').inner_text()
    def ask(self, text, wait=True):
        before = self.page.locator('#said [data-testid=bot]').count()
        self.page.locator('#question textarea').fill(text)
        self.page.locator('#ask').click()
        if wait:
            self.page.wait_for_function(ANSWERED, arg=before)

    def view(self, name):
        "The frame of a view, its tab opened"
        tab = dict(mask='which tokens would be trained',
                   routing='which experts read each token')[name]
        self.page.get_by_role('tab', name=tab).click()
        return self.page.frame_locator(f'#{name} iframe')

    def check(self):
        need(not self.foreign, f'asked of other machines: {self.foreign[:3]}')
        need(not self.errors, f'errors on the page: {self.errors[:3]}')
        need(not self.dialogs and self.page.title() != 'owned', 'a script of a visitor ran')

def conversation(v, folder):
    "Upload, ask, and see the answer grow"
    v.upload(folder/'scene.png')
    expect(v.page.locator('#pictures img').first).to_be_visible()
    lengths = v.page.evaluate_handle("() => { const seen = []; new MutationObserver(() => { const "
                                     "m = [...document.querySelectorAll('#said "
                                     "[data-testid=bot]')].pop(); if (m && seen[seen.length-1] !== "
                                     "m.innerText.length) seen.push(m.innerText.length); "
                                     "}).observe(document.querySelector('#said'), {subtree: true, "
                                     "childList: true, characterData: true}); return seen; }")
    v.ask('Which digit is red?')
    seen = lengths.json_value()
    need(len(v.said()) > 20, f'no answer: {v.said()!r}')
    v.check()
    return seen

def views(v):
    "Both views, inside their frames: tokens are marked, the layer can be chosen"
    mask, routing = v.view('mask'), None
    need(mask.locator('ins.mlk-tok').count() > 1, 'the mask shows no trained token')
    routing = v.view('routing')
    tokens, grid = routing.locator('.mlr-tok'), routing.locator('.mlr-grid .mlr-tok')
    need(tokens.count() > 20 and grid.count() == 16,
         f'{tokens.count()} tokens and {grid.count()} patches in the routing view')
    before = tokens.evaluate_all('ts => ts.map(t => t.dataset.e).join()')
    routing.locator('select').first.select_option(index=1)
    need(tokens.evaluate_all('ts => ts.map(t => t.dataset.e).join()') != before,
         'choosing another layer changes nothing')
    tokens.first.focus()
    v.page.keyboard.press('ArrowRight')
    expect(routing.locator('.mlr-info')).to_contain_text('token 1')
    v.check()

def sealed(v):
    "What runs in a view's frame reaches neither the page nor the network"
    frame = next(f for f in v.page.frames if f.parent_frame
                 and f.evaluate("!!document.querySelector('.mlr')"))
    tried = frame.evaluate("""async () => {
      const reach = async job => {
        try { await job(); return 'reached' } catch { return 'kept out' }
      }
      return {page: await reach(() => { parent.document.title = 'owned' }),
              network: await reach(() => fetch(document.referrer || 'http://127.0.0.1/'))}
    }""")
    need(set(tried.values()) == {'kept out'}, f'a view could reach {tried}')
    v.check()

def scripts(v):
    "A script in the question is text, in the chat and in both views"
    v.ask(SCRIPT)
    need('<script>' in v.said(), 'the question is not shown as it was typed')
    need('onerror' in v.view('mask').locator('body').inner_text(),
         'the question is missing in the mask')
    v.view('routing').locator('.mlr-tok').first.wait_for()
    v.check()

def no_pictures(v, folder):
    "50 MB, a text, a drawing with a script: refused, and the page goes on"
    v.page.locator('#new').click()
    for name in ('huge.png', 'text.png', 'drawing.svg'):
        v.upload(folder/name)
        v.page.wait_for_timeout(1500)
        if name != 'huge.png':
            v.ask('What is it?')
            need('Not answered' in v.said() and 'no picture' in v.said(),
                 f'{name} was not refused: {v.said()[:200]!r}')
        else: need(not v.page.locator('#pictures img').count(), '50 MB were taken')
        v.page.locator('#new').click()
        v.page.wait_for_timeout(300)
    v.upload(folder/'scene.png')
    expect(v.page.locator('#pictures img').first).to_be_visible()
    v.ask('Which digit is red?')
    need('Not answered' not in v.said(), 'the page did not recover')
    v.check()

def stop(v):
    "Stop ends an answer and keeps what was said"
    v.page.locator('#new').click()
    v.page.get_by_label('number input for longest answer, in tokens').fill('1024')
    v.ask('Count to a thousand', wait=False)
    v.page.wait_for_function('() => [...document.querySelectorAll("#said '
                             '[data-testid=bot]")].pop()?.innerText.length > 10')
    v.page.locator('#stop').click()
    v.page.wait_for_function("() => document.querySelector('#mask iframe')")
    v.check()

def first_look(report, browser, url, folder, name):
    "The whole of one visit: upload, ask, answer, views"
    v = report.check(f'serve, {name}: the page opens and loads nothing from elsewhere',
                     lambda: (o := Visitor(browser, url), o.check())[0])
    seen = report.check(f'serve, {name}: upload a scene, ask, watch the answer come', conversation,
                        v, folder)
    report.check(f'serve, {name}: mask and routing of the answer', views, v)
    return v, seen

def attacks(report, browser, url, folder, v, seen):
    "What a visitor should not be able to do, and what must work all the same"
    report.check('serve: the answer came in many pieces',
                 lambda: need(seen and len(seen) > 5, f'lengths seen: {seen}'))
    report.check('serve: views reach neither the page nor the network', sealed, v)
    report.check('serve: scripts in a question stay text', scripts, v)
    report.check('serve: 50 MB, a text and a drawing are refused', no_pictures, v, folder)
    report.check('serve: an answer can be stopped', stop, v)
    other = Visitor(browser, url)
    report.check('serve: a second visitor sees nothing of the first',
                 lambda: need('thousand' in v.said() and 'thousand' not in other.said()
                              and not other.page.locator('#pictures img').count(), other.said()))

def main(report, trained=None):
    from moe_llava_kit.model.checkpoints import load_checkpoint
    from moe_llava_kit.use.web import served
    chromium = os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, NAMES)), None)
    with tempfile.TemporaryDirectory() as d, sync_playwright() as p:
        browser, folder = p.chromium.launch(executable_path=chromium, args=ARGS), files(Path(d))
        if trained:
            with served(load_checkpoint(trained)) as url:
                first_look(report, browser, url, folder, 'a trained model')
        with served(load_checkpoint(tiny(f'{d}/model'))) as url:
            attacks(report, browser, url, folder,
                    *first_look(report, browser, url, folder, 'a random model'))
        browser.close()

if __name__ == '__main__':
    r = Report()
    main(r, *sys.argv[1:2])
    print(r.summary(), flush=True)
    sys.exit(bool(r.failed))
