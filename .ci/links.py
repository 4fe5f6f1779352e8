"""What is wrong with a built site: broken links, and what a page would load from elsewhere.
`python .ci/links.py DIR` prints one line for each problem."""
import re, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ABSOLUTE = re.compile(r'[a-z][a-z0-9+.-]*:|//', re.I)
LOADED = {'src', 'href', 'srcset', 'poster', 'data', 'action', 'xlink:href'}
IN_STYLE = re.compile(
    r'''@import\s+(?:url\()?["']?(?:https?:)?//[^"')\s]*|url\(\s*["']?(?:https?:)?//[^"')\s]*''',
    re.I)
IN_SCRIPT = re.compile(r'''\b(?:import|from)\s*\(?\s*["']https?://[^"']*''')

class Page(HTMLParser):
    "The ids, links, and outside addresses of one page"
    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.outside, self.inside = set(), [], [], None
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.ids |= {v for k, v in attrs if k in ('id', 'name') and v}
        for k, v in attrs:
            if k == 'style': self.outside += IN_STYLE.findall(v or '')
            if k not in LOADED or not v or v.startswith('data:'): continue
            if not ABSOLUTE.match(v): self.links.append(v)
            elif tag != 'a': self.outside.append(f'<{tag} {k}="{v}">')

    def handle_data(self, data):
        if self.inside in ('style', 'script'):
            self.outside += (IN_STYLE if self.inside == 'style' else IN_SCRIPT).findall(data)

    def handle_endtag(self, tag): self.inside = None

def is_broken(site, path, link, pages):
    file, _, frag = link.partition('#')
    file = unquote(file.partition('?')[0])
    to = (path.parent/file).resolve() if file else path
    if to.is_dir(): to = to/'index.html'
    return site not in to.parents or not to.exists() or bool(frag and to in pages
                                                             and unquote(frag) not in pages[to].ids)

def problems(site):
    "One line per problem"
    site = Path(site).resolve()
    pages = {p: Page(p) for p in sorted(site.rglob('*.html'))}
    if not pages: return [f'{site}: no pages']
    res = [f'{p.relative_to(site)}: broken link {l}' for p, page in pages.items()
           for l in page.links if is_broken(site, p, l, pages)]
    res += [f'{p.relative_to(site)}: loads from outside: {o}' for p, page in pages.items()
            for o in page.outside]
    styles = {p: IN_STYLE.findall(p.read_text(encoding='utf-8')) for p in site.rglob('*.css')}
    return res + [f'{p.relative_to(site)}: loads from outside: {o}' for p, found in styles.items()
                  for o in found]

if __name__ == '__main__':
    found = problems(sys.argv[1])
    sys.exit('\n'.join(found) if found else None)
