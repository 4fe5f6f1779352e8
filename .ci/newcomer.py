"""README's way as a newcomer walks it, timed: a fresh clone, a fresh environment, the demo, and a
tokenizer of one's own.
    python .ci/newcomer.py FOLDER NAME > nbs/gold/newcomer.json
FOLDER holds a tokenizer that no page names, NAME says what it is."""
import json, re, shlex, sys, time
from pathlib import Path
from checks import LOGS, ROOT, copy_repo, readme_command, succeed, venv

def own_llm(folder):
    "README's commands for a tokenizer of one's own that can be run without weights and data"
    block = re.search(r'^## Onboard your LLM\n.*?^```text\n(.*?)^```',
                      (ROOT/'README.md').read_text(), re.M | re.S)[1]
    lines = [re.sub(r'\s{2,}#.*', '', l).replace('path/to/your/llm', shlex.quote(str(folder)))
             for l in block.splitlines()]
    return [l for l in lines if '…' not in l]

def main(folder, name):
    LOGS.mkdir()
    begun, repo = time.time(), copy_repo('newcomer')
    steps = [dict(command='git clone', seconds=round(time.time()-begun, 1))]
    *install, demo = readme_command('try it').strip().splitlines()
    for i, (shown, command) in enumerate([(install[-1], '\n'.join(install)), *(
        (c, venv(c)) for c in (demo, *own_llm(Path(folder).resolve())))]):
        begun = time.time()
        said = succeed(f'newcomer-{i}', command, repo)
        says = next((l.strip() for l in said.splitlines()
                     if re.search(r'confirmed|trained\)|^moe |possible cause', l)), '')
        steps.append(dict(command=shown.replace(str(Path(folder).resolve()), 'path/to/your/llm'),
                          seconds=round(time.time()-begun, 1), says=' '.join(says.split())))
        print(steps[-1], file=sys.stderr)
    about = json.loads(succeed('about', venv('python -c "import json; from moe_llava_kit.bench '
                                             'import machine, versions; '
                                             'print(json.dumps(dict(machine=machine(), '
                                             'versions=versions())))"'), repo))
    print(json.dumps(dict(tokenizer=name, date=time.strftime('%Y-%m-%d'), **about, steps=steps),
                     indent=1, ensure_ascii=False))

if __name__ == '__main__': main(*sys.argv[1:])
