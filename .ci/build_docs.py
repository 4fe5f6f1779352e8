"""Build README.md and the docs site from the notebooks, without Quarto:
nbdev's processors -> `_proc` -> pages under their final names in `_stage` -> smalldocs -> `_docs`.
People with Quarto can run `nbdev_docs`: it reads the same notebooks and settings."""
import argparse, ast, json, os, re, shutil, subprocess, sys
from pathlib import Path, PurePosixPath as P
from posixpath import normpath, relpath
from tempfile import TemporaryDirectory
import yaml
import nbdev.doclinks, nbdev.quarto
from execnb.nbio import read_nb
from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.frontmatter import FrontmatterProc
from nbdev.process import NBProcessor
from nbdev.processors import FilterDefaults
from nbdev.serve import proc_nbs
from api_tables import folded
from assets import localise
from links import problems
import playground

# pages of the repository that a notebook may link to as ../NAME
REPO_PAGES = ['CHANGELOG.md', 'CONTRIBUTING.md']
# site settings that put absolute URLs into every page
OUTSIDE = {'site-url', 'repo-url', 'repo-branch'}
VIEW, STATE = ('application/vnd.jupyter.widget-view+json',
               'application/vnd.jupyter.widget-state+json')
IMPORT = (ast.Import, ast.ImportFrom)
HINT = ('For `show_doc`, nbdev runs exported cells and cells with imports, and no others: an '
        'import beside code that needs\n'
        'an earlier result fails. Cells with imports and other code:')
LINK = re.compile(r'''(\]\(|href=["'])([^()\s"'#]+)(#[^)\s"']*)?''')

def host(cfg): return (cfg.doc_host + cfg.doc_baseurl).rstrip('/') + '/'
def text(cell): return ''.join(cell['source'])
def relink(s, fn): return LINK.sub(lambda m: m[1] + fn(m[2], m[3] or ''), s)

def page_names(cfg):
    "Notebook -> its page, both relative to `nbs`: text/08_masks.ipynb becomes text/masks.html"
    res = {}
    for path in nbglob(cfg.nbs_path, as_path=True):
        meta = NBProcessor(path, procs=FrontmatterProc, process=True).nb.frontmatter_
        rel = P(path.relative_to(cfg.nbs_path).as_posix())
        res[str(rel)] = str(rel.parent/meta.get('output-file', rel.with_suffix('.html').name))
    return res

# README

def readme_link(cfg, names):
    "Links of the index page, as they must read in the root of the repository"
    notebooks = {page: nb for nb, page in names.items()}
    def link(to, frag):
        if to.startswith(host(cfg)):
            return f"{cfg.nbs_path.name}/{notebooks[to.removeprefix(host(cfg)) or 'index.html']}"
        file = normpath(f'{cfg.nbs_path.name}/{to}')
        if not (cfg.config_path/file).exists(): return to + frag
        return file if file.endswith('.ipynb') else file + frag
    return link

def plain(output):
    "One stored output as markdown: its own markdown, or its text as an indented block"
    data = output.get('data', {})
    if 'text/markdown' in data: return ''.join(data['text/markdown']).rstrip()
    lines = ''.join(output.get('text') or data.get('text/plain') or '').splitlines()
    return '\n'.join('    ' + l for l in lines)

def readme(cfg, names):
    "Write README.md from the index notebook, in place of `quarto render -t gfm`"
    nb = read_nb(cfg.nbs_path/cfg.readme_nb)
    FilterDefaults()(nb)
    head, parts = nb.frontmatter_, []
    for cell in nb.cells:
        if cell.cell_type == 'markdown': parts.append(cell.source)
        if cell.cell_type == 'code':
            code = re.sub(r'^#\|.*\n', '', cell.source, flags=re.M).strip()
            shown = not re.search(r'^#\| *echo: *false', cell.source, re.M)
            parts += [*([f'```python\n{code}\n```'] if shown else []), *map(plain, cell.outputs)]
    body = relink('\n\n'.join(p.strip('\n') for p in parts if p.strip()), readme_link(cfg, names))
    top = f"# {head['title']}\n\n" + (f"> {head['description']}\n\n"
                                      if 'description' in head else '')
    (cfg.config_path/'README.md').write_text(top + body + '\n', encoding='utf-8')

# Pages

