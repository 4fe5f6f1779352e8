"Named checks: each prints one line as it ends, `ok NAME` or `FAILED NAME: why`, and is counted."
import time, traceback

class Failure(Exception): "What a check found wrong, in words for a reader"

def need(true, why):
    if not true: raise Failure(why)

class Report:
    def __init__(self): self.passed, self.failed, self.whys = 0, 0, []

    def add(self, name, why=None, note=''):
        "Count one result; `why` makes it a failure"
        if why is None: self.passed += 1
        else:
            self.failed += 1
            self.whys.append(f'FAILED {name}: {why}')
        print(f'ok {name}{note}' if why is None else f'FAILED {name}: {why}', flush=True)

    def check(self, name, fn, *args):
        "Run one check; returns what it returned, None where it failed"
        start, res, why = time.time(), None, None
        try: res = fn(*args)
        except (Failure, OSError) as e: why = str(e)
        except Exception as e:
            why = f'{type(e).__name__}: {e}\n{traceback.format_exc(limit=-2)}'.strip()
        self.add(name, why, f' ({time.time()-start:.0f} s)')
        return res

    def summary(self):
        return '\n'.join([*(['', 'What failed, once more:', *self.whys] if self.whys else []),
                          f'{self.passed} passed, {self.failed} failed'])
