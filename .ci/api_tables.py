"How the docs site shows a function or class: signature, docstring, parameters, folded source."
import inspect
from importlib import import_module
from operator import attrgetter
from fastcore.docments import docments
from nbdev.doclinks import NbdevLookup
from nbdev.showdoc import BasicMarkdownRenderer
from smalldocs.highlight import highlight

EMPTY = inspect.Parameter.empty
COLUMNS = dict(anno='Type', default='Default', docment='Details')

def cell(key, value):
    "The text of one table cell; types and defaults are code, so that nbdev links known names"
    if value in (None, EMPTY): return ''
    if key == 'docment': return ' '.join(value.split()).replace('|', r'\|')
    text = inspect.formatannotation(value) if key == 'anno' else getattr(
        value, '__name__', repr(value))
    return '`' + text.replace('__main__.', '').replace('|', r'\|') + '`'

def together(info):
    "Parameters that share one comment, as those on one line of a signature do, joined into one row"
    waiting = {}
    for n, p in info.items():
        waiting[n] = p
        if n != 'return' and not p['docment']: continue
        joined = {k: ', '.join(dict.fromkeys(v[k] for v in waiting.values() if v[k]))
                  for k in COLUMNS}
        yield ('**Returns**' if n == 'return' else ', '.join(f'`{w}`' for w in waiting)), joined
        waiting = {}
    yield from ((f'`{n}`', p) for n, p in waiting.items())

def table(sym):
    "The parameters of `sym`, and what it returns, as a markdown table without empty columns"
    info = {n: {k: cell(k, p.get(k)) for k in COLUMNS} for n, p in docments(sym, full=True).items()
            if n != 'self'}
    if not any(info.get('return', {}).values()): info.pop('return', None)
    if not any(p['docment'] for p in info.values()): return ''
    rows = list(together({n: p for n, p in info.items() if n != 'return'}))
    if 'return' in info: rows += together({'return': info['return']})
    cols = [k for k in COLUMNS if any(p[k] for _, p in rows)]
    lines = [['', *(COLUMNS[k] for k in cols)], ['---']*(len(cols)+1),
             *([n, *(p[k] for k in cols)] for n, p in rows)]
    return '\n'.join('| ' + ' | '.join(r) + ' |' for r in lines)

def source(name):
    "The code behind `name` in the package, or None where Python cannot show it"
    entry = NbdevLookup()[name]
    if not isinstance(entry, tuple): return
    module = import_module(entry[1].removesuffix('.py').replace('/', '.'))
    try:
        return inspect.getsource(
            inspect.unwrap(attrgetter(name.removeprefix(module.__name__ + '.'))(module)))
    except (TypeError, OSError): return

def folded(code, names=''):
    "`code`, highlighted, behind a summary line; nbdev would turn its backticks into links"
    summary = f'Source of <code>{names}</code>' if names else 'Source'
    code = highlight(inspect.cleandoc('\n' + code), 'python').replace('`', '&#96;')
    return (f'<details class="code-fold"><summary>{summary}</summary>\n\n<pre class="sourceCode '
            f'python"><code class="sourceCode python">' f'{code}</code></pre>\n\n</details>')

class TableRenderer(BasicMarkdownRenderer):
    "What `show_doc` writes in a site built by `build_docs.py`; `nbdev_docs` keeps nbdev's own"
    def signature(self):
        params = [p for p, _ in self.dm.params if p != 'self']
        returns = self.sig.return_annotation if self.sig else EMPTY
        arrow = '' if returns is EMPTY or inspect.isclass(
            self.sym) else ' -> ' + inspect.formatannotation(returns).replace('__main__.', '')
        head, one = ('class ' if inspect.isclass(self.sym)
                     else 'def ') + self.nm.split('.')[-1], ', '.join(params)
        inner = one if len(head + one + arrow) < 100 else '\n    ' + ',\n    '.join(params) + '\n'
        return f'```python\n{head}({inner}){arrow}\n```'

    def _repr_markdown_(self):
        code = source(self.fn)
        parts = ['---', '#'*self.title_level + ' ' + self.nm, self.signature(), self.docs,
                 table(self.sym), code and folded(code)]
        return '\n\n'.join(p for p in parts if p) + '\n'
