"""The rules of the house: `python .ci/house.py` counts what breaks them, and says where.

Lines of code cells and of `.ci` fit into 100 characters and hold one statement. A module imports
from lower floors, or from a lower number on its own floor; names with an underscore stay at home;
at most 200 names are public, no two alike. Exported functions are under 30 lines, exported cells
at most 25 outside classes, docstrings are sentences. `--list` prints every place, else three."""
import ast, json, re, sys, tokenize
from collections import Counter
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIB = 'moe_llava_kit'
FLOORS = 'core text data moe model training insight use demo'.split()   # the top has no folder
WIDTH, PUBLIC, FUNCTION, CELL = 100, 200, 29, 25
# methods that may look up what draws or writes their object
VIEWS = '_repr_html_', '_repr_markdown_', '__repr__', 'text', 'notebook'
COMPOUND = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef)

def text(cell): return ''.join(cell['source'])

def exported(source): return re.search(r'^#\|\s*exporti?s?\b', source, re.M)

def parse(source):
    "The syntax tree of a cell, its magics left out; None for one that is no Python."
    lines = ['pass' if re.match(r'\s*[%!]', l) else l for l in source.splitlines()]
    try: return ast.parse('\n'.join(lines))
    except SyntaxError: return None

def notebooks():
    "(path, code cells) of every notebook."
    for path in sorted((ROOT/'nbs').rglob('*.ipynb')):
        if re.search(r'/[._]', f'/{path.relative_to(ROOT)}'): continue
        cells = json.loads(path.read_text(encoding='utf-8'))['cells']
        yield path.relative_to(ROOT), [text(c) for c in cells if c['cell_type'] == 'code']

def rooms():
    "{module: (path, exported cells)}, from the lowest floor to the top."
    found = {}
    for path, cells in notebooks():
        name = next((m[1] for s in cells if (m := re.match(r'#\| default_exp (\S+)', s))), None)
        if name: found[name] = path, [s for s in cells if exported(s)]
    def height(name):
        folder, _, _ = name.rpartition('.')
        return (FLOORS.index(folder) if folder else len(FLOORS)), found[name][0].name
    return {name: found[name] for name in sorted(found, key=height)}

# Lines

def too_long():
    "Lines over 100 characters, of code cells and of `.ci`."
    for path, cells in notebooks():
        lines = (l for s in cells for l in s.splitlines() if not l.startswith('#|'))
        yield from (f'{path}: {len(l)} characters: {l[:60]}' for l in lines if len(l) > WIDTH)
    for path in sorted((ROOT/'.ci').glob('*.py')):
        for n, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
            if len(line) > WIDTH: yield f'.ci/{path.name}:{n}: {len(line)} characters'

def semicolons(source):
    "Lines with a semicolon between statements."
    source = re.sub(r'^(\s*)[%!].*$', r'\1pass', source, flags=re.M)
    try: tokens = list(tokenize.generate_tokens(StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError): return
    for t, after in zip(tokens, tokens[1:]):
        ends = after.type in (tokenize.NEWLINE, tokenize.COMMENT, tokenize.NL)
        if t.type == tokenize.OP and t.string == ';' and not ends: yield t.line.strip()

def crowded():
    "Lines of exported cells and of `.ci` with more than one statement."
    for name, (path, cells) in rooms().items():
        yield from (f'{path}: {l[:70]}' for s in cells for l in semicolons(s))
    for path in sorted((ROOT/'.ci').glob('*.py')):
        yield from (f'.ci/{path.name}: {l[:70]}' for l in semicolons(path.read_text()))

# Floors

def imports(tree):
    "(module, names, is it inside a method that draws) of every import of ours."
    drawn = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f.name in VIEWS
             for n in ast.walk(f)}
    for n in ast.walk(tree):
        if isinstance(n, ast.ImportFrom) and (n.module or '').split('.')[0] == LIB:
            yield n.module.partition('.')[2], [a.name for a in n.names], id(n) in drawn