def process(cfg):
    "What `nbdev_proc_nbs` does, without installing Quarto; our renderer is a user's setting"
    with TemporaryDirectory() as d:
        settings = Path(d)/'nbdev'/'settings.ini'
        settings.parent.mkdir()
        settings.write_text('[DEFAULT]\nrenderer = api_tables.TableRenderer\n')
        os.environ['XDG_CONFIG_HOME'] = d   # reaches the worker processes too
        nbdev.quarto.refresh_quarto_yml()
        nbdev.doclinks._build_modidx()
        try: return proc_nbs(force=True)
        except Exception as e: sys.exit('\n'.join([str(e), '', HINT, *mixed_imports(cfg)]))

def mixed_imports(cfg):
    "Cells of source notebooks that import something and do other things too"
    for path in sorted(cfg.nbs_path.rglob('[0-9]*.ipynb')):
        for cell in (c for c in json.loads(path.read_text())['cells'] if c['cell_type'] == 'code'):
            if re.search(r'^#\| *export|^[%!]', text(cell), re.M): continue
            body = ast.parse(text(cell)).body
            has_import = any(isinstance(n, IMPORT) for top in body for n in ast.walk(top))
            alone = all(isinstance(n, IMPORT) for n in body)
            if has_import and not alone:
                yield f"  {path.name}, cell {cell['id']}: {text(cell)[:60]!r}"

def documented(cache):
    "The names that have an entry on some page"
    cells = (text(c) for p in cache.rglob('*.ipynb') for c in json.loads(p.read_text())['cells'])
    return {n.lower() for c in cells for n in re.findall(r'^show_doc\(([\w.]+)', c, re.M)}

def entry(frag, shown):
    "nbdev also links names without an entry: link to the entry of their class, or to the page"
    name = frag.removeprefix('#')
    return next((f'#{n}' for n in (name, name.partition('.')[0]) if n in shown), '')

def site_link(cfg, names, shown, nb):
    "Links of notebook `nb`, as they must read in its page: relative, and to the final names"
    here = str(P(names[nb]).parent)
    def link(to, frag):
        if to.startswith(host(cfg)):
            return relpath(to.removeprefix(host(cfg)) or 'index.html', here) + entry(frag, shown)
        file = normpath(str(P(nb).parent/to))
        if file in names: return relpath(names[file], here) + frag
        if file.removeprefix('../') in REPO_PAGES:
            return relpath(Path(file).with_suffix('.html').name, here) + frag
        return to + frag
    return link

def check_shown(nb, name):
    "A failing `show_doc` prints a traceback and nbdev goes on without the entry: stop here"
    for cell in nb['cells']:
        if cell['cell_type'] != 'code' or not re.search(r'^show_doc\(', text(cell), re.M): continue
        if not any('text/markdown' in o.get('data', {}) for o in cell['outputs']):
            sys.exit(f'{name}: no output from {text(cell)!r}')

def reachable(state, ids):
    "The widgets in `ids` with all the widgets they refer to"
    found, todo = {}, list(ids)
    while todo:
        if (i := todo.pop()) in found or i not in state: continue
        found[i] = state[i]
        todo += re.findall(r'IPY_MODEL_(\w+)', json.dumps(state[i]))
    return found

def embed_widgets(nb, root):
    "Turn widget outputs without HTML into elements that the html-manager fills from the state"
    state, views = nb['metadata'].pop('widgets', {}).get(STATE, {}), []
    for out in (o for c in nb['cells'] for o in c.get('outputs', [])):
        view = out.get('data', {}).pop(VIEW, None)
        if not view or 'text/html' in out['data'] or view['model_id'] not in state.get('state', {}):
            continue
        views.append(view['model_id'])
        out['data']['text/html'] = (f'<div class="jupyter-widgets-embed"><script '
                                    f'type="{VIEW}">{json.dumps(view)}</script></div>')
    if not views: return
    state = json.dumps({**state, 'state': reachable(state['state'], views)}).replace('</', '<\\/')
    html = (f'<script type="{STATE}">{state}</script><script src="{root}site_libs/widgets/load.js" '
            f'data-libs="{root}site_libs/"></script>')
    nb['cells'].append(dict(cell_type='markdown', id='widget-state', metadata={},
                            source=f'```{{=html}}\n{html}\n```'))

def page(nb, name, link):
    "A processed notebook made ready for smalldocs"
    check_shown(nb, name)
    for cell in nb['cells']:
        if cell['cell_type'] == 'raw':
            cell['source'] = re.sub(r'^output-file:.*\n', '', text(cell), flags=re.M)
        if cell['cell_type'] == 'markdown': cell['source'] = relink(text(cell), link)
        for out in cell.get('outputs', []):
            data = out.get('data', {})
            if 'text/markdown' in data:
                data['text/markdown'] = relink(''.join(data['text/markdown']), link)
    embed_widgets(nb, '../'*len(P(name).parent.parts))
    return nb

