"""Plants one fault at a time in a notebook's exported code and asks whether a test notices.

`python .ci/mutate.py` runs all of `FAULTS`, `python .ci/mutate.py NAME …` those whose name holds a
word. Each fault is a string of a source notebook, what takes its place, and a notebook that must
then fail.
Run it in the environment of README's test command; the last line is `N caught, M missed`."""
import json, os, re, shutil, subprocess, sys, tempfile
from pathlib import Path
from faults import FAULTS

ROOT = Path(__file__).resolve().parent.parent
ENV = {**os.environ, 'HF_HUB_OFFLINE': '1', 'CUDA_VISIBLE_DEVICES': '', 'OMP_NUM_THREADS': '2'}

def copy_tree(to):
    "What git tracks, and what it would add."
    listed = ['git', '-c', 'safe.directory=*', 'ls-files', '-co', '--exclude-standard']
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).splitlines():
        if not (ROOT/name).exists(): continue
        (to/name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT/name, to/name)

def plant(tree, notebook, old, new):
    "Change the one exported cell that holds `old`; ValueError unless exactly one does."
    path = tree/'nbs'/notebook
    nb = json.loads(path.read_text(encoding='utf-8'))
    exported = re.compile(r'^#\|\s*export', re.M)
    cells = [c for c in nb['cells'] if c['cell_type'] == 'code']
    found = [c for c in cells if exported.search(s := ''.join(c['source'])) and old in s]
    if len(found) != 1:
        raise ValueError(f'{notebook}: {len(found)} exported cells hold {old!r}, expected one')
    found[0]['source'] = ''.join(found[0]['source']).replace(old, new)
    path.write_text(json.dumps(nb), encoding='utf-8')

def command(tree, *words):
    "Run a command on the changed tree, whose package wins over the installed one."
    env = {**ENV, 'PYTHONPATH': str(tree)}
    return subprocess.run(words, cwd=tree, env=env, text=True, capture_output=True, timeout=1200)

def last_error(output):
    "The last line that looks like an error's."
    lines = [l for l in output.splitlines() if re.match(r'\w*(Error|Exception)\b', l)]
    return lines[-1][:150] if lines else 'no error shown'

def caught(fault):
    "Whether the named notebook fails with the fault planted, and the error it fails with."
    name, notebook, old, new, test = fault
    with tempfile.TemporaryDirectory(prefix='moe_llava_kit-fault-') as tmp:
        tree = Path(tmp)
        copy_tree(tree)
        plant(tree, notebook, old, new)
        export = command(tree, 'nbdev_export')
        if export.returncode: raise RuntimeError(f'{name}: nbdev_export failed\n{export.stderr}')
        run = command(tree, 'nbdev_test', '--path', f'nbs/{test}', '--do_print', '--n_workers', '0')
    return run.returncode != 0, last_error(run.stdout + run.stderr)

def main(words):
    chosen = [f for f in FAULTS if not words or any(w in f[0] for w in words)]
    missed = 0
    for fault in chosen:
        seen, error = caught(fault)
        missed += not seen
        print(f'{"caught" if seen else "MISSED"} {fault[0]} ({fault[4]}): {error if seen else ""}',
              flush=True)
    print(f'{len(chosen)-missed} caught, {missed} missed')
    return missed or not chosen

if __name__ == '__main__': sys.exit(bool(main(sys.argv[1:])))
