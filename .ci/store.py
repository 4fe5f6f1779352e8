"""Run notebooks and store their outputs, clean: `python .ci/store.py nbs/03_masks.ipynb …`.
Cells flagged `gpu` run where PyTorch sees a GPU; elsewhere they keep the outputs that one gave."""
import ast, os, re, sys
from pathlib import Path
# the kernel's: warnings name paths of this machine
os.environ |= {'HF_HUB_OFFLINE': '1', 'PYTHONWARNINGS': 'ignore',
               'PYDEVD_DISABLE_FILE_VALIDATION': '1'}
import nbformat, torch
from nbclient import NotebookClient
from nbdev.clean import nbdev_clean
from outputs import local_paths

class Client(NotebookClient):
    async def async_execute_cell(self, cell, cell_index, **kwargs):
        if re.search(r'^#\| *gpu', cell.source, re.M) and not torch.cuda.is_available(): return cell
        return await super().async_execute_cell(cell, cell_index, **kwargs)

def only_imports(cell):
    "Is the cell nothing but imports? What libraries log meanwhile is of this machine"
    try:
        return all(isinstance(n, (ast.Import, ast.ImportFrom)) for n in ast.parse(cell.source).body)
    except SyntaxError: return False

def store(path):
    nb = nbformat.read(path, 4)
    Client(nb, timeout=1800, kernel_name='python3', coalesce_streams=True,
           resources={'metadata': {'path': str(path.parent)}}).execute()
    for cell in nb.cells:
        if cell.cell_type == 'code' and only_imports(cell): cell.outputs = []
    nbformat.write(nb, path)
    nbdev_clean(str(path))
    if leaks := local_paths(path): sys.exit(f'{path}: outputs hold local paths: {leaks}')

if __name__ == '__main__':
    for path in map(Path, sys.argv[1:]):
        print(path, flush=True)
        store(path)
