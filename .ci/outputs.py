"""No stored output of a notebook holds a path of the machine that ran it.
`python .ci/outputs.py [notebook …]`, all of nbs/ by default. Texts, HTML, JSON, errors and
warnings are looked at; pictures and sources are not."""
import json, re, sys
from pathlib import Path

FOLDERS = 'tmp home root work Users workspace private/var var/folders var/tmp mnt scratch'
LOCAL = re.compile('|'.join((rf'(?<![\w.])/(?:{"|".join(FOLDERS.split())})/[\w.~-]+',
                             r'(?:site|dist)-packages\b', r'\bipykernel_\d+',
                             r'\b[A-Z]:\\+(?:Users|Windows|Temp)\b')))

def texts(output):
    "Everything in an output that can be read"
    data = [v for kind, v in output.get('data', {}).items()
            if not kind.startswith('image/') or kind.endswith('svg+xml')]
    for v in (output.get('text'), output.get('evalue'), output.get('traceback'), *data):
        if isinstance(v, list): v = '\n'.join(v)
        if v is not None: yield v if isinstance(v, str) else json.dumps(v)

def local_paths(path):
    "(cell id, path) for every local path in the outputs of a notebook"
    cells = json.loads(Path(path).read_text())['cells']
    said = [(c.get('id'), t) for c in cells for o in c.get('outputs', []) for t in texts(o)]
    return [(cell, m[0]) for cell, t in said for m in LOCAL.finditer(t)]

def main(paths):
    found = [(p, *f) for p in paths for f in local_paths(p)]
    for p, cell, what in found:
        print(f'{p}: cell {cell}: its output holds the local path {what!r}; print a name instead',
              file=sys.stderr)
    sys.exit(bool(found))

def notebooks():
    return sorted(p for p in Path('nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)

if __name__ == '__main__': main(sys.argv[1:] or notebooks())
