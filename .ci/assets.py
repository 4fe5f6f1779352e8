"""Serve what pages need (KaTeX, mermaid, the widget manager) from the site itself:
reading needs no network."""
import json, re, shutil, subprocess, sys, tarfile
from tempfile import TemporaryDirectory

# folder in site_libs: (npm package, the part of it to copy, text of a page that needs it)
ASSETS = {
    'katex': ('katex@0.16.11', 'dist', 'npm/katex@0.16.11/dist'),
    'mermaid': ('mermaid@11.4.1', 'dist/mermaid.min.js', 'npm/mermaid@11.4.1/dist'),
    'html-manager': ('@jupyter-widgets/html-manager@1.0.14', 'dist', 'site_libs/widgets/load.js'),
    'requirejs': ('requirejs@2.3.7', 'require.js', 'site_libs/widgets/load.js')}
UNUSED = shutil.ignore_patterns('*.map', '*.mjs', 'katex.js', 'katex.css', 'libembed*', 'embed.js',
                                '*.svg', '*.eot', 'README*')
KATEX, FONTS = (r'https://cdn\.jsdelivr\.net/npm/katex@[\d.]+/dist',
                r'@import url\([^)]*fonts\.googleapis[^)]*\);?')
MERMAID = re.compile(
    r'''<script type="module">import mermaid from '[^']*mermaid[^']*';(.*?)</script>''', re.S)
LOAD_WIDGETS = """const libs = document.currentScript.dataset.libs
const script = given => Object.assign(document.createElement('script'), given)
const load = src => new Promise(onload => document.body.append(script({src, onload})))
addEventListener('load', async () => {
  await load(libs + 'requirejs/require.js')
  load(libs + 'html-manager/embed-amd.js')
})
"""  # after everything else: other scripts would register with requirejs instead of the page

def fetch(spec, mods):
    "The folder of npm package `spec` in `mods`, downloaded once; npm runs no script of the package"
    name, version = spec.rsplit('@', 1)
    home = mods/name
    if (home/'package.json').exists() and json.loads((home/'package.json').read_text())[
        'version'] == version:
        return home
    if not shutil.which('npm'):
        sys.exit(f'the site needs {spec}: install npm (Node.js) and build again')
    with TemporaryDirectory() as d:
        archive = subprocess.run(['npm', 'pack', '-s', '--pack-destination', d, spec], check=True,
                                 capture_output=True, text=True).stdout.split()[-1]
        with tarfile.open(f'{d}/{archive}') as tar: tar.extractall(d, filter='data')
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(f'{d}/package', home)
    return home

def copy_assets(site, mods, html):
    for name, (spec, part, needed) in ASSETS.items():
        if needed not in html: continue
        src, to = fetch(spec, mods)/part, site/'site_libs'/name
        to.mkdir(parents=True, exist_ok=True)
        if src.is_dir(): shutil.copytree(src, to, dirs_exist_ok=True, ignore=UNUSED)
        else: shutil.copy(src, to)
    if 'site_libs/widgets/load.js' in html:
        (site/'site_libs/widgets').mkdir(exist_ok=True)
        (site/'site_libs/widgets/load.js').write_text(LOAD_WIDGETS)

def localise(site, mods):
    "Copy the assets that pages of `site` need, point the pages to them, and drop web fonts"
    pages = {p: p.read_text(encoding='utf-8') for p in site.rglob('*.html')}
    copy_assets(site, mods, '\n'.join(pages.values()))
    for p, s in pages.items():
        libs = '../'*len(p.relative_to(site).parent.parts) + 'site_libs'
        s = re.sub(KATEX, f'{libs}/katex', s)
        s = MERMAID.sub(lambda m: f'<script defer '
                                  f'src="{libs}/mermaid/mermaid.min.js"></script><script '
                                  f'type="module">{m[1]}</script>', s)
        p.write_text(s, encoding='utf-8')
    for css in (site/'site_libs').rglob('*.css'):
        css.write_text(re.sub(FONTS, '', css.read_text(encoding='utf-8')), encoding='utf-8')
