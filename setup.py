"Everything that packaging needs is read from settings.ini, where nbdev reads it too."
from configparser import ConfigParser
from pathlib import Path
import setuptools

here = Path(__file__).parent
cfg = ConfigParser(delimiters=['='], interpolation=None)
cfg.read(here/'settings.ini', encoding='utf-8')
cfg = cfg['DEFAULT']
def reqs(name): return cfg[f'{name}requirements'].split()

extras = {o: reqs(f'{o}_')
          for o in ('demo', 'vocabs', 'eval', 'serve', 'video', 'lora', 'qlora', 'train', 'dev')}
extras['dev'] = sorted({*extras['dev'], *extras['demo'], *extras['vocabs'], *extras['eval']})

setuptools.setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'],
    license='Apache-2.0', author=cfg['author'], author_email=cfg['author_email'],
    url=cfg['git_url'], keywords=cfg['keywords'].split(),
    long_description=(here/'README.md').read_text(encoding='utf-8')
    if (here/'README.md').exists() else '', long_description_content_type='text/markdown',
    packages=setuptools.find_packages(include=[cfg['lib_path'], cfg['lib_path']+'.*']),
    include_package_data=True, install_requires=reqs(''), extras_require=extras,
    python_requires='>='+cfg['min_python'], zip_safe=False, classifiers=[
        'Development Status :: 3 - Alpha', 'Intended Audience :: Science/Research',
        'Natural Language :: English', 'Topic :: Scientific/Engineering :: Artificial Intelligence',
        *(f'Programming Language :: Python :: 3.{v}'
          for v in range(int(cfg['min_python'].split('.')[1]), 14))],
    entry_points={'console_scripts': [cfg['console_scripts']],
                  'nbdev': [f"{cfg['lib_path']}={cfg['lib_path']}._modidx:d"],
                  'lmms_eval.models': [f"{cfg['lib_path']}={cfg['lib_path']}.use.lmms:manifest"]})