def upwards():
    "Imports from a higher floor, or from a higher number on the same floor."
    order = list(rooms())
    for k, (name, (path, cells)) in enumerate(rooms().items()):
        for tree in map(parse, cells):
            for module, names, drawn in imports(tree):
                to = [m for m in (module, *(f'{module}.{n}' for n in names)) if m in order]
                high = [m for m in to if order.index(m) >= k]
                if high and not drawn: yield f'{path}: imports {", ".join(names)} from {high[0]}'

def circles():
    "Modules that import each other at their top, one circle per line."
    needs = {name: {m for s in cells for n in parse(s).body if isinstance(n, ast.ImportFrom)
                    for m, _, _ in imports(ast.Module([n], []))}
             for name, (_, cells) in rooms().items()}
    while free := [n for n in needs if not needs[n] & needs.keys()]:
        for n in free: del needs[n]
    if needs: yield ' -> '.join(needs)

# Names

def private():
    "Names with an underscore that another module or page imports."
    for path, cells in notebooks():
        for tree in filter(None, map(parse, cells)):
            for module, names, _ in imports(tree):
                hit = [n for n in names if re.match('_[^_]', n)]
                if hit: yield f'{path}: {", ".join(hit)} from {module}'

def public():
    "(name, module) of everything in an `__all__`."
    for name in rooms():
        module = ROOT/LIB/f'{name.replace(".", "/")}.py'
        names = re.search(r'^__all__ = (\[.*?\])', module.read_text(encoding='utf-8'), re.S | re.M)
        yield from ((n, name) for n in ast.literal_eval(names[1]))

def doubled():
    "Names that are public in two modules, or that a module bears."
    names = list(public())
    for n, count in Counter(n for n, _ in names).items():
        if count > 1: yield f'{n}: {", ".join(m for k, m in names if k == n)}'
    for m in rooms():
        if m.split('.')[-1] in dict(names): yield f'module {m} bears the name of a public function'

# Sizes

def size(node): return node.end_lineno - node.lineno + 1

def long_functions():
    "Exported functions and methods of 30 lines and more."
    for name, (path, cells) in rooms().items():
        for n in (n for s in cells for n in ast.walk(parse(s))):
            if isinstance(n, ast.FunctionDef) and size(n) > FUNCTION:
                yield f'{path}: {n.name} {size(n)}'

def long_cells():
    "Exported cells of more than 25 lines, lines of classes not counted."
    for name, (path, cells) in rooms().items():
        for s in cells:
            classes = sum(size(n) for n in parse(s).body if isinstance(n, ast.ClassDef))
            lines = sum(bool(l.strip()) and not l.startswith('#|')
                        for l in s.splitlines()) - classes
            if lines > CELL: yield f'{path}: {lines} lines: {s.splitlines()[1][:60]}'

def docstrings():
    "Docstrings of public names that are missing, more than one line, or do not end as a sentence."
    known = set(public())
    for name, (path, cells) in rooms().items():
        for n in (n for s in cells for n in parse(s).body):
            if (getattr(n, 'name', None), name) not in known: continue
            doc = ast.get_docstring(n) or ''
            if '\n' in doc or not doc.endswith('.'): yield f'{path}: {n.name}: {doc[:60]!r}'

def signatures():
    "Signatures in another layout than `def f(x:int, # …` and `)->str: # …`."
    for name, (path, cells) in rooms().items():
        for l in (l for s in cells for l in s.splitlines()):
            if re.match(r'\s*(def\b.*)?\) -> |\s*def .*\) -> ', l):
                yield f'{path}: {l.strip()[:70]}'

CHECKS = {'lines over 100': too_long, 'statements that share a line': crowded,
          'imports against the floors': upwards, 'circles': circles,
          'private names across modules': private, 'duplicate public names': doubled,
          'exported functions of 30 lines and more': long_functions,
          'exported cells over 25 lines outside classes': long_cells,
          'docstrings that are no sentence': docstrings, 'signatures in another layout': signatures}

def main(show):
    broken = 0
    for what, check in CHECKS.items():
        found = list(check())
        broken += bool(found)
        print(f'{what}: {len(found)}')
        for line in found[:None if show else 3]: print('   ', line)
    n = len(list(public()))
    print(f'public names: {n} (at most {PUBLIC})')
    if broken or n > PUBLIC: sys.exit(1)

if __name__ == '__main__': main('--list' in sys.argv)
