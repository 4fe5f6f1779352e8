"""What the playground page needs: vocabularies and templates as JSON and the JavaScript tokenizer;
and Python's masks, to hold the page's against."""
import json, shutil
from assets import fetch

LIBRARY = '@huggingface/tokenizers@0.2.0'

def listed(nbs): return json.loads((nbs/'playground/tokenizers.json').read_text())

def tokenizer(name):
    from moe_llava_kit import load_tokenizer, prepare_tokenizer
    return prepare_tokenizer(load_tokenizer(name))

def templates():
    "All templates that are data; a chat template is a program"
    from moe_llava_kit.text.messages import SeparatorStyle
    from moe_llava_kit.text.templates import conv_templates
    return {n: c.to_dict() for n, c in conv_templates.items()
            if c.sep_style is not SeparatorStyle.NATIVE}

def write(site, nbs, mods):
    "Complete the page of a built site"
    to = site/'playground'
    to.mkdir(exist_ok=True)
    for f in (nbs/'playground').iterdir(): shutil.copy(f, to)
    library = fetch(LIBRARY, mods)
    shutil.copy(library/'dist/tokenizers.min.mjs', to/'tokenizers.mjs')
    shutil.copy(library/'LICENSE', to/'tokenizers.LICENSE')
    (to/'templates.json').write_text(json.dumps(templates()))
    for t in listed(nbs):
        (to/f"{t['name']}.json").write_text(tokenizer(t['name']).backend_tokenizer.to_str())

def kinds():
    "One template of each kind, and those of the families"
    seen = {}
    for n, c in templates().items(): seen.setdefault(c['sep_style'], n)
    return list(dict.fromkeys([*seen.values(), 'v1', 'phi', 'qwen', 'mistral', 'openchat', 'chatml',
                               'llama_3', 'gemma', 'phi_3', 'deepseek']))

def python_says(nbs, name):
    "Python's masks of the gold conversations: [(template, key, ids or None, labels or why not)]"
    from moe_llava_kit import mask_sample
    tok, res = tokenizer(name), []
    for template in kinds():
        for key, c in json.loads((nbs/'gold/preprocess.json').read_text())['conversations'].items():
            try:
                s = mask_sample(c['turns'], tok, template)
                res.append((template, key, s.ids, s.labels))
            except ValueError as e: res.append((template, key, None, str(e)))
    return res