def internals(path):
    "{id of the next shown cell: folded sources of what is exported without an entry before it}"
    waiting, found = [], {}
    for cell in json.loads(path.read_text(encoding='utf-8'))['cells']:
        if re.match(r'#\|\s*exporti\b', text(cell)): waiting.append(inner_source(cell))
        elif not re.match(r'#\|\s*(export|hide|default_exp)', text(cell)):
            found[cell['id']] = waiting
            waiting = []
    return found

def inner_source(cell):
    "The code of a cell without a directive, folded under the names it defines"
    code = re.sub(r'^#\|.*\n', '', text(cell))
    names = re.findall(r'^(?:def|class) (\w+)|^(\w+)(?:, \w+)* = ', code, re.M)
    return folded(code, ', '.join(a or b for a, b in names))

def with_internals(nb, path):
    "A processed notebook in which the reader finds all of the code, not only what has an entry"
    before = internals(path)
    cells = []
    for cell in nb['cells']:
        for k, html in enumerate(before.get(cell.get('id'), ())):
            name = f"{cell['id']}-{k}"
            cells.append(dict(cell_type='markdown', id=name, metadata={}, source=html))
        cells.append(cell)
    nb['cells'] = cells
    return nb

def settings(o, names):
    "A Quarto settings file with the pages' final names, and without the site's own address"
    if isinstance(o, dict): return {k: settings(v, names) for k, v in o.items() if k not in OUTSIDE}
    if isinstance(o, list): return [settings(v, names) for v in o]
    return names[o].replace('.html', '.ipynb') if isinstance(o, str) and o in names else o

def check_openings(cfg, names):
    "nbdev takes lists beside the title for settings of the page, and drops them"
    for n in names:
        first = json.loads((cfg.nbs_path/n).read_text())['cells'][0]
        if re.search(r'^[-*] ', text(first), re.M):
            sys.exit(f'{n}: the list in its first cell would be lost: move it to a cell of its own')

def check_sidebar(cfg, names):
    listed = re.findall(r'[\w/.-]+\.ipynb', (cfg.nbs_path/'sidebar.yml').read_text())
    wrong = [f'add {n}' for n in names
             if n not in listed] + [f'remove {n}' for n in listed if n not in names]
    if wrong: sys.exit(f'{cfg.nbs_path.name}/sidebar.yml: ' + ', '.join(wrong))

def stage(cfg, cache, names, out):
    "Write everything that smalldocs reads: pages, settings, and all other files as they are"
    shutil.rmtree(out, ignore_errors=True)
    shown = documented(cache)
    for path in (p for p in cache.rglob('*') if p.is_file()):
        rel = path.relative_to(cache).as_posix()
        new = out/(names[rel].replace('.html', '.ipynb') if rel in names else rel)
        new.parent.mkdir(parents=True, exist_ok=True)
        if rel in names:
            nb = with_internals(json.loads(path.read_text()), cfg.nbs_path/rel)
            new.write_text(json.dumps(page(nb, names[rel],
                                           site_link(cfg, names, shown, rel))))
        elif path.suffix == '.yml':
            new.write_text(yaml.safe_dump(settings(yaml.safe_load(path.read_text()), names),
                                          sort_keys=False))
        else: shutil.copy(path, new)
    for name in REPO_PAGES: shutil.copy(cfg.config_path/name, out)

def build_site(cfg, names):
    check_sidebar(cfg, names)
    check_openings(cfg, names)
    out = cfg.config_path/'_stage'
    stage(cfg, process(cfg), names, out)
    if subprocess.run([sys.executable, '-m', 'smalldocs.cli', 'render', '--strict',
                       str(out)]).returncode:
        sys.exit('smalldocs has warnings')
    shutil.rmtree(cfg.doc_path, ignore_errors=True)
    shutil.move(out/cfg.doc_path.name, cfg.doc_path)
    localise(cfg.doc_path, cfg.config_path/'node_modules')
    playground.write(cfg.doc_path, cfg.nbs_path, cfg.config_path/'node_modules')
    if found := problems(cfg.doc_path): sys.exit('\n'.join(found))

if __name__ == '__main__':
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument('--readme', action='store_true', help='only write README.md')
    only_readme = args.parse_args().readme
    cfg = get_config()
    names = page_names(cfg)
    readme(cfg, names)
    if not only_readme: build_site(cfg, names)
