"""A tutorial in JupyterLab, in Chromium: it reads well before it is trusted, all cells run,
MaskExplorer is driven by hand, and its mask follows.
    python .ci/lab.py nbs/tutorials/phi.ipynb"""
import json, os, shutil, socket, subprocess, sys, tempfile, time, urllib.request
from pathlib import Path
from playwright.sync_api import TimeoutError, expect, sync_playwright
from browser import ARGS, NAMES
from report import Report, need

SETTINGS = {'notebook-extension/tracker': {'windowingMode': 'none'},
            'apputils-extension/notification': {'fetchNews': 'false', 'checkForUpdates': False}}
MINUTES = 60_000   # in milliseconds
ERRORS = ("[...document.querySelectorAll('.jp-Notebook .jp-OutputArea-output')].map(o => "
          "o.textContent).find(t => t.includes('Traceback (most recent call last)'))")
OUTPUTS = ("[...document.querySelectorAll('.jp-Notebook .jp-OutputArea-output')].map(o => ({text: "
           "o.innerText, drawn: !!o.querySelector('img, svg, table, canvas')}))")
PROMPTS = ("[...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputArea-prompt')].map(p "
           "=> p.textContent)")

def start(folder):
    "JupyterLab on a free port, with settings of its own; returns (process, address)"
    for name, values in SETTINGS.items():
        file = folder/'settings'/'@jupyterlab'/f'{name}.jupyterlab-settings'
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    env = {**os.environ, 'JUPYTERLAB_SETTINGS_DIR': str(folder/'settings'),
           'JUPYTER_CONFIG_DIR': str(folder/'config'),
           'JUPYTERLAB_WORKSPACES_DIR': str(folder/'work')}
    cmd = [sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root',
           f'--ServerApp.port={port}', '--ServerApp.port_retries=0', '--IdentityProvider.token=',
           f'--ServerApp.root_dir={folder/"pages"}', '--LabApp.extension_manager=readonly']
    process, base = subprocess.Popen(cmd, env=env, cwd=folder, stdout=subprocess.DEVNULL,
                                     stderr=open(folder/'lab.log', 'w')), f'http://127.0.0.1:{port}'
    for _ in range(120):
        need(process.poll() is None, f'JupyterLab ended:\n{(folder/"lab.log").read_text()[-2000:]}')
        try:
            urllib.request.urlopen(f'{base}/api', timeout=2)
            return process, base
        except OSError: time.sleep(.5)
    process.kill()
    need(False, 'JupyterLab does not answer after a minute')

def open_notebook(page, base, name):
    # a workspace of its own: no other notebook is open
    page.goto(f'{base}/lab/workspaces/{Path(name).stem}/tree/tutorials/{name}')
    page.locator('.jp-Notebook .jp-Cell').first.wait_for(timeout=2*MINUTES)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=2*MINUTES)

def untrusted(page, base, name):
    "From somebody else: no JavaScript runs, and still every stored output shows something"
    open_notebook(page, base, name)
    page.wait_for_function(r"() => [...document.querySelectorAll('.jp-StatusItem-trust')].some(e "
                           r"=> /not trusted: 0 of \d\d/.test(e.title))", timeout=1*MINUTES)
    shown = page.evaluate(OUTPUTS)
    need(len(shown) > 5, f'only {len(shown)} outputs')
    need(all(o['text'].strip() or o['drawn'] for o in shown),
         f"outputs that show nothing: "
         f"{[i for i, o in enumerate(shown) if not (o['text'].strip() or o['drawn'])]}")
    need(any('ASSISTANT:' in o['text'] and 'trained' in o['text'] for o in shown),
         'no mask can be read')

def run_all(page, base, name):
    "Open a notebook, run every cell; fails if one of them raised"
    open_notebook(page, base, name)
    for attempt in range(5):   # the menu may be drawn before it listens
        page.wait_for_timeout(2000)
        page.get_by_role('menuitem', name='Run', exact=True).click()
        page.wait_for_timeout(500)
        page.get_by_role('menuitem', name='Run All Cells', exact=True).click()
        try:
            page.wait_for_function(f'() => {PROMPTS}.some(t => /[*\\d]/.test(t))', timeout=8000)
            break
        except TimeoutError: pass
    page.wait_for_function(f'() => {PROMPTS}.every(t => /\\d/.test(t)) || {ERRORS}',
                           timeout=3*MINUTES)
    raised = page.evaluate(ERRORS)
    need(not raised, f'a cell raised: {raised and raised[-500:]}')

def drive(page):
    "Edit a turn, take another tokenizer, close the second pane: the mask follows each time"
    explorer = page.locator('.mlk-explorer').first
    explorer.wait_for(timeout=1*MINUTES)
    pane = explorer.locator('.mlk-pane').first
    expect(explorer.locator('.mlk-pane')).to_have_count(2, timeout=1*MINUTES)
    explorer.locator('textarea').fill('human: <image>\nWhat is it?\ngpt: A zebra.')
    expect(pane).to_contain_text('zebra', timeout=1*MINUTES)
    before = pane.inner_text()
    menu = explorer.locator('select').first
    menu.select_option(next(o for o in menu.locator('option').all_inner_texts()
                            if o != menu.input_value()))
    page.wait_for_function('([el, old]) => el.querySelector(".mlk-pane").innerText !== old',
                           arg=[explorer.element_handle(), before], timeout=2*MINUTES)
    explorer.locator('select').nth(3).select_option('')
    expect(explorer.locator('.mlk-pane')).to_have_count(1, timeout=1*MINUTES)
    token = explorer.locator('.mlk-pane .mlk-tok').nth(3)
    token.hover()
    expect(explorer.locator('.mlk-info')).to_contain_text(f"id {token.get_attribute('data-id')}")

def main(*notebooks):
    report, folder = Report(), Path(tempfile.mkdtemp(prefix='moe_llava_kit-lab-'))
    (folder/'pages/tutorials').mkdir(parents=True)
    for nb in notebooks: shutil.copy2(nb, folder/'pages/tutorials')
    shutil.copytree(Path(notebooks[0]).parent.parent/'gold', folder/'pages/gold')
    chromium = os.environ.get('CHROMIUM') or next(filter(None, map(shutil.which, NAMES)), None)
    if not chromium: sys.exit('no Chromium: install it, or set CHROMIUM to its path')
    process, base = start(folder)
    try:
        with sync_playwright() as p:
            browser = p.chromium.launch(executable_path=chromium, args=ARGS)
            for name in (Path(nb).name for nb in notebooks):
                page = browser.new_page(viewport=dict(width=1400, height=1000))
                report.check(f'JupyterLab shows {name}, not trusted', untrusted, page, base, name)
                report.check(f'JupyterLab runs {name}', run_all, page, base, name)
                report.check(f'JupyterLab, {name}: MaskExplorer follows', drive, page)
                page.close()
            browser.close()
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)

if __name__ == '__main__': main(*sys.argv[1:])
