"""No stored output of a notebook holds a path of the machine that ran it: `python .ci/outputs.py [notebook …]`.
All of nbs/ by default. Texts, HTML, JSON, errors and warnings are looked at; pictures are not."""
import json, re, sys
from pathlib import Path

PLACES = (r'/(?:tmp|home|root|work|Users|workspace|private/var|var/folders|var/tmp|mnt|scratch)/[\w.~-]+',   # folders of people and machines
          r'(?:site|dist)-packages\b', r'ipykernel_\d+', r'\b[A-Z]:\\+(?:Users|Windows|Temp)\b')
LOCAL = re.compile(rf'(?<![\w.]){PLACES[0]}|' + '|'.join(PLACES[1:]))

def texts(output):
    "Everything in an output that can be read"
    data = [v for kind, v in output.get('data', {}).items() if not kind.startswith('image/') or kind.endswith('svg+xml')]
    for v in (output.get('text'), output.get('evalue'), output.get('traceback'), *data):
        if v is not None: yield '\n'.join(v) if isinstance(v, list) else v if isinstance(v, str) else json.dumps(v)

def local_paths(path):
    "(cell id, path) for every local path in the outputs of a notebook"
    cells = json.loads(Path(path).read_text())['cells']
    return [(c.get('id'), m[0]) for c in cells for o in c.get('outputs', []) for t in texts(o) for m in LOCAL.finditer(t)]

def main(paths):
    found = [(p, *f) for p in paths for f in local_paths(p)]
    for p, cell, what in found: print(f'{p}: cell {cell}: its output holds the local path {what!r}; print a name instead', file=sys.stderr)
    sys.exit(bool(found))

if __name__ == '__main__': main(sys.argv[1:] or sorted(p for p in Path('nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts))
